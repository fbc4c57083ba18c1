"""Cutting blocks: the pieces that move get a block of their own, what stays keeps its holder.

The row of a block always keeps the highest piece, whoever holds that now, so that waits between neighbours run
one way. New rows are written after the old ones have shrunk: the unique keys are checked at once.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from carboncore.common.api.statements import array_of, fetch_all
from transactions.choices import BlockState
from transactions.models import Block
from transactions.services.taking import Slice

_SHRINK = """
    UPDATE transactions_block AS k SET first_kg = p.first_kg, account_id = p.account_id, state = p.state
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS p (id, first_kg, account_id, state)
    WHERE k.id = p.id RETURNING 1
"""
_ADD = """
    INSERT INTO transactions_block (batch_id, batch_kg, first_kg, end_kg, account_id, state)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
    RETURNING 1
"""

# first_kg, end_kg, account, state
_Piece = tuple[int, int, int, str]


def carve(slices: Sequence[Slice], *, to_account_id: int, to_state: BlockState) -> None:
    """Give the slices (in ascending order, several of one block allowed) to an account in a state."""
    shrunk: list[tuple[int, int, int, str]] = []
    added: list[tuple[int, int, int, int, int, str]] = []
    for block, group in groupby(slices, key=lambda piece: piece.block):
        *lower, (first_kg, _, account_id, state) = _pieces(block, group, to_account_id, to_state)
        shrunk.append((block.pk, first_kg, account_id, state))
        added.extend((block.batch_id, block.batch_kg, *piece) for piece in lower)
    fetch_all(_SHRINK, [array_of(column) for column in zip(*shrunk, strict=True)])
    if added:
        fetch_all(_ADD, [array_of(column) for column in zip(*added, strict=True)])


def _pieces(block: Block, slices: Iterator[Slice], to_account_id: int, to_state: BlockState) -> Iterator[_Piece]:
    start = block.first_kg
    for piece in slices:
        if piece.first_kg > start:
            yield start, piece.first_kg, block.account_id, block.state
        yield piece.first_kg, piece.end_kg, to_account_id, to_state.value
        start = piece.end_kg
    if start < block.end_kg:
        yield start, block.end_kg, block.account_id, block.state
