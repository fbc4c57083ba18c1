"""What imported projects refer to: methodologies, created when new, and certifications under the origin's standard."""

from collections.abc import Iterable, Sequence

from registry.models import Methodology, Project, ProjectStandard, Standard, StandardValidator
from registry.services.bulk_write import insert_with_history
from registry.services.import_ownership import IMPORT_REASON


def methodologies_ensure(codes: Iterable[str]) -> dict[str, Methodology]:
    """The methodologies by code; those not here yet are created with their code only."""
    wanted = set(codes)
    found = {methodology.code: methodology for methodology in Methodology.objects.filter(code__in=wanted)}
    missing = [Methodology(code=code) for code in sorted(wanted - found.keys())]
    if missing:
        insert_with_history(missing, reason=IMPORT_REASON)
    return found | {methodology.code: methodology for methodology in missing}


def certifications_create(certified: Sequence[tuple[Project, str, str]]) -> None:
    """Certify new projects under their origin's standard: (project, standard code, verification body or blank).

    The certificate number is the id in the origin registry. A standard or a verification body that is not in the
    catalogue is left out: an import adds neither.
    """
    standards = {
        standard.code: standard for standard in Standard.objects.filter(code__in={code for _, code, _ in certified})
    }
    names = {name for _, _, name in certified if name}
    validators = {validator.name: validator for validator in StandardValidator.objects.filter(name__in=names)}
    rows = [
        ProjectStandard(
            project=project,
            standard=standards[code],
            validator=validators.get(name),
            certificate_number=project.origin_id,
        )
        for project, code, name in certified
        if code in standards
    ]
    if rows:
        insert_with_history(rows, reason=IMPORT_REASON)
