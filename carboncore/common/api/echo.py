"""Partial changes from clients that send back all they got: what equals the present value is no change."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from carboncore.common.errors import InvalidInput

READ_ONLY = "This is kept by the registry and cannot be set here; leave it out."


def exact_json(text: str) -> Any:
    """Return the value of JSON that PostgreSQL wrote, with every digit of its numbers."""
    return json.loads(text, parse_float=Decimal)


def changed_fields(body: Any, current: Mapping[str, Any], writable: Iterable[str]) -> dict[str, Any]:
    """Return what a body would change of the record that looks like `current`.

    Raises:
        InvalidInput: the body is no object, or would change what is read-only.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput({"non_field_errors": ["Send a JSON object."]})
    changed = {name: value for name, value in body.items() if name not in current or current[name] != value}
    refused = [name for name in changed if name in current and name not in writable]
    if refused:
        raise InvalidInput({name: [READ_ONLY] for name in refused})
    return changed
