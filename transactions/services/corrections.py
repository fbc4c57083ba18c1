"""Correcting a wrong entry: never by changing it, always by one that names it."""

from accounts.models import User
from carboncore.common.errors import NotFound
from transactions.choices import BlockState, EntryKind
from transactions.errors import CreditsNotMovable, EntryNotReversible, SecondPersonNeeded
from transactions.locks import batch_lock
from transactions.models import LedgerEntry
from transactions.services.moving import stated_reason
from transactions.services.posting import posting, take_range


def entry_reverse(*, requested_by: User, approved_by: User, entry_pk: int, reason: str) -> LedgerEntry:
    """Correct a wrong transfer or buffer release: put the credits back by an entry that names the wrong one.

    Raises:
        SecondPersonNeeded: the same person asked and approved.
        NotFound: there is no such entry.
        EntryNotReversible: it is of a final kind, was reversed before, or the credits have moved on since.
    """
    if requested_by.pk == approved_by.pk:
        raise SecondPersonNeeded("A correction needs two persons: one who asks for it and one who approves it.")
    wrong = LedgerEntry.objects.filter(pk=entry_pk).first()
    if wrong is None:
        raise NotFound("Ledger entry not found.")
    if wrong.kind not in (EntryKind.TRANSFER, EntryKind.BUFFER_RELEASE):
        raise EntryNotReversible(f"An entry of kind {wrong.get_kind_display().lower()} is final or undone otherwise.")
    lines = list(wrong.lines.order_by("first_kg"))
    account_ids = {pk for line in lines for pk in (line.from_account_id, line.to_account_id) if pk is not None}
    with posting(actor=approved_by, account_ids=account_ids) as movement:
        batch = batch_lock(wrong.batch_id)
        if LedgerEntry.objects.filter(reverses=wrong).exists():
            raise EntryNotReversible("This entry was reversed before.")
        giver = lines[0].from_account_id
        if giver is None or any(
            line.from_account_id != giver or line.from_state != lines[0].from_state for line in lines
        ):
            raise EntryNotReversible("This entry took from more than one account; reverse it by transfers.")
        try:
            slices = [
                piece
                for line in lines
                for piece in take_range(
                    batch=batch,
                    account_id=line.to_account_id,
                    state=BlockState(line.to_state),
                    first_kg=line.first_kg,
                    end_kg=line.end_kg,
                )
            ]
        except CreditsNotMovable:
            raise EntryNotReversible("The credits have moved on since; nothing was changed.") from None
        return movement.move(
            batch=batch,
            kind=EntryKind.REVERSAL,
            slices=slices,
            to_account_id=giver,
            to_state=BlockState(lines[0].from_state),
            reason=stated_reason(reason),
            reverses=wrong,
        )
