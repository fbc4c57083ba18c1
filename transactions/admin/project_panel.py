"""The credits on a project's page: its figures, its monitoring periods, and where to go on from there."""

from django.http import HttpRequest

from carboncore.common.admin.dashboard import Panel
from registry.admin.project_panels import register_project_panel
from registry.choices import MonitoringStatus
from registry.models import MonitoringPeriod, Project
from transactions.admin.fields import tonnes
from transactions.admin.monitoring import STATUS_TONES
from transactions.admin.pages import Cell, Table, list_of, number, page_at, page_of
from transactions.selectors.admin_projects import ProjectLedger, project_ledger

LATEST = 6


@register_project_panel
def credits_panel(request: HttpRequest, project: Project) -> Panel | None:
    """Return the project's credits, for those who may see the ledger."""
    if not request.user.has_perms(("registry.view_monitoringperiod", "transactions.view_creditbatch")):
        return None
    ledger = project_ledger(project_id=project.pk)
    context = {
        "figures": [(tonnes(kg), f"t {name}") for name, kg in ledger.quantities.items() if kg],
        "links": _links(request, project, ledger),
        "tables": [_periods(project)],
    }
    return Panel("admin/transactions/project_panel.html", context)


def _links(request: HttpRequest, project: Project, ledger: ProjectLedger) -> list[tuple[str, str]]:
    links = []
    if request.user.has_perm("registry.add_monitoringperiod"):
        links.append(("State a period", f"{list_of('registry_monitoringperiod')}state/?project={project.pk}"))
    if ledger.pending_requests:
        address = list_of("transactions_issuancerequest", project__id__exact=project.pk, state__exact="pending")
        links.append((f"Issuance to approve ({ledger.pending_requests})", address))
    if ledger.batches:
        address = list_of("transactions_creditbatch", project__id__exact=project.pk)
        links.append((f"Batches ({ledger.batches})", address))
        links.append(("Transactions", list_of("transactions_transaction", project__id__exact=project.pk)))
        links.append(("Prices", list_of("transactions_creditprice", project__id__exact=project.pk)))
    if ledger.proceeds_id:
        links.append(("Proceeds account", page_at("transactions_holdingaccount", ledger.proceeds_id)))
    return links


def _periods(project: Project) -> Table:
    periods = list(MonitoringPeriod.objects.filter(project=project).order_by("-starts_on", "-pk")[: LATEST + 1])
    rows = [
        [
            Cell(str(period), page_of(period)),
            Cell(period.get_status_display(), tone=STATUS_TONES[MonitoringStatus(period.status)]),
            number(tonnes(period.claimed_kg)),
            number(tonnes(period.verified_kg)),
        ]
        for period in periods[:LATEST]
    ]
    every = list_of("registry_monitoringperiod", project__id__exact=project.pk)
    return Table(
        "Monitoring periods",
        ("Period", "Status", "Claimed (t)", "Verified (t)"),
        rows,
        "No monitoring period was stated yet. Credits are issued for verified ones.",
        more=every if len(periods) > LATEST else "",
        more_text="All periods of this project",
    )
