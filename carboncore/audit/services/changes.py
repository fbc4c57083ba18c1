"""Before and after: what a record held, what it holds now, and how values stand in an event."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import models

# A longer value stands as its fingerprint: the history has it in full.
_LONGEST = 2_000
_FOLLOWING = frozenset({"search_text", "search_vector"})


def state_of(obj: models.Model) -> dict[str, Any]:
    """Return the values of the record's own columns, for `changes_since` after the change."""
    return {
        field.name: getattr(obj, field.attname)
        for field in obj._meta.concrete_fields
        if field.attname in obj.__dict__ and not _follows(field)
    }


def changes_since(before: Mapping[str, Any], obj: models.Model) -> dict[str, list[Any]]:
    """Return what differs from `before` as field: [before, after]; `{}` as `before` tells all of a new record."""
    now = state_of(obj)
    return {
        name: [before.get(name), value]
        for name, value in now.items()
        if (before[name] != value if name in before else value not in (None, "", [], {}))
    }


def changes_of_deletion(obj: models.Model) -> dict[str, list[Any]]:
    """Return all that the record held as field: [held, None]; to be asked for before it goes."""
    return {name: [value, None] for name, value in state_of(obj).items() if value not in (None, "", [], {})}


def plain(value: Any) -> Any:
    """Return the value as an event keeps it: text, whole number, truth value, nothing, or lists and maps of those.

    A decimal or binary fraction becomes text, so that the canonical text is the same for everybody.
    """
    simple = _simple(value)
    text = simple if isinstance(simple, str) else json.dumps(simple, sort_keys=True)
    if len(text) <= _LONGEST:
        return simple
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{len(text):,} characters, sha256 {digest}"


def _follows(field: models.Field) -> bool:
    """Whether the column only numbers, repeats or dates what others say."""
    follows = field.primary_key or isinstance(field, models.GeneratedField) or field.name in _FOLLOWING
    return follows or bool(getattr(field, "auto_now", False))


def _simple(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return _simple(value.pk)
    if isinstance(value, Mapping):
        return {_text(str(key)): _simple(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_simple(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_simple(item) for item in value), key=str)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return _text(str(value))


def _text(value: str) -> str:
    """Return the text without what PostgreSQL cannot store: the null character and halves of characters."""
    return value.replace("\x00", "").encode(errors="replace").decode()
