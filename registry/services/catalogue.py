"""Project types, standards, verification bodies and methodologies: saving and deleting."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import ProtectedError

from carboncore.common.errors import NotFound
from registry.errors import StillInUse
from registry.models import ProjectType, Standard, StandardValidator
from registry.services.validation import full_clean_or_refuse, reject_null_bytes

Catalogued = TypeVar("Catalogued", ProjectType, Standard, StandardValidator)


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
    with transaction.atomic():
        validator = _get_locked(StandardValidator, pk, "Verification body not found.")
        for accreditation in validator.accreditations.all():
            accreditation.delete()
        _delete_or_refuse(validator, "certifications of projects name it")


def _save(model: type[Catalogued], pk: int | None, fields: Mapping[str, Any], not_found: str) -> Catalogued:
    reject_null_bytes(fields)
    with transaction.atomic():
        instance = model() if pk is None else _get_locked(model, pk, not_found)
        for name, value in fields.items():
            setattr(instance, name, value.strip() if isinstance(value, str) else value)
        full_clean_or_refuse(instance)
        instance.save()
    return instance


def _delete(model: type[Catalogued], pk: int, not_found: str, users: str) -> None:
    with transaction.atomic():
        _delete_or_refuse(_get_locked(model, pk, not_found), users)


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
