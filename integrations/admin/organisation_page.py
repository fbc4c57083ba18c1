"""What an organisation measures, on its staff page: data sources, syncs, footprint, files and webhooks."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Organisation
from integrations.admin.health import health_of, reason_of
from integrations.choices import ConnectionStatus, EndpointStatus, SyncStatus, UploadStatus
from integrations.emissions.arithmetic import shown
from integrations.selectors.organisations import (
    Footprint,
    organisation_endpoints,
    organisation_footprint,
    organisation_sources,
    organisation_syncs,
    organisation_uploads,
)
from transactions.admin.organisation_sections import register_organisation_tables
from transactions.admin.pages import Cell, Table, list_of, moment, number, page_of

MOST_SOURCES = 50
MOST_ENDPOINTS = 25
LATEST = 10
SCOPES = (1, 2, 3)
_SOURCE_TONES = {
    ConnectionStatus.ACTIVE: "good",
    ConnectionStatus.PENDING: "wait",
    ConnectionStatus.ERROR: "bad",
    ConnectionStatus.DISABLED: "plain",
}
_SYNC_TONES = {
    SyncStatus.QUEUED: "wait",
    SyncStatus.RUNNING: "busy",
    SyncStatus.SUCCESS: "good",
    SyncStatus.PARTIAL: "wait",
    SyncStatus.ERROR: "bad",
}
# Shorter than elsewhere: the number of rejected records stands beside it.
_SYNC_WORDS = {SyncStatus.PARTIAL.value: "Partial"}
_UPLOAD_TONES = {
    UploadStatus.UPLOADED: "wait",
    UploadStatus.PROCESSING: "busy",
    UploadStatus.PROCESSED: "good",
    UploadStatus.ERROR: "bad",
}
_ENDPOINT_TONES = {EndpointStatus.ACTIVE: "good", EndpointStatus.DISABLED: "bad"}


@register_organisation_tables
def measuring_tables(request: HttpRequest, organisation: Organisation) -> list[Table]:
    """Return the tables, each for who may see the lists that its rows stand in."""
    tables: list[tuple[tuple[str, ...], Callable[[Organisation], Table]]] = [
        (("integrations.view_connection",), _sources),
        (("integrations.view_connection", "integrations.view_syncrun"), _syncs),
        (("integrations.view_emission",), _footprint),
        (("integrations.view_upload",), _uploads),
        (("integrations.view_webhookendpoint",), _endpoints),
    ]
    return [table(organisation) for permissions, table in tables if request.user.has_perms(permissions)]


def _sources(organisation: Organisation) -> Table:
    sources = organisation_sources(organisation, count=MOST_SOURCES + 1)
    rows = [
        [
            Cell(row.display_name, page_of(row)),
            Cell(row.integration.name),
            Cell(health_of(row), tone="plain" if row.disconnected_at else _SOURCE_TONES[ConnectionStatus(row.status)]),
            Cell(reason_of(row)),
            Cell(_when(row.last_synced_at) or "never"),
            Cell(_when(row.next_sync_at) or "not planned"),
        ]
        for row in sources[:MOST_SOURCES]
    ]
    return Table(
        "Data sources",
        ("Data source", "Provider", "Health", "Reason", "Last read (UTC)", "Next reading (UTC)"),
        rows,
        "It has connected no data source yet. Its owners and traders connect one, or upload a file.",
        more=list_of("integrations_connection", organisation__id__exact=organisation.pk),
        more_text="In the list of data sources",
    )


def _syncs(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(moment(run.queued_at)),
            Cell(run.connection.display_name, page_of(run.connection)),
            Cell(run.get_sync_type_display()),
            Cell(_SYNC_WORDS.get(run.status) or run.get_status_display(), tone=_SYNC_TONES[SyncStatus(run.status)]),
            number(f"{run.records_created:,}"),
            number(f"{run.records_changed:,}"),
            number(f"{run.records_failed:,}"),
            Cell(run.error_message or "–"),
        ]
        for run in organisation_syncs(organisation, count=LATEST)
    ]
    headers = ("Asked for", "Data source", "Started by", "Result", "New readings", "Changed", "Rejected", "Why")
    return Table(
        "Last syncs",
        headers,
        rows,
        "None of its data sources was read yet.",
        note=f"The latest {LATEST}; each data source's page shows more of its own." if len(rows) == LATEST else "",
    )


def _footprint(organisation: Organisation) -> Table:
    found = organisation_footprint(organisation, today=timezone.now().date())
    rows = [
        [
            Cell(f"{month.month:%b %Y}"),
            *(number(_kilograms(month.by_scope.get(scope))) for scope in SCOPES),
            number(_kilograms(month.total if month.by_scope else None)),
        ]
        for month in found.months
    ]
    by_scope = (sum((month.by_scope.get(scope, Decimal(0)) for month in found.months), Decimal(0)) for scope in SCOPES)
    rows.append([Cell("Together"), *(number(_kilograms(kg)) for kg in by_scope), number(_kilograms(found.total))])
    return Table(
        "Footprint of the last 12 months",
        ("Month", "Scope 1 (kg CO₂e)", "Scope 2 (kg CO₂e)", "Scope 3 (kg CO₂e)", "Together (kg CO₂e)"),
        rows if found.results else [],
        "Nothing was calculated for these months. Results appear once its data sources bring readings.",
        note=_about(found),
        more=list_of("integrations_emission", connection__organisation__id__exact=organisation.pk),
        more_text="Every result with its arithmetic",
    )


def _about(found: Footprint) -> str:
    notes = ["Scope 2 is location-based; this month is not over."] if found.results else []
    if found.out_of_date:
        notes.append(f"Out of date, because readings were corrected since: {found.out_of_date:,} of the results.")
    if found.unmatched:
        notes.append(f"In no total, for want of a factor: {found.unmatched:,} kinds of readings.")
    return " ".join(notes)


def _uploads(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(row.file_name, page_of(row)),
            Cell(row.connection.display_name, page_of(row.connection)),
            Cell(row.get_status_display(), tone=_UPLOAD_TONES[UploadStatus(row.status)]),
            number(f"{row.records_imported:,}"),
            number(f"{row.records_rejected:,}"),
            Cell(row.message or "–"),
            Cell(moment(row.created_at)),
        ]
        for row in organisation_uploads(organisation, count=LATEST)
    ]
    return Table(
        "Uploaded files",
        ("File", "Data source", "State", "Readings taken over", "Rows rejected", "What came of it", "Uploaded"),
        rows,
        "No file was uploaded.",
        more=list_of("integrations_upload", connection__organisation__id__exact=organisation.pk) if rows else "",
        more_text="All its files",
    )


def _endpoints(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(row.url, page_of(row)),
            Cell(", ".join(row.event_types)),
            Cell(row.get_status_display(), tone=_ENDPOINT_TONES[EndpointStatus(row.status)]),
            Cell(row.status_reason or "–"),
            Cell(moment(row.last_success_at) or "never"),
            Cell(moment(row.failing_since) or "–"),
        ]
        for row in organisation_endpoints(organisation, count=MOST_ENDPOINTS)
    ]
    return Table(
        "Webhook addresses",
        ("Address", "Told of", "State", "Reason", "Last reached", "Fails since"),
        rows,
        "It is told of nothing: no webhook address was added.",
        note=f"The latest {MOST_ENDPOINTS}." if len(rows) == MOST_ENDPOINTS else "",
    )


def _when(value: datetime | None) -> str:
    """Return a time under a header that says its zone, for where there is no room to say it in every row."""
    return f"{value:%d %b %Y %H:%M}" if value else ""


def _kilograms(value: Decimal | None) -> str:
    return "–" if value is None else f"{shown(value):,f}"
