"""Project types, standards, verification bodies and methodologies: saving and deleting."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import ProtectedError

from carboncore.audit.services import changes_of_deletion, changes_since, event_record, state_of
from carboncore.common.errors import NotFound
from registry.errors import StillInUse
from registry.models import Methodology, ProjectType, Standard, StandardValidator, ValidatorAccreditation
from registry.services.validation import assign_fields, full_clean_or_refuse, one_transaction

Catalogued = TypeVar("Catalogued", ProjectType, Standard, StandardValidator, Methodology, ValidatorAccreditation)

# What a caller may set on each.
_FIELDS: dict[type[models.Model], frozenset[str]] = {
    ProjectType: frozenset({"code", "name", "category", "land_based"}),
    Standard: frozenset({"code", "name", "version", "url"}),
    StandardValidator: frozenset(
        {"name", "country", "accreditation_body", "accreditation_number", "website", "is_active"}
    ),
    Methodology: frozenset({"code", "name", "version", "standard", "url"}),
    ValidatorAccreditation: frozenset({"validator", "standard", "scope", "valid_from", "valid_to"}),
}
# What the audit trail calls each.
_EVENTS: dict[type[models.Model], str] = {
    ProjectType: "project_type",
    Standard: "standard",
    StandardValidator: "validator",
    Methodology: "methodology",
    ValidatorAccreditation: "accreditation",
}


def project_type_save(*, pk: int | None, fields: Mapping[str, Any]) -> ProjectType:
    """Create (`pk=None`) or change a project type; its code is upper-cased.

    Raises:
        NotFound: there is no such type.
        InvalidInput: with every reason by field, a code that is taken among them.
    """
    fields = dict(fields)
    if isinstance(fields.get("code"), str):
        fields["code"] = fields["code"].strip().upper()
    return _save(ProjectType, pk, fields, "Project type not found.")


def project_type_delete(*, pk: int) -> None:
    """Delete a type that no project uses.

    Raises:
        NotFound: there is no such type.
        StillInUse: projects are of this type.
    """
    _delete(ProjectType, pk, "Project type not found.", "projects are of this type")


def standard_save(*, pk: int | None, fields: Mapping[str, Any]) -> Standard:
    """Create (`pk=None`) or change a standard.

    Raises:
        NotFound: there is no such standard.
        InvalidInput: with every reason by field.
    """
    return _save(Standard, pk, fields, "Standard not found.")


def standard_delete(*, pk: int) -> None:
    """Delete a standard that nothing refers to.

    Raises:
        NotFound: there is no such standard.
        StillInUse: projects, methodologies or accreditations refer to it.
    """
    _delete(Standard, pk, "Standard not found.", "projects, methodologies or accreditations refer to it")


def validator_save(*, pk: int | None, fields: Mapping[str, Any]) -> StandardValidator:
    """Create (`pk=None`) or change a verification body.

    Raises:
        NotFound: there is no such body.
        InvalidInput: with every reason by field.
    """
    return _save(StandardValidator, pk, fields, "Verification body not found.")


def validator_delete(*, pk: int) -> None:
    """Delete a verification body that no certification names, with its accreditations.

    Raises:
        NotFound: there is no such body.
        StillInUse: certifications name it.
    """
    with one_transaction():
        validator = _get_locked(StandardValidator, pk, "Verification body not found.")
        for accreditation in validator.accreditations.all():
            accreditation.delete()
        event_record(action="validator.deleted", obj=validator, changes=changes_of_deletion(validator))
        _delete_or_refuse(validator, "certifications of projects name it")


def methodology_save(*, pk: int | None, fields: Mapping[str, Any]) -> Methodology:
    """Create (`pk=None`) or change a methodology.

    Raises:
        NotFound: there is no such methodology.
        InvalidInput: with every reason by field.
    """
    return _save(Methodology, pk, fields, "Methodology not found.")


def methodology_delete(*, pk: int) -> None:
    """Delete a methodology that no project follows.

    Raises:
        NotFound: there is no such methodology.
        StillInUse: projects follow it.
    """
    _delete(Methodology, pk, "Methodology not found.", "projects follow this methodology")


def accreditation_save(
    *, validator: StandardValidator, pk: int | None, fields: Mapping[str, Any]
) -> ValidatorAccreditation:
    """Add (`pk=None`) or change one accreditation of a verification body.

    Raises:
        NotFound: the body has no such accreditation.
        InvalidInput: with every reason by field.
    """
    if pk is not None and not validator.accreditations.filter(pk=pk).exists():
        raise NotFound("This verification body has no such accreditation.")
    return _save(ValidatorAccreditation, pk, {**fields, "validator": validator}, "Accreditation not found.")


def accreditation_delete(*, validator: StandardValidator, pk: int) -> None:
    """Take one accreditation away from a verification body.

    Raises:
        NotFound: the body has no such accreditation.
    """
    with transaction.atomic():
        row = validator.accreditations.select_for_update().filter(pk=pk).first()
        if row is None:
            raise NotFound("This verification body has no such accreditation.")
        event_record(action="accreditation.deleted", obj=row, changes=changes_of_deletion(row))
        row.delete()


def _save(model: type[Catalogued], pk: int | None, fields: Mapping[str, Any], not_found: str) -> Catalogued:
    with one_transaction():
        instance = model() if pk is None else _get_locked(model, pk, not_found)
        before = {} if pk is None else state_of(instance)
        assign_fields(instance, fields, allowed=_FIELDS[model])
        full_clean_or_refuse(instance)
        instance.save()
        event_record(action=f"{_EVENTS[model]}.saved", obj=instance, changes=changes_since(before, instance))
    return instance


def _delete(model: type[Catalogued], pk: int, not_found: str, users: str) -> None:
    with one_transaction():
        instance = _get_locked(model, pk, not_found)
        event_record(action=f"{_EVENTS[model]}.deleted", obj=instance, changes=changes_of_deletion(instance))
        _delete_or_refuse(instance, users)


def _get_locked(model: type[Catalogued], pk: int, not_found: str) -> Catalogued:
    instance = model.objects.select_for_update().filter(pk=pk).first()
    if instance is None:
        raise NotFound(not_found)
    return instance


def _delete_or_refuse(instance: models.Model, users: str) -> None:
    try:
        instance.delete()
    except ProtectedError as error:
        count = len(error.protected_objects)
        raise StillInUse(f"It cannot be deleted: {users} ({count:,} in all). Change those first.") from None
