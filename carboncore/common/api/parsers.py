"""Reading a JSON body strictly: RFC 8259 only, exact decimals, bounded size and depth."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

_MOST_DEPTH = 32
# No quantity, price or coordinate needs more. A power of ten in the millions would be written out digit by digit as
# soon as somebody reckons with it.
_MOST_DIGITS, _MOST_EXPONENT = 64, 100
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALL_ALIKE = bytes.maketrans(b"{}", b"[]")


class StrictJSONParser(BaseParser):
    """JSON as the standard has it: no NaN, no lone surrogates, no endless nesting; numbers stay exact."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value of the body.

        Raises:
            ParseError: it is not JSON; the message says where.
            RequestDataTooBig: it is longer than `DATA_UPLOAD_MAX_MEMORY_SIZE`.
        """
        request = (parser_context or {})["request"]
        body: bytes = request._request.body
        try:
            orjson.loads(body)  # refuses all that the standard library lets through
            _refuse_depth(body)
            return json.loads(body, parse_float=_decimal, parse_int=_whole)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON (line {error.lineno}, column {error.colno}).") from None
        except (ValueError, RecursionError):
            raise ParseError(
                f"The body holds a number of more than {_MOST_DIGITS} digits or beyond 1e{_MOST_EXPONENT}, or is nested"
                f" more than {_MOST_DEPTH} levels deep."
            ) from None


def _refuse_depth(body: bytes) -> None:
    """Refuse valid JSON that is nested too deeply; peels its brackets off layer by layer, at the speed of C."""
    if body.count(b"[") + body.count(b"{") <= _MOST_DEPTH:
        return
    brackets = _STRING.sub(b"", body).translate(_ALL_ALIKE, _NO_BRACKETS)
    for _ in range(_MOST_DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return
    raise ValueError("too deep")


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if len(text) > _MOST_DIGITS or abs(number.adjusted()) > _MOST_EXPONENT:
        raise ValueError("too long")
    return number


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError("too long")
    return int(text)
