"""Finding the credits that a movement takes: the lowest of a holding, or exactly the named ranges."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carboncore.common.api.statements import fetch_all, fetch_records
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import BlockState
from transactions.errors import CreditsNotMovable, NotEnoughCredits
from transactions.locks import batch_lock
from transactions.models import Block, CreditBatch

_FIRST_PAGE = 4
_LARGEST_PAGE = 1_000

_HOLDINGS = """
    SELECT h.batch_id FROM transactions_balance AS h JOIN transactions_creditbatch AS b ON b.id = h.batch_id
    WHERE h.account_id = %s AND h.state = %s AND h.quantity_kg > 0 AND b.project_id = %s
        AND b.vintage = coalesce(%s::smallint, b.vintage)
    ORDER BY h.batch_id
"""
_HELD = "WHERE batch_id = %s AND account_id = %s AND state = %s AND first_kg > %s ORDER BY first_kg LIMIT %s"


@dataclass(frozen=True)
class Slice:
    """A range `[first_kg, end_kg)` of one block, about to move."""

    block: Block
    first_kg: int
    end_kg: int

    @property
    def quantity_kg(self) -> int:
        """Its length in kilograms."""
        return self.end_kg - self.first_kg


def take_lowest(
    *, account_id: int, state: BlockState, quantity_kg: int, project_id: int, vintage: int | None = None
) -> Iterator[tuple[CreditBatch, list[Slice]]]:
    """Lock batch after batch and yield its lowest slices until `quantity_kg` is reached: first in, first out.

    The caller posts each batch's slices before asking for the next.

    Raises:
        NotEnoughCredits: the account holds less; the caller's transaction must end without effect.
    """
    wanted = quantity_kg
    for (batch_id,) in fetch_all(_HOLDINGS, [account_id, state.value, project_id, vintage]):
        batch = batch_lock(batch_id)
        slices = _lowest_of_batch(batch_id, account_id, state, wanted)
        wanted -= sum(piece.quantity_kg for piece in slices)
        if slices:
            yield batch, slices
        if wanted == 0:
            return
    raise NotEnoughCredits(
        "There are not that many credits: only"
        f" {tonnes_from_kg(quantity_kg - wanted):,} t are available. Choose a smaller quantity."
    )


def take_ranges(
    *, batch: CreditBatch, account_id: int, state: BlockState, ranges: Sequence[tuple[int, int]]
) -> list[Slice]:
    """Return the slices that make up exactly these ranges `[first_kg, end_kg)` of a locked batch, in ascending order.

    Raises:
        CreditsNotMovable: part of a range is not held by the account in that state.
    """
    return [
        piece for first_kg, end_kg in sorted(ranges) for piece in _range(batch, account_id, state, first_kg, end_kg)
    ]


def _range(batch: CreditBatch, account_id: int, state: BlockState, first_kg: int, end_kg: int) -> list[Slice]:
    if end_kg > batch.quantity_kg:
        raise CreditsNotMovable(f"Batch {batch.serial_root} ends at {tonnes_from_kg(batch.quantity_kg):,} t.")
    in_batch = Block.objects.filter(batch=batch)
    # Blocks tile their batch, so the one that holds a kilogram is the last that starts at or before it.
    start = in_batch.filter(first_kg__lte=first_kg).order_by("-first_kg").values("first_kg")[:1]
    blocks = list(in_batch.filter(first_kg__gte=start, first_kg__lt=end_kg).order_by("first_kg"))
    if any(block.account_id != account_id or block.state != state for block in blocks):
        raise CreditsNotMovable(f"This account does not hold all of these credits as {state.label.lower()} credits.")
    return [Slice(block, max(block.first_kg, first_kg), min(block.end_kg, end_kg)) for block in blocks]


def _lowest_of_batch(batch_id: int, account_id: int, state: BlockState, quantity_kg: int) -> list[Slice]:
    slices: list[Slice] = []
    page, after = _FIRST_PAGE, -1
    while blocks := fetch_records(Block, _HELD, [batch_id, account_id, state.value, after, page]):
        for block in blocks:
            piece = Slice(block, block.first_kg, min(block.end_kg, block.first_kg + quantity_kg))
            slices.append(piece)
            quantity_kg -= piece.quantity_kg
            if quantity_kg == 0:
                return slices
        page, after = min(page * 8, _LARGEST_PAGE), blocks[-1].first_kg
    return slices
