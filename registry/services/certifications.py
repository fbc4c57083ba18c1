"""Which standards a project is certified under."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from carboncore.common.errors import InvalidInput
from registry.models import Project, ProjectStandard, Standard


def project_standards_set(*, project: Project, standards: Sequence[str]) -> None:
    """Make the project's standards exactly those named (by code or by name, any case).

    A certification that stays keeps its certificate number, verification body and dates.

    Raises:
        InvalidInput: a name is no standard here; nothing was changed.
    """
    wanted = {standard.pk: standard for standard in map(_standard_named, standards)}
    with transaction.atomic():
        present = {row.standard_id: row for row in project.certifications.all()}
        for standard_id, row in present.items():
            if standard_id not in wanted:
                row.delete()
        for standard_id, standard in wanted.items():
            if standard_id not in present:
                ProjectStandard.objects.create(project=project, standard=standard)


def _standard_named(text: str) -> Standard:
    name = text.strip()
    standard = (
        Standard.objects.filter(Q(code__iexact=name) | Q(name__iexact=name)).order_by("pk").first()
        if name and "\x00" not in name
        else None
    )
    if standard is None:
        known = ", ".join(Standard.objects.values_list("code", flat=True)[:30])
        raise InvalidInput(
            {"standards_list": [f"“{name[:80]}” is not a standard here. Add it first, or use one of: {known}."]}
        )
    return standard
