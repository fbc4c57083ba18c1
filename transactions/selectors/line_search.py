"""Finding the ledger lines over a range of a batch: a few index steps, however many lines the batch has.

A line of span s is at most 2^s kilograms long, so one that reaches beyond kilogram N starts after N - 2^s. Each span
is searched from there in the index (batch, span, first); what is found in vain is at most as much as lies beside the
range. A GiST index over ranges answers as fast and costs two to four times as much at each insert.
"""

from carboncore.common.quantities import MAX_QUANTITY_KG

_LARGEST_SPAN = (MAX_QUANTITY_KG - 1).bit_length()


def lines_over(*, batch: str, first: str, end: str) -> str:
    """Return SQL for the lines `l` of a batch that share a kilogram with [first, end); the arguments are SQL of bigint.

    OFFSET 0 keeps the search of a span apart, so that it stays an index scan whatever the planner knows of the table.
    """
    return f"""
        SELECT found.* FROM generate_series(0, {_LARGEST_SPAN}) AS of (span) CROSS JOIN LATERAL (
            SELECT o.* FROM transactions_ledgerline o
            WHERE o.batch_id = {batch} AND o.span = of.span::smallint AND o.first_kg < {end}
                AND o.first_kg > {first} - (1::bigint << of.span) AND o.end_kg > {first}
            OFFSET 0) AS found
    """  # noqa: S608 - names of columns and parameters
