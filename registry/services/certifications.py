"""Which standards a project is certified under."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from carboncore.audit.services import changes_of_deletion, changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotFound
from registry.locks import project_lock
from registry.models import Project, ProjectStandard, Standard
from registry.reach import require_reach, require_still_in_reach
from registry.services.validation import assign_fields, full_clean_or_refuse, one_transaction

CERTIFICATION_FIELDS = frozenset({"standard", "validator", "certificate_number", "valid_from", "valid_to"})


def certification_save(*, project: Project, pk: int | None, fields: Mapping[str, Any]) -> ProjectStandard:
    """Add (`pk=None`) or change one certification of a project; `fields` holds `CERTIFICATION_FIELDS`.

    Raises:
        NotFound: the project has no such certification.
        InvalidInput: with every reason by field, a standard named twice among them.
        StateConflict: somebody else added the same standard at the same moment.
    """
    with one_transaction():
        require_reach(project.pk)
        row = ProjectStandard(project=project) if pk is None else _locked(project, pk)
        before = {} if pk is None else state_of(row)
        assign_fields(row, fields, allowed=CERTIFICATION_FIELDS)
        full_clean_or_refuse(row)
        row.save()
        require_still_in_reach(project.pk)
        event_record(action="certification.saved", obj=row, changes=changes_since(before, row))
    return row


def certification_delete(*, project: Project, pk: int) -> None:
    """Take one certification away from a project.

    Raises:
        NotFound: the project has no such certification.
    """
    with transaction.atomic():
        require_reach(project.pk)
        row = _locked(project, pk)
        event_record(action="certification.deleted", obj=row, changes=changes_of_deletion(row))
        row.delete()
        require_still_in_reach(project.pk)


def project_standards_set(*, project: Project, standards: Sequence[str]) -> bool:
    """Make the project's standards exactly those named (by code or by name, any case); returns whether any changed.

    A certification that stays keeps its certificate number, verification body and dates.

    Raises:
        InvalidInput: a name is no standard here; nothing was changed.
    """
    wanted = standards_named(standards)
    with transaction.atomic():
        project_lock(project.pk)
        present = {row.standard_id: row for row in project.certifications.all()}
        dropped = [row for standard_id, row in present.items() if standard_id not in wanted]
        added = [standard for standard_id, standard in wanted.items() if standard_id not in present]
        for row in dropped:
            event_record(action="certification.deleted", obj=row, changes=changes_of_deletion(row))
            row.delete()
        for standard in added:
            row = ProjectStandard.objects.create(project=project, standard=standard)
            event_record(action="certification.saved", obj=row, changes=changes_since({}, row))
    return bool(dropped or added)


def standards_named(names: Sequence[Any]) -> dict[int, Standard]:
    """Return the standards of these codes or names (any case) by their keys.

    Raises:
        InvalidInput: on `standards_list`: a name is no standard here.
    """
    every = list(Standard.objects.order_by("-pk"))  # the oldest of several with one name is put in last and found
    known = {standard.name.casefold(): standard for standard in every}
    known |= {standard.code.casefold(): standard for standard in every}
    wanted: dict[int, Standard] = {}
    unknown: list[str] = []
    for name in names:
        standard = known.get(name.strip().casefold()) if isinstance(name, str) else None
        if standard is None:
            unknown.append(f"“{str(name)[:80]}”")
        else:
            wanted[standard.pk] = standard
    if unknown:
        codes = ", ".join(sorted(standard.code for standard in every)[:30]) or "none yet"
        raise InvalidInput(
            {"standards_list": [f"No standard here is named {', '.join(unknown[:5])}. Add it, or use one of: {codes}."]}
        )
    return wanted


def _locked(project: Project, pk: int) -> ProjectStandard:
    row = ProjectStandard.objects.select_for_update(of=("self",)).filter(project=project, pk=pk).first()
    if row is None:
        raise NotFound("This project has no such certification.")
    return row
