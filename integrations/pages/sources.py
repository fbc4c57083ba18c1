"""My data sources: what is connected and how it does, what can be connected, reading one now, disconnecting it."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import SignInSession, User
from accounts.pages.showing import notice_page, private
from accounts.pages.signing_in import signed_in_page
from carboncore.common.errors import RegistryError
from carboncore.common.rate_limits.declare import rate_limited
from integrations.choices import Availability, IntegrationStatus
from integrations.errors import DataSourceNotFound
from integrations.models import Connection, Integration
from integrations.pages.source_words import Standing, standing_of
from integrations.selectors.catalogue import connectable_slugs, integrations_listed
from integrations.selectors.source_numbers import SourceNumbers, source_numbers
from integrations.services.connections import connection_changeable_by, connection_disconnect
from integrations.services.syncing import sync_request

GAP_DAYS = 30
Row = tuple[Connection, Standing, SourceNumbers, bool]


@signed_in_page
@require_safe
def sources(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show a person's own and their organisations' data sources, and the catalogue to connect more from."""
    rows = _rows(session.user)
    groups: dict[int, tuple[str, list[Row]]] = {0: ("Your own", [])}
    for row in rows:
        if holder := row[0].organisation:
            groups.setdefault(holder.pk, (holder.name, []))[1].append(row)
        else:
            groups[0][1].append(row)
    ready, not_ready = _catalogue()
    context = {
        "groups": [(name, found) for name, found in groups.values() if found],
        "ready": ready,
        "not_ready": not_ready,
        "gap_days": GAP_DAYS,
    }
    return sources_page(request, session.user, "sources", context)


@signed_in_page
@rate_limited("connect")
@require_POST
def sync(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Queue a reading of a source."""
    try:
        sync_request(actor=session.user, public_id=public_id)
    except DataSourceNotFound:
        return no_such_source(request)
    except RegistryError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "It will be read in a moment; this page shows how far it is.")
    return HttpResponseRedirect(reverse("account-data-source", args=[public_id]))


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Ask whether to disconnect a source and whether what it brought stays; do it when told."""
    try:
        source = connection_changeable_by(user=session.user, public_id=public_id)
        if request.method != "POST":
            return sources_page(request, session.user, "source_disconnect", {"source": source})
        erase = request.POST.get("history") == "erase"
        if not erase and request.POST.get("history") != "keep":
            refusal = {"source": source, "refusal": "Choose what becomes of its readings and results."}
            return sources_page(request, session.user, "source_disconnect", refusal, status=400)
        connection_disconnect(actor=session.user, public_id=public_id, erase=erase)
    except DataSourceNotFound:
        return no_such_source(request)
    said = "its readings and results are erased" if erase else "its readings and results stay"
    messages.success(
        request, f"“{source.display_name}” is disconnected: its credentials, if any, are destroyed, {said}."
    )
    return HttpResponseRedirect(reverse("account-data-sources"))


def no_such_source(request: HttpRequest) -> HttpResponse:
    """Say that there is no such data source, whether there is none or it is somebody else's."""
    words = "It was disconnected, it is somebody else's, or you may only look at it."
    way = ("My data sources", reverse("account-data-sources"))
    response = notice_page(request, title="No such data source", words=words, way=way)
    response.status_code = 404
    return response


def sources_page(
    request: HttpRequest, user: User, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Show a page of data sources; nobody keeps a copy of it."""
    shared = {"person": user, "place": "sources"}
    return private(render(request, f"integrations/pages/{template}.html", {**shared, **context}, status=status))


def missing_entry() -> Http404:
    """Return what to raise where the catalogue has no such entry."""
    return Http404("There is no such integration in the catalogue.")


def _rows(user: User) -> list[Row]:
    found = (
        Connection.objects.connected()
        .visible_to(user)
        .select_related("integration", "organisation")
        .order_by("organisation__name", "organisation_id", "display_name", "pk")
    )
    shown = list(found)
    mine = set(Connection.objects.connected().changeable_by(user).values_list("pk", flat=True))
    since = timezone.now() - timedelta(days=GAP_DAYS)
    numbers = source_numbers(connection_ids=[row.pk for row in shown], since=since)
    return [(row, standing_of(row), numbers[row.pk], row.pk in mine) for row in shown]


def _catalogue() -> tuple[list[Integration], list[tuple[Integration, str]]]:
    """Return what people can connect now, and everything else with the reason why not."""
    ways = connectable_slugs()
    rows = list(integrations_listed())
    ready = [row for row in rows if row.slug in ways]
    return ready, [(row, why_not(row)) for row in rows if row.slug not in ways]


def why_not(entry: Integration) -> str:
    """Return in a word or two why an entry of the catalogue cannot be connected."""
    if entry.availability == Availability.NONE:
        return "No public interface: see what works instead"
    if entry.status == IntegrationStatus.DEVELOPMENT:
        return "Not yet"
    if entry.availability == Availability.ON_REQUEST:
        return "Once this server's operator is registered there"
    return "Needs no connection"
