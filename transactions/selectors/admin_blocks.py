"""The picture of a batch: its blocks by state along their kilograms, drawn from a few hundred pieces at most."""

from dataclasses import dataclass

from django.db import connection

from transactions.choices import BlockState
from transactions.models import CreditBatch

MOST_PIECES = 240

_EXACT = """
    SELECT first_kg, end_kg, state FROM transactions_block WHERE batch_id = %(batch)s ORDER BY first_kg
"""

# A block counts in every column that it reaches into, with the kilograms that lie there.
_COLUMNS = """
    WITH size AS (SELECT %(kg)s::bigint AS kg, %(columns)s::bigint AS n)
    SELECT c.number, b.state, sum(
        least(b.end_kg, (c.number + 1) * s.kg / s.n) - greatest(b.first_kg, c.number * s.kg / s.n))
    FROM size s, transactions_block b,
        generate_series(b.first_kg * s.n / s.kg, least((b.end_kg - 1) * s.n / s.kg + 1, s.n - 1)) AS c (number)
    WHERE b.batch_id = %(batch)s
        AND least(b.end_kg, (c.number + 1) * s.kg / s.n) > greatest(b.first_kg, c.number * s.kg / s.n)
    GROUP BY c.number, b.state ORDER BY c.number
"""

_TOTALS = """
    SELECT state, sum(end_kg - first_kg), count(*) FROM transactions_block WHERE batch_id = %(batch)s GROUP BY state
"""


@dataclass(frozen=True)
class Piece:
    """A rectangle of the picture: kilograms from and to, and from and to which part (0 to 1) of the height."""

    state: str
    first_kg: int
    end_kg: int
    top: float
    bottom: float


@dataclass(frozen=True)
class StateTotal:
    """Kilograms and blocks of a batch in one state."""

    state: BlockState
    quantity_kg: int
    blocks: int


def state_totals(*, batch: CreditBatch) -> list[StateTotal]:
    """Return what the batch holds in each state, in the states' own order."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"batch": batch.pk})
        found = {state: (int(kg), blocks) for state, kg, blocks in cursor.fetchall()}
    return [StateTotal(state, *found[state]) for state in BlockState if state in found]


def batch_pieces(*, batch: CreditBatch, blocks: int) -> list[Piece]:
    """Return the batch's picture: each of its `blocks` blocks, or columns of shares where they are too many to see."""
    with connection.cursor() as cursor:
        if blocks <= MOST_PIECES:
            cursor.execute(_EXACT, {"batch": batch.pk})
            return [Piece(state, first, end, 0, 1) for first, end, state in cursor.fetchall()]
        cursor.execute(_COLUMNS, {"batch": batch.pk, "kg": batch.quantity_kg, "columns": MOST_PIECES})
        shares: dict[int, dict[str, int]] = {}
        for number, state, kg in cursor.fetchall():
            shares.setdefault(number, {})[state] = int(kg)
    return [piece for number, by_state in sorted(shares.items()) for piece in _column(batch, number, by_state)]


def _column(batch: CreditBatch, number: int, by_state: dict[str, int]) -> list[Piece]:
    """Stack a column's states, each as high as its share."""
    first, end = number * batch.quantity_kg // MOST_PIECES, (number + 1) * batch.quantity_kg // MOST_PIECES
    pieces, top = [], 0.0
    for state in BlockState:
        if (kg := by_state.get(state, 0)) > 0:
            bottom = top + kg / (end - first)
            pieces.append(Piece(state, first, end, top, bottom))
            top = bottom
    return pieces
