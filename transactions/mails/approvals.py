"""The mails about transfers that need a second member of an organisation."""

from accounts.choices import ConsentState
from accounts.organisation_mails import moment_text, organisation_address, person_name
from carboncore.mail.composing import Content, composes
from transactions.mails.facts import Facts, credits_text
from transactions.models import MovementApproval


@composes("transactions/mails/approval_asked")
def approval_asked_content(*, pk: int) -> Content:
    """Say who wants to transfer what to whom, and until when it can be approved."""
    approval = _approval(pk)
    return Content(
        {
            "organisation": approval.organisation.name,
            "asked_by": person_name(approval.asked_by),
            "is_open": approval.state == ConsentState.PENDING,
            "state": approval.get_state_display().lower(),
            "facts": [*_facts(approval), ("Decide until", moment_text(approval.expires_at))],
            "link_label": "Look at it",
            "link": organisation_address(approval.organisation),
        }
    )


@composes("transactions/mails/approval_decided")
def approval_decided_content(*, pk: int) -> Content:
    """Say what the second member decided."""
    approval = _approval(pk)
    by = person_name(approval.decided_by) if approval.decided_by else ""
    said = [("Reason", approval.decision_note)] if approval.decision_note else []
    return Content(
        {
            "organisation": approval.organisation.name,
            "state": approval.get_state_display().lower(),
            "decided_by": by,
            "facts": [*_facts(approval), *said],
        }
    )


def _approval(pk: int) -> MovementApproval:
    wanted = MovementApproval.objects.select_related(
        "organisation", "asked_by", "decided_by", "project", "from_account", "to_account"
    )
    return wanted.defer("project__coordinates").get(pk=pk)


def _facts(approval: MovementApproval) -> Facts:
    vintage: Facts = [("Vintage", str(approval.vintage))] if approval.vintage else []
    return [
        ("What", approval.get_kind_display()),
        ("Quantity", credits_text(approval.quantity_kg)),
        ("Project", approval.project.project_name),
        *vintage,
        ("From", f"{approval.from_account.name} ({approval.from_account.number})"),
        ("To", f"account {approval.to_account.number}"),
        *([("Note", approval.note)] if approval.note else []),
    ]
