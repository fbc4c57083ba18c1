"""Turning the model layer's complaints into the one kind of error that services raise."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from carboncore.common.errors import InvalidInput


def full_clean_or_refuse(instance: models.Model, *, exclude: tuple[str, ...] = ()) -> None:
    """Check an instance against its field and table rules.

    Raises:
        InvalidInput: with every reason by field.
    """
    try:
        instance.full_clean(exclude=list(exclude))
    except ValidationError as error:
        raise InvalidInput(validation_errors(error)) from None


def validation_errors(error: ValidationError) -> dict[str, list[str]]:
    """Return the reasons by field; those of no field under `non_field_errors`."""
    return {
        ("non_field_errors" if field == NON_FIELD_ERRORS else field): [str(reason) for reason in reasons]
        for field, reasons in error.message_dict.items()
    }


def reject_null_bytes(fields: Mapping[str, Any]) -> None:
    """Refuse text that PostgreSQL cannot store.

    Raises:
        InvalidInput: naming each such field.
    """
    bad = {name: ["Null characters cannot be stored."] for name, value in fields.items() if _has_null(value)}
    if bad:
        raise InvalidInput(bad)


def _has_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(_has_null(key) or _has_null(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(_has_null(item) for item in value)
