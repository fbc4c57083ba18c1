"""Reading a JSON body strictly: RFC 8259 only, exact decimals, bounded size and depth."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


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
            return json.loads(body, parse_float=Decimal)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON (line {error.lineno}, column {error.colno}).") from None
        except (ValueError, RecursionError):
            raise ParseError("The body holds a number too long or is nested too deeply.") from None
