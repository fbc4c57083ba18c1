"""Requests that a second person decides: how they look, and what their addresses take and answer."""

from typing import Any

from django.db.models import Q
from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Listing
from carboncore.common.api.serializers import (
    DoneSerializer,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from carboncore.common.errors import InvalidInput
from registry.models import MonitoringPeriod, Standard
from transactions.api.bodies import FIRST_VINTAGE, LAST_VINTAGE, ProjectField
from transactions.api.sql_fields import CreditsField
from transactions.choices import RequestState
from transactions.models import IssuanceRequest, ReversalRequest
from transactions.selectors.list_filters import by_choice, by_number, by_vintage


class IssuanceRequestSerializer(serializers.ModelSerializer):
    """A request for credits, its decision, and the batch that came of it."""

    project_id = serializers.IntegerField()
    project = serializers.CharField(source="project.project_name")
    quantity = CreditsField(source="quantity_kg")
    monitoring_period = serializers.IntegerField(source="monitoring_period_id", allow_null=True)
    standard = serializers.CharField(source="standard.code", allow_null=True)
    requested_by = serializers.CharField(source="requested_by.email")
    decided_by = serializers.CharField(source="decided_by.email", allow_null=True)
    batch = serializers.CharField(source="batch.serial_root", allow_null=True)

    class Meta:
        model = IssuanceRequest
        fields = [
            *("id", "project_id", "project", "vintage", "quantity", "monitoring_period", "standard", "labels"),
            *("justification", "state", "requested_by", "requested_at", "decided_by", "decided_at", "decision_note"),
            "batch",
        ]


class ReversalRequestSerializer(serializers.ModelSerializer):
    """A request to put back what a ledger entry moved, and its decision."""

    entry = serializers.IntegerField(source="entry_id")
    batch = serializers.CharField(source="entry.batch.serial_root")
    position = serializers.IntegerField(source="entry.position")
    kind = serializers.CharField(source="entry.kind")
    requested_by = serializers.CharField(source="requested_by.email")
    decided_by = serializers.CharField(source="decided_by.email", allow_null=True)
    reversal = serializers.IntegerField(source="reversal_id", allow_null=True)

    class Meta:
        model = ReversalRequest
        fields = [
            *("id", "entry", "batch", "position", "kind", "reason", "state", "requested_by", "requested_at"),
            *("decided_by", "decided_at", "decision_note", "reversal"),
        ]


ISSUANCE_SHAPE = RowShape(IssuanceRequestSerializer)
ISSUANCE_REQUESTS = Listing(
    ISSUANCE_SHAPE,
    filters={
        "state": by_choice("state", '"row"."state"', RequestState.values),
        "project_id": by_number("project_id", '"row"."project_id" = %s'),
        "vintage": by_vintage('"row"."vintage" = %s'),
    },
    orderings=BY_ID,
    default_ordering="-id",
)
REVERSAL_SHAPE = RowShape(ReversalRequestSerializer)
REVERSAL_REQUESTS = Listing(
    REVERSAL_SHAPE,
    filters={"state": by_choice("state", '"row"."state"', RequestState.values)},
    orderings=BY_ID,
    default_ordering="-id",
)
WORDS = {
    "state": "pending, approved or rejected; several are alternatives.",
    "project_id": "Only of this project.",
    "vintage": "Only of this vintage.",
}


class _PeriodField(WholeNumberField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, required=False, allow_null=True, **options)


class IssuanceBodySerializer(StrictSerializer):
    """Credits of one vintage, asked for."""

    project_id = ProjectField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE)
    quantity = QuantityField()
    monitoring_period = _PeriodField(help_text="Its id; may be named at the approval instead.")
    standard = TextField(max_length=255, required=False, allow_null=True, help_text="Code or name.")
    labels = serializers.ListField(child=TextField(max_length=100), required=False, max_length=50)
    justification = TextField(
        max_length=4000, required=False, allow_blank=True, help_text="Why more than the stated absorption explains."
    )


class ApprovalBodySerializer(StrictSerializer):
    """What the request did not name, and a note."""

    monitoring_period = _PeriodField()
    standard = TextField(max_length=255, required=False, allow_null=True)
    note = TextField(max_length=4000, required=False, allow_blank=True)


class NoteBodySerializer(StrictSerializer):
    """A note on a decision."""

    note = TextField(max_length=1000, required=False, allow_blank=True)


class RefusalBodySerializer(StrictSerializer):
    """Why it is refused."""

    note = TextField(max_length=1000)


class ReversalBodySerializer(StrictSerializer):
    """Which ledger entry is wrong, and why."""

    entry = WholeNumberField(min_value=1, max_value=2**63 - 1)
    reason = TextField(max_length=1000)


class IssuedSerializer(serializers.Serializer):
    """The batch that was issued."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    batch = serializers.CharField()
    quantity = serializers.CharField()


class CreatedRequestSerializer(DoneSerializer):
    """The request was filed under this id."""

    id = serializers.IntegerField()


def named_period(pk: int | None) -> MonitoringPeriod | None:
    """Return the monitoring period of an id.

    Raises:
        InvalidInput: there is none.
    """
    if pk is None:
        return None
    period = MonitoringPeriod.objects.filter(pk=pk).first()
    if period is None:
        raise InvalidInput({"monitoring_period": ["There is no such monitoring period."]})
    return period


def named_standard(text: str | None) -> Standard | None:
    """Return the standard of a code or name.

    Raises:
        InvalidInput: there is none.
    """
    if text is None:
        return None
    found = Standard.objects.filter(Q(code__iexact=text.strip()) | Q(name__iexact=text.strip())).first()
    if found is None:
        raise InvalidInput({"standard": [f"There is no standard “{text[:60]}”. See /standards for those there are."]})
    return found
