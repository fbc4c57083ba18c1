"""Writing results in bulk: by COPY, with their predecessors pointed at them in one statement."""

import json
import uuid
from collections.abc import Mapping, Sequence

from django.db import connection

from integrations.models import Emission

_COLUMNS = (
    *("public_id", "connection_id", "run_id", "reading_type", "series", "name", "activity", "read_unit", "quality"),
    *("month", "site", "scope", "category", "line", "method", "basis", "factor_id", "quantity", "unit", "kg_co2e"),
    *("low", "high", "starts_at", "ends_at", "reading_count", "reading_ids", "inputs", "engine_version"),
)
_SUCCEEDED = """
    UPDATE integrations_emission AS old SET superseded_by_id = new.id
    FROM unnest(%s::bigint[], %s::uuid[]) AS pair (old_id, new_id)
    JOIN integrations_emission AS new ON new.public_id = pair.new_id
    WHERE old.id = pair.old_id
"""


def emission_rows_write(*, rows: Sequence[Emission], successors: Mapping[int, uuid.UUID]) -> None:
    """Add results, and say of those that they take the place of (by id) which result that is (by public id).

    Part of a calculation, whose end is the event; superseded rows must be marked so before.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY integrations_emission ({', '.join(_COLUMNS)}) FROM STDIN") as into:
            for row in rows:
                into.write_row([_value(row, name) for name in _COLUMNS])
        if successors:
            cursor.execute(_SUCCEEDED, [list(successors), list(successors.values())])


def _value(row: Emission, name: str) -> object:
    value = getattr(row, name)
    return json.dumps(value, ensure_ascii=False) if name == "inputs" else value
