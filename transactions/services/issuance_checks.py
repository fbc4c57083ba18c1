"""What an issuance request must satisfy: when it is made, and again when it is approved."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import MAX_QUANTITY_KG, tonnes_from_kg
from registry.choices import MonitoringStatus, OverlapState, ProjectStatus
from registry.models import BoundaryOverlap, MonitoringPeriod, Project, ValidatorAccreditation
from registry.models.project import FIRST_VINTAGE, LAST_VINTAGE
from registry.services.validation import text_fault
from transactions.choices import RequestState
from transactions.errors import IssuanceNotPossible
from transactions.models import IssuanceRequest

# Above the project's own rate of absorption by more than this, a request must say why.
PLAUSIBLE_FACTOR = Decimal("1.1")
MAX_TEXT = 4_000
MAX_LABEL = 100


def check_request(request: IssuanceRequest) -> None:
    """Check what is asked for; locks the monitoring period, so call it inside a transaction.

    Raises:
        InvalidInput: with every reason by field.
    """
    errors = _field_errors(request)
    if request.monitoring_period_id is not None:
        # Locked, so that two requests at once cannot each claim what is left of the verified quantity.
        period = MonitoringPeriod.objects.select_for_update(of=("self",), no_key=True).get(
            pk=request.monitoring_period_id
        )
        request.monitoring_period = period
        errors = _period_errors(request, period) | errors
    if errors:
        raise InvalidInput(errors)


def _field_errors(request: IssuanceRequest) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 0 < request.quantity_kg <= MAX_QUANTITY_KG:
        errors["quantity"] = ["The quantity must be more than 0, and no more than a thousand million tonnes."]
    if not FIRST_VINTAGE <= request.vintage <= LAST_VINTAGE:
        errors["vintage"] = [f"Give a year from {FIRST_VINTAGE} to {LAST_VINTAGE}."]
    if any(not label.strip() or len(label) > MAX_LABEL or text_fault(label) for label in request.labels):
        errors["labels"] = [f"Each label is a text of up to {MAX_LABEL} characters."]
    if len(request.justification) > MAX_TEXT or text_fault(request.justification):
        errors["justification"] = [f"Use up to {MAX_TEXT:,} characters of text."]
    return errors


def _period_errors(request: IssuanceRequest, period: MonitoringPeriod) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if period.project_id != request.project_id:
        errors["monitoring_period"] = ["This monitoring period belongs to another project."]
    if not period.starts_on.year <= request.vintage <= period.ends_on.year:
        errors["vintage"] = [f"The vintage must lie in the period {period.starts_on} to {period.ends_on}."]
    issued = _requested_of_period(request)
    total = issued + request.quantity_kg
    if period.verified_kg is not None and total > period.verified_kg:
        errors["quantity"] = [
            f"Only {tonnes_from_kg(max(0, period.verified_kg - issued)):,} t of the verified quantity are left."
        ]
    limit = plausible_kg(request.project, period)
    if limit is not None and total > limit and not request.justification:
        errors["justification"] = [
            (
                f"The project's stated absorption explains at most {tonnes_from_kg(limit):,} t for this period."
                " Say why more is right."
            )
        ]
    return errors


def _requested_of_period(request: IssuanceRequest) -> int:
    others = IssuanceRequest.objects.filter(monitoring_period=request.monitoring_period).exclude(
        Q(pk=request.pk) | Q(state=RequestState.REJECTED)
    )
    return int(others.aggregate(total=Sum("quantity_kg"))["total"] or 0)


def check_ready(request: IssuanceRequest) -> None:
    """Check that credits may be issued for the request now.

    Raises:
        IssuanceNotPossible: the project is not registered or shares land with another, the period is not verified,
            no standard is named, or the verification body was not accredited for it on the day.
    """
    project, period = request.project, request.monitoring_period
    if project.status != ProjectStatus.REGISTERED:
        raise IssuanceNotPossible("Credits are issued only to a registered project.")
    if others := _sharing_land(project):
        raise IssuanceNotPossible(
            f"The project's boundary shares land with {others}, so its tonnes could be counted twice."
            " Change a boundary or justify the overlap first."
        )
    if period is None or period.status != MonitoringStatus.VERIFIED:
        raise IssuanceNotPossible("Credits are issued only for a verified monitoring period. Verify one first.")
    if request.standard_id is None:
        raise IssuanceNotPossible("Name the standard that the credits are issued under.")
    if not accredited(period, request.standard_id):
        raise IssuanceNotPossible(
            "The verification body was not accredited for this standard on the day of the verification."
        )


def _sharing_land(project: Project) -> str:
    pairs = BoundaryOverlap.objects.filter(Q(first=project) | Q(second=project), state=OverlapState.OPEN)
    ids = [second if first == project.pk else first for first, second in pairs.values_list("first_id", "second_id")]
    return ("project " if len(ids) == 1 else "projects ") + ", ".join(map(str, sorted(ids))) if ids else ""


def plausible_kg(project: Project, period: MonitoringPeriod) -> int | None:
    """Return the most that the project's stated absorption explains for the period, in kg; None when unstated."""
    if project.co2_absorption is None:
        return None
    days = (period.ends_on - period.starts_on + timedelta(days=1)).days
    return int(project.co2_absorption * days / 365 * PLAUSIBLE_FACTOR)


def accredited(period: MonitoringPeriod, standard_id: int) -> bool:
    """Return whether the period's verification body was accredited for the standard when it verified."""
    return (
        ValidatorAccreditation.objects.filter(validator_id=period.validator_id, standard_id=standard_id)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=period.verified_on))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=period.verified_on))
        .exists()
    )
