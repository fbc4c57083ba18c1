"""How a transfer that waits for a second member looks."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from accounts.choices import ConsentState
from accounts.organisation_mails import person_name
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import ApprovedKind
from transactions.models import MovementApproval


class ApprovalSerializer(serializers.Serializer):
    """A transfer, or an offer of one, that is above the organisation's limit; `transaction` is what came of it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ApprovedKind.choices)
    state = serializers.ChoiceField(choices=ConsentState.choices)
    organisation = serializers.UUIDField()
    from_account = serializers.UUIDField()
    to_account = serializers.UUIDField()
    project_id = serializers.IntegerField()
    vintage = serializers.IntegerField(allow_null=True)
    quantity = serializers.CharField(help_text="Tonnes of CO2e.")
    serials = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_note = serializers.CharField()
    transaction = serializers.UUIDField(allow_null=True)


def approval_body(approval: MovementApproval) -> dict[str, Any]:
    """Return the answer about one."""
    return {
        "id": str(approval.public_id),
        "kind": approval.kind,
        "state": approval.state,
        "organisation": str(approval.organisation.public_id),
        "from_account": str(approval.from_account.public_id),
        "to_account": str(approval.to_account.public_id),
        "project_id": approval.project_id,
        "vintage": approval.vintage,
        "quantity": format(tonnes_from_kg(approval.quantity_kg), "f"),
        "serials": list(approval.serials),
        "note": approval.note,
        "asked_by": person_name(approval.asked_by),
        "asked_at": _time(approval.asked_at),
        "expires_at": _time(approval.expires_at),
        "decided_by": person_name(approval.decided_by) if approval.decided_by else None,
        "decided_at": _time(approval.decided_at) if approval.decided_at else None,
        "decision_note": approval.decision_note,
        "transaction": str(approval.transaction.public_id) if approval.transaction else None,
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
