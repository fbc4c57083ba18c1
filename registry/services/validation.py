"""How services put values on records: what may be set, what fits, and every complaint as the one kind of error."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from psycopg import errors as postgres

from carboncore.common.errors import InvalidInput, StateConflict

_SIMULTANEOUS = (postgres.UniqueViolation, postgres.ForeignKeyViolation)


@contextmanager
def one_transaction() -> Iterator[None]:
    """Run the block as one transaction.

    Raises:
        StateConflict: what was checked beforehand no longer held when it was written, because somebody else
            took a unique value, or deleted what is referred to, at the same moment.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, _SIMULTANEOUS):
            raise
        raise StateConflict(
            "Somebody else saved something that conflicts with this at the same moment; nothing was changed."
            " Load the record again and repeat your change."
        ) from error


def constraint_of(error: IntegrityError) -> str:
    """Return the name of the constraint that refused, or nothing when the database did not say."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, postgres.Error) else ""


def assign_fields(instance: models.Model, fields: Mapping[str, Any], *, allowed: Collection[str]) -> None:
    """Set the named fields: text trimmed, what is empty in the one way its column keeps emptiness.

    Raises:
        InvalidInput: with every reason by field, for names outside `allowed` and for values of another kind.
            The fields without a fault are set, so that the caller can find theirs in the same round.
    """
    errors: dict[str, list[str]] = {}
    for name, value in fields.items():
        if name not in allowed:
            errors[name] = ["This cannot be set here."]
            continue
        field: Any = instance._meta.get_field(name)
        if reason := _misfit(field, value):
            errors[name] = [reason]
        else:
            setattr(instance, name, _as_kept(field, value))
    if errors:
        raise InvalidInput(errors)


def full_clean_or_refuse(instance: models.Model, *, exclude: tuple[str, ...] = ()) -> None:
    """Check an instance against its field and table rules.

    Raises:
        InvalidInput: with every reason by field.
    """
    errors = _overlong_texts(instance)
    try:
        instance.full_clean(exclude=[*exclude, *errors])
    except ValidationError as error:
        errors |= {
            ("non_field_errors" if field == NON_FIELD_ERRORS else field): [str(reason) for reason in reasons]
            for field, reasons in error.message_dict.items()
        }
    if errors:
        raise InvalidInput(errors)


def text_fault(text: str) -> str:
    """Return why PostgreSQL cannot store this text as it is, or nothing."""
    if "\x00" in text:
        return "Null characters cannot be stored."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "This text holds half a character (a lone surrogate), which cannot be stored."
    return ""


def _misfit(field: Any, value: Any) -> str:
    if isinstance(field, models.ForeignKey):
        fits = value is None or isinstance(value, field.related_model)
        return "" if fits else f"Choose one of the {field.related_model._meta.verbose_name_plural} here."
    if isinstance(field, ArrayField):
        return _list_misfit(field, value)
    if isinstance(value, str):
        return text_fault(value)
    if isinstance(field, models.CharField | models.TextField) and value is not None:
        return "Give text."
    return "Give one value, not several." if isinstance(value, list | tuple | Mapping) else ""


def _list_misfit(field: Any, value: Any) -> str:
    if value is None:
        return ""
    wanted, words = (str, "texts") if isinstance(field.base_field, models.CharField) else (int, "whole numbers")
    items = value if isinstance(value, list | tuple) else [None]
    if any(not isinstance(item, wanted) or isinstance(item, bool) for item in items):
        return f"Give a list of {words}."
    return next((fault for item in items if isinstance(item, str) and (fault := text_fault(item))), "")


def _as_kept(field: Any, value: Any) -> Any:
    if isinstance(field, ArrayField):
        return list(value or ())
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return "" if field.empty_strings_allowed and not field.null else None
    return value


def _overlong_texts(instance: models.Model) -> dict[str, list[str]]:
    """Django checks the length of a `TextField` in forms only; services have other callers too."""
    return {
        field.name: [f"Use at most {field.max_length:,} characters; this has {len(text):,}."]
        for field in instance._meta.concrete_fields
        if isinstance(field, models.TextField)
        and field.max_length is not None
        and isinstance(text := getattr(instance, field.attname), str)
        and len(text) > field.max_length
    }
