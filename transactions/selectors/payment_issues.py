"""What was decided about payments that no rule could decide."""

from accounts.models import User
from transactions.models import PaymentIssue


def payment_issue_resolved_as(*, pk: int, actor: User, resolution: str, note: str) -> bool:
    """Return whether just this was decided about an issue, by this person."""
    decided = PaymentIssue.objects.filter(pk=pk, resolved_by=actor, resolution=resolution)
    return decided.filter(resolution_note=note.strip()).exists()
