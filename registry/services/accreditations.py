"""Saving a verification body together with the accreditations that it has."""

from collections.abc import Mapping, Sequence
from typing import Any

from carboncore.common.errors import InvalidInput
from registry.models import StandardValidator
from registry.services.catalogue import accreditation_delete, accreditation_save, validator_save
from registry.services.certifications import standards_named
from registry.services.validation import one_transaction


def validator_with_accreditations_save(
    *, pk: int | None, fields: Mapping[str, Any], accreditations: Sequence[Mapping[str, Any]] | None
) -> StandardValidator:
    """Create (`pk=None`) or change a verification body; `None` leaves its accreditations as they are.

    Each accreditation names its `standard` (code or name) and may give `scope`, `valid_from` and `valid_to`.
    One with the standard and first day of a present one is that one; the present ones not named are removed.

    Raises:
        NotFound: there is no such body.
        InvalidInput: with every reason by field; nothing was changed.
    """
    with one_transaction():
        validator = validator_save(pk=pk, fields=fields)
        if accreditations is not None:
            _set(validator, accreditations)
    return validator


def _set(validator: StandardValidator, accreditations: Sequence[Mapping[str, Any]]) -> None:
    present = {(row.standard_id, row.valid_from): row for row in validator.accreditations.all()}
    kept: list[tuple[int | None, dict[str, Any]]] = []
    for index, given in enumerate(accreditations):
        standard = _standard(str(given.get("standard", "")), index)
        row = present.pop((standard.pk, given.get("valid_from")), None)
        kept.append((row.pk if row else None, {**given, "standard": standard}))
    for row in present.values():
        accreditation_delete(validator=validator, pk=row.pk)
    for row_pk, fields in kept:
        accreditation_save(validator=validator, pk=row_pk, fields=fields)


def _standard(name: str, index: int) -> Any:
    try:
        return next(iter(standards_named([name]).values()))
    except InvalidInput as error:
        raise InvalidInput({f"accreditations.{index}.standard": error.errors["standards_list"]}) from None
