"""My footprint: a person's or an organisation's emissions of a period, and the report of it as a file."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.choices import MOVING_ROLES
from accounts.errors import OrganisationNotFound
from accounts.models import SignInSession, User
from accounts.pages.showing import notice_page, private
from accounts.pages.signing_in import signed_in_page
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import tonnes_from_kg
from integrations.api.emission_periods import ONLY_OWN, Asked, present_month, read_asked
from integrations.emission_choices import Method
from integrations.models import Connection
from integrations.pages.footprint_shown import Months, footprint_shown, month
from integrations.reports import REPORT_FILES
from integrations.selectors.emissions import connections_shown, months_with_results
from integrations.selectors.offsets import inventory_holder, offset_kg_within
from integrations.selectors.report import report_of

_LABELS = {"from": "From", "to": "To", "method": "Scope 2", "organisation": "Of"}


@signed_in_page
@require_safe
def footprint(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show what was emitted in a period: by scope, source and month, beside the year before, with its gaps."""
    user = session.user
    holders = _holders(user)
    wanted = request.GET.get("organisation") or _usual_holder(user, holders)
    query = {**request.GET.dict(), "organisation": wanted}
    context: dict[str, Any] = {"person": user, "place": "emissions", "holders": holders, "wanted": wanted}
    try:
        whose = read_asked({"organisation": wanted}, latest=present_month())
        sources = connections_shown(user=user, organisation=whose.organisation, only_own=whose.only_own)
        months = months_with_results(sources)
        asked = read_asked(query, latest=months[1] if months else present_month())
        report = report_of(asked.inventory(user))
    except OrganisationNotFound:
        return _no_such_organisation(request)
    except InvalidInput as error:
        context |= {
            "asked": request.GET.dict(),
            "state": "refused",
            "wrong": set(error.errors),
            "refusals": _reasons(error),
        }
        return _page(request, context, status=400)
    context |= {
        "asked": {"from": report["from"], "to": report["to"], "method": report["method"]},
        "report": report,
        "period": asked.period,
        "state": _state(sources, months, report),
        "sources": sources,
        "months": months,
        "periods": _periods(months, asked, wanted),
        "files": [
            (kind, label, f"{reverse('account-emissions-report', args=[kind])}?{_query(asked, wanted)}")
            for kind, label in (("pdf", "PDF"), ("xlsx", "Excel"), ("json", "JSON"))
        ],
        "may_offset": wanted == ONLY_OWN or any(value == wanted and acts for value, _, acts in holders),
        "offset": f"{reverse('account-emissions-offset')}?{_query(asked, '' if wanted == ONLY_OWN else wanted)}",
    }
    if context["state"] == "shown":
        holder = inventory_holder(user=user, organisation=asked.organisation)
        offset_kg = offset_kg_within(holder, asked.period)
        context |= {
            "offset_tonnes": tonnes_from_kg(offset_kg),
            "all_offset": offset_kg >= Decimal(report["total_kg_co2e"]),
        }
    return _page(request, {**context, **footprint_shown(report)})


@signed_in_page
@require_safe
def report_file(request: HttpRequest, session: SignInSession, kind: str) -> HttpResponse:
    """Hand out the report of a period as PDF, XLSX or JSON; without an organisation, of the person's own sources."""
    if kind not in REPORT_FILES:
        raise Http404
    query = request.GET.dict()
    try:
        asked = read_asked({**query, "organisation": query.get("organisation") or ONLY_OWN}, latest=present_month())
        report = report_of(asked.inventory(session.user))
    except OrganisationNotFound:
        return _no_such_organisation(request)
    except InvalidInput as error:
        way = ("My footprint", reverse("account-emissions"))
        response = notice_page(request, title="There is no such report", words=" ".join(_reasons(error)), way=way)
        response.status_code = 400
        return response
    return REPORT_FILES[kind](report)


def _holders(user: User) -> list[tuple[str, str, bool]]:
    """Return whose footprints a person may look at: value, name, and whether they may act for it."""
    rows = user.memberships.select_related("organisation").order_by("organisation__name", "organisation_id")
    organisations = [(str(row.organisation.public_id), row.organisation.name, row.role in MOVING_ROLES) for row in rows]
    return [(ONLY_OWN, "My own", True), *organisations]


def _usual_holder(user: User, holders: list[tuple[str, str, bool]]) -> str:
    """Return whose footprint is shown first: the person's, or where they measure nothing that of an organisation."""
    if len(holders) == 1 or Connection.objects.filter(owner=user).exists():
        return ONLY_OWN
    return holders[1][0]


def _state(sources: list[Connection], months: Months, report: Mapping[str, Any]) -> str:
    if not sources:
        return "no_source"
    if months is None:
        return "waiting"
    return "shown" if report["results"] else "elsewhere"


def _periods(months: Months, asked: Asked, wanted: str) -> list[tuple[str, str, bool]]:
    """Return the years with results, the latest first, as label, address and whether it is the one that is shown."""
    if months is None:
        return []
    shown = (month(asked.period.first), month(asked.period.last))
    found = []
    for year in range(months[1].year, max(months[0].year, months[1].year - 4) - 1, -1):
        ends = (f"{year}-01", f"{year}-12")
        query = urlencode({"from": ends[0], "to": ends[1], "method": asked.method, "organisation": wanted})
        found.append((str(year), f"{reverse('account-emissions')}?{query}", ends == shown))
    return found


def _query(asked: Asked, wanted: str) -> str:
    values = {"from": month(asked.period.first), "to": month(asked.period.last), "method": asked.method}
    return urlencode({**values, **({"organisation": wanted} if wanted else {})})


def _reasons(error: InvalidInput) -> list[str]:
    """Return what is wrong, each beginning with the field's name on the page."""
    return [f"{_LABELS.get(field, field)}: {reason}" for field, reasons in error.errors.items() for reason in reasons]


def _no_such_organisation(request: HttpRequest) -> HttpResponse:
    words = "There is no such organisation, or you are no member of it."
    way = ("My footprint", reverse("account-emissions"))
    response = notice_page(request, title="No such organisation", words=words, way=way)
    response.status_code = 404
    return response


def _page(request: HttpRequest, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    methods = [(Method.LOCATION.value, "Location-based"), (Method.MARKET.value, "Market-based")]
    context = {**context, "methods": methods}
    return private(render(request, "integrations/pages/footprint.html", context, status=status))
