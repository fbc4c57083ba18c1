"""Correcting a wrong entry: never by changing it, always by one that names it."""

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import NotFound
from transactions.choices import BlockState, EntryKind
from transactions.errors import CreditsNotMovable, EntryNotReversible, SecondPersonNeeded
from transactions.locks import batch_lock
from transactions.models import LedgerEntry
from transactions.services.moving import stated_reason
from transactions.services.posting import posting
from transactions.services.taking import take_ranges


def entry_reverse(*, requested_by: User, approved_by: User, entry_pk: int, reason: str) -> LedgerEntry:
    """Correct a wrong transfer or buffer release: put the credits back by an entry that names the wrong one.

    Raises:
        SecondPersonNeeded: the same person asked and approved.
        NotFound: there is no such entry.
        InvalidInput: no reason was given.
        EntryNotReversible: it is of a final kind, was reversed before, or the credits have moved on since.
    """
    if requested_by.pk == approved_by.pk:
        raise SecondPersonNeeded("A correction needs two persons: one who asks for it and one who approves it.")
    wrong = LedgerEntry.objects.filter(pk=entry_pk).first()
    if wrong is None:
        raise NotFound("Ledger entry not found.")
    entry_check_reversible(wrong)
    reason = stated_reason(reason)
    # Entries of these kinds have one giver and one receiver, however many lines.
    lines = list(wrong.lines.order_by("first_kg"))
    giver_id = lines[0].from_account_id
    if giver_id is None:
        raise EntryNotReversible("This entry took from no account, so there is none to give back to.")
    with posting(actor=approved_by, account_ids=[giver_id, lines[0].to_account_id]) as movement:
        batch = batch_lock(wrong.batch_id)
        if LedgerEntry.objects.filter(reverses=wrong).exists():
            raise EntryNotReversible("This entry was reversed before.")
        try:
            slices = take_ranges(
                batch=batch,
                account_id=lines[0].to_account_id,
                state=BlockState(lines[0].to_state),
                ranges=[(line.first_kg, line.end_kg) for line in lines],
            )
        except CreditsNotMovable:
            raise EntryNotReversible("The credits have moved on since; nothing was changed.") from None
        reversal = movement.move(
            batch=batch,
            kind=EntryKind.REVERSAL,
            slices=slices,
            to_account_id=giver_id,
            to_state=BlockState(lines[0].from_state),
            reason=reason,
            reverses=wrong,
        )
        event_record(
            action="entry.reversed",
            obj=wrong,
            actor=approved_by,
            changes={"requested_by": requested_by.pk, "reversal": reversal.pk},
            note=reason,
        )
    return reversal


def entry_check_reversible(entry: LedgerEntry) -> None:
    """Refuse an entry of a kind that is never reversed, or that was; where its credits are now is not looked at.

    Raises:
        EntryNotReversible: saying which of the two.
    """
    if entry.kind not in (EntryKind.TRANSFER, EntryKind.BUFFER_RELEASE):
        raise EntryNotReversible(f"An entry of kind {entry.get_kind_display().lower()} is final or undone otherwise.")
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise EntryNotReversible("This entry was reversed before.")
