"""Finding one project by what an address names it."""

import re
import uuid

from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import Condition
from carboncore.common.api.reading import row_text
from carboncore.common.api.statements import fetch_all
from registry.errors import ProjectNotFound
from registry.reach import within_reach

LARGEST_ID = 2**63 - 1


def project_text(shape: RowShape, key: str, *, base: str = "TRUE") -> str:
    """Return as JSON text the project that an id, a public UUID or a slug names, out of those that `base` lets through.

    Raises:
        ProjectNotFound: there is none, or the caller may not know that there is.
    """
    named = _condition(key)
    text = None if named is None else row_text(shape, within_reach(Condition(f"{base} AND {named.sql}", named.values)))
    if text is None:
        raise ProjectNotFound
    return text


def _condition(key: str) -> Condition | None:
    if re.fullmatch(r"[0-9]{1,19}", key):
        return Condition('"row"."id" = %s', (int(key),)) if int(key) <= LARGEST_ID else None
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", key):
        return Condition('"row"."public_id" = %s', (uuid.UUID(key),))
    if re.fullmatch(r"[-a-zA-Z0-9_]{1,100}", key):
        return Condition('"row"."slug" = %s', (key,))
    return None


def project_id(key: str) -> int:
    """Return the id of the project that an id, a public UUID or a slug names.

    Raises:
        ProjectNotFound: there is none, or none in reach of whoever asks.
    """
    named = _condition(key)
    if named is None:
        raise ProjectNotFound
    named = within_reach(named)
    rows = fetch_all(f'SELECT "id" FROM "registry_project" AS "row" WHERE {named.sql}', named.values)  # noqa: S608
    if not rows:
        raise ProjectNotFound
    return int(rows[0][0])
