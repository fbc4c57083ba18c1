"""Carrying out one order to move credits: find them, post them, record the transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import MAX_QUANTITY_KG, tonnes_from_kg
from registry.reach import require_reach
from registry.services.validation import text_fault
from transactions.choices import BlockState, EntryKind, TransactionStatus, TransactionType
from transactions.errors import QuantityRefused
from transactions.locks import batch_lock
from transactions.models import CreditBatch, HoldingAccount, LedgerEntry, Transaction, TransactionEntry
from transactions.serials import SerialInvalid, serial_parse
from transactions.services.posting import Posting, posting
from transactions.services.taking import Slice, take_lowest, take_ranges

MAX_NOTE = 1_000


@dataclass(frozen=True)
class Wanted:
    """Which credits to move: a quantity of a project (optionally of one vintage), or exactly the named serials."""

    project_id: int
    quantity_kg: int
    vintage: int | None = None
    serials: Sequence[str] = ()


@dataclass(frozen=True)
class Origin:
    """Where a request came from; kept with the transaction."""

    ip_address: str | None = None
    user_agent: str = ""


@dataclass(frozen=True)
class Order:
    """One movement to carry out: from whom and what state, to whom and what state, how much, and why.

    `reason` is kept in the ledger and hashed for good, as is `statement` (the digest of what a retirement says);
    `note` only with the transaction.
    """

    transaction_type: TransactionType
    kind: EntryKind
    from_account: HoldingAccount
    to_account: HoldingAccount
    from_state: BlockState
    to_state: BlockState
    wanted: Wanted
    note: str = ""
    reason: str = ""
    statement: bytes | None = None
    origin: Origin = field(default_factory=Origin)


# What the audit trail calls each kind of movement that an order can be.
_EVENTS = {
    EntryKind.TRANSFER: "credits.transferred",
    EntryKind.RETIREMENT: "credits.retired",
    EntryKind.CANCELLATION: "credits.cancelled",
    EntryKind.BUFFER_RELEASE: "buffer.released",
    EntryKind.BUFFER_CANCELLATION: "buffer.cancelled",
}


def order_carry_out(*, actor: User | None, order: Order) -> Transaction:
    """Carry out an order in a transaction of its own.

    Raises:
        AccountNotFound, AccountNotUsable: an account is missing, frozen or closed.
        NotEnoughCredits, CreditsNotMovable, InvalidInput: the credits are not there to give.
    """
    with posting(actor=actor, account_ids=[order.from_account.pk, order.to_account.pk]) as movement:
        return order_post(movement=movement, order=order)


def order_post(*, movement: Posting, order: Order) -> Transaction:
    """Carry out an order inside a posting that is already open; returns the completed transaction.

    Raises:
        ProjectNotFound: the project is out of the actor's reach.
        QuantityRefused: the quantity is not positive, or larger than any there can be.
        InvalidInput: the note is no text of at most 1,000 characters, or a serial is none of this project.
        NotEnoughCredits, CreditsNotMovable: the credits are not there to give.
    """
    entries = order_entries(movement=movement, order=order)
    transaction = Transaction.objects.create(
        transaction_type=order.transaction_type,
        status=TransactionStatus.COMPLETED,
        project_id=order.wanted.project_id,
        vintage=order.wanted.vintage,
        from_account=order.from_account,
        to_account=order.to_account,
        from_user_id=order.from_account.owner_id,
        to_user_id=order.to_account.owner_id,
        quantity_kg=order.wanted.quantity_kg,
        note=order.reason or order.note.strip(),
        completed_at=movement.at,
        processing_time_seconds=Decimal(0),
        user_agent=order.origin.user_agent[:500],
        ip_address=order.origin.ip_address,
    )
    TransactionEntry.objects.bulk_create(TransactionEntry(transaction=transaction, entry=entry) for entry in entries)
    event_record(
        action=_EVENTS[order.kind],
        obj=transaction,
        actor=movement.actor,
        changes={
            "project": order.wanted.project_id,
            "vintage": order.wanted.vintage,
            "quantity_kg": order.wanted.quantity_kg,
            "from_account": order.from_account.pk,
            "to_account": order.to_account.pk,
        },
        note=order.reason,
    )
    return transaction


def order_entries(*, movement: Posting, order: Order) -> list[LedgerEntry]:
    """Move what an order wants inside a posting that is already open; returns the entries, one for each batch.

    Raises:
        ProjectNotFound, QuantityRefused, InvalidInput, NotEnoughCredits, CreditsNotMovable: as for `order_post`.
    """
    require_reach(order.wanted.project_id, movement.actor)
    _check_order(order)
    return [
        movement.move(
            batch=batch,
            kind=order.kind,
            slices=slices,
            to_account_id=order.to_account.pk,
            to_state=order.to_state,
            reason=order.reason,
            statement=order.statement,
        )
        for batch, slices in _taken(order)
    ]


def stated_reason(reason: str) -> str:
    """Return the reason without blanks around it.

    Raises:
        InvalidInput: it is empty, too long or not text.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_NOTE or text_fault(reason):
        raise InvalidInput({"reason": ["Give a reason of up to 1,000 characters."]})
    return reason


def _check_order(order: Order) -> None:
    if not 0 < order.wanted.quantity_kg <= MAX_QUANTITY_KG:
        raise QuantityRefused("The quantity must be more than 0, and no more than a thousand million tonnes.")
    if len(order.note) > MAX_NOTE or text_fault(order.note):
        raise InvalidInput({"note": [f"Use up to {MAX_NOTE:,} characters of text."]})


def _taken(order: Order) -> Iterator[tuple[CreditBatch, list[Slice]]]:
    account, state, wanted = order.from_account, order.from_state, order.wanted
    if not wanted.serials:
        yield from take_lowest(
            account_id=account.pk,
            state=state,
            quantity_kg=wanted.quantity_kg,
            project_id=wanted.project_id,
            vintage=wanted.vintage,
        )
        return
    for batch_id, ranges in sorted(_ranges_by_batch(wanted).items()):
        batch = batch_lock(batch_id)
        yield batch, take_ranges(batch=batch, account_id=account.pk, state=state, ranges=ranges)


def _ranges_by_batch(wanted: Wanted) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for text in wanted.serials:
        try:
            parsed = serial_parse(text)
        except SerialInvalid as error:
            raise InvalidInput({"serials": [f"{text[:80]}: {error}"]}) from None
        batch = CreditBatch.objects.filter(serial_root=parsed.root, project_id=wanted.project_id).first()
        if batch is None:
            raise InvalidInput({"serials": [f"{text[:80]}: this project has no such batch."]})
        whole = (0, batch.quantity_kg)
        found.setdefault(batch.pk, []).append(
            whole if parsed.first_kg is None or parsed.end_kg is None else (parsed.first_kg, parsed.end_kg)
        )
    for ranges in found.values():
        ranges.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(ranges)):
            raise InvalidInput({"serials": ["The same credits are named twice."]})
    named = sum(end - first for ranges in found.values() for first, end in ranges)
    if named != wanted.quantity_kg:
        raise InvalidInput({"quantity": [f"The serials name {tonnes_from_kg(named):,} t; give that quantity."]})
    return found
