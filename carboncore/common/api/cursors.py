"""Opaque cursors: where a page ended, so that the next begins after it whatever was added meanwhile."""

import base64
import binascii
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import orjson

from carboncore.common.errors import InvalidInput

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Position:
    """The last row of a page: its sort key as text (None where it has none) and its id."""

    key: str | None
    row_id: int


def cursor_text(ordering: str, position: Position) -> str:
    """Return the cursor that continues `ordering` after `position`."""
    raw = orjson.dumps([ordering, position.key, position.row_id])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def cursor_position(text: str, ordering: str, *, numeric: bool) -> Position:
    """Return the position that a cursor names.

    Raises:
        InvalidInput: on `cursor`: not one of ours, or made for another ordering.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        named, key, row_id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, orjson.JSONDecodeError, UnicodeError, ValueError, TypeError):
        raise _refusal("This is no cursor; take it from the Link header of the page before.") from None
    if named != ordering:
        raise _refusal("This cursor was made for another ordering; keep the ordering while you page.")
    key_is_right = key is None or (isinstance(key, str) and "\x00" not in key and (not numeric or _is_number(key)))
    if not key_is_right or type(row_id) is not int or not 0 <= row_id <= LARGEST_ID:
        raise _refusal("This is no cursor; take it from the Link header of the page before.")
    return Position(key, row_id)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite() and len(text) < 40 and abs(Decimal(text).adjusted()) < 40
    except InvalidOperation:
        return False


def _refusal(reason: str) -> InvalidInput:
    return InvalidInput({"cursor": [reason]})
