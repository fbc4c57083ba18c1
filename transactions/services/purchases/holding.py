"""The credits of one purchase: which ranges it reserved, sold and took back; and moving exactly those."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from carboncore.common.api.statements import array_of, fetch_all
from transactions.choices import BlockState, EntryKind
from transactions.locks import batch_lock
from transactions.models import LedgerEntry, LedgerLine, Transaction
from transactions.serials import serial_text
from transactions.services.posting import Posting
from transactions.services.taking import take_lowest, take_ranges

_LINK = """
    INSERT INTO transactions_transactionentry (transaction_id, entry_id)
    SELECT %s::bigint, e.* FROM unnest(%s::bigint[]) AS e RETURNING 1
"""

# Ranges [first_kg, end_kg) by batch.
Ranges = dict[int, list[tuple[int, int]]]


def ranges_moved(purchase: Transaction, kind: EntryKind) -> Ranges:
    """Return the ranges that the purchase's entries of this kind moved; the ledger is where they are kept."""
    lines = LedgerLine.objects.filter(entry__transaction_link__transaction=purchase, entry__kind=kind)
    found: Ranges = defaultdict(list)
    for batch_id, first_kg, end_kg in lines.order_by("entry__batch_id", "first_kg").values_list(
        "entry__batch_id", "first_kg", "end_kg"
    ):
        found[batch_id].append((first_kg, end_kg))
    return dict(found)


def ranges_left(ranges: Ranges, without: Ranges) -> Ranges:
    """Return what of `ranges` is in none of `without`."""
    left: Ranges = {}
    for batch_id, wanted in ranges.items():
        pieces = wanted
        for gone_first, gone_end in without.get(batch_id, []):
            pieces = [
                piece
                for first, end in pieces
                for piece in ((first, min(end, gone_first)), (max(first, gone_end), end))
                if piece[0] < piece[1]
            ]
        if pieces:
            left[batch_id] = pieces
    return left


@dataclass(frozen=True)
class Reserved:
    """What was reserved for a purchase: the ranges, and their serial numbers."""

    ranges: Ranges
    serials: list[str]


def reserve(movement: Posting, purchase: Transaction) -> Reserved:
    """Reserve the lowest free credits for the purchase, within its seller's account; returns what they are.

    Raises:
        NotEnoughCredits: the seller has fewer; the caller's transaction must end without effect.
    """
    reserved = Reserved({}, [])
    entries = []
    for batch, slices in take_lowest(
        account_id=_seller(purchase),
        state=BlockState.ACTIVE,
        quantity_kg=purchase.quantity_kg,
        project_id=purchase.project_id,
        vintage=purchase.vintage,
    ):
        entries.append(
            movement.move(
                batch=batch,
                kind=EntryKind.RESERVATION,
                slices=slices,
                to_account_id=_seller(purchase),
                to_state=BlockState.RESERVED,
            )
        )
        reserved.ranges[batch.pk] = [(piece.first_kg, piece.end_kg) for piece in slices]
        reserved.serials.extend(
            serial_text(root=batch.serial_root, first_kg=piece.first_kg, end_kg=piece.end_kg) for piece in slices
        )
    link_entries(purchase, entries)
    return reserved


def move_reserved(
    movement: Posting, purchase: Transaction, ranges: Ranges, *, kind: EntryKind, to_account_id: int
) -> list[str]:
    """Sell or release exactly these reserved ranges; returns their serial numbers."""
    entries, serials = [], []
    for batch_id in sorted(ranges):
        batch = batch_lock(batch_id)
        slices = take_ranges(
            batch=batch, account_id=_seller(purchase), state=BlockState.RESERVED, ranges=ranges[batch_id]
        )
        entries.append(
            movement.move(
                batch=batch, kind=kind, slices=slices, to_account_id=to_account_id, to_state=BlockState.ACTIVE
            )
        )
        serials += [
            serial_text(root=batch.serial_root, first_kg=first_kg, end_kg=end_kg)
            for first_kg, end_kg in ranges[batch_id]
        ]
    link_entries(purchase, entries)
    return serials


def link_entries(purchase: Transaction, entries: Iterable[LedgerEntry]) -> None:
    """Record that these ledger entries belong to the purchase."""
    fetch_all(_LINK, [purchase.pk, array_of(entry.pk for entry in entries)])


def _seller(purchase: Transaction) -> int:
    if purchase.from_account_id is None:
        raise ValueError("A purchase always names the account that it buys from.")
    return purchase.from_account_id
