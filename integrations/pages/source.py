"""One data source: how it does, its syncs and gaps, its files; and what its owner changes about it."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SignInSession, User
from accounts.pages.forms import AccountForm
from accounts.pages.showing import private
from accounts.pages.signing_in import signed_in_page
from carboncore.common.errors import InvalidInput, NotFound, RegistryError
from carboncore.common.rate_limits.declare import rate_limited
from integrations.api.syncs import rejects_response
from integrations.choices import ConnectionProblem, ConnectionStatus, IntegrationType, ReadingType, SyncStatus
from integrations.emissions.settings import calculation_settings
from integrations.errors import DataSourceNotFound
from integrations.models import Connection, IncomingSource, Upload
from integrations.pages.source_connecting import gone_on, refused
from integrations.pages.source_forms import CredentialsForm, FileForm, ReadingForm, SettingsForm
from integrations.pages.source_words import needs_permission, standing_of
from integrations.pages.sources import no_such_source, sources_page
from integrations.selectors.connections import connection_visible_to
from integrations.selectors.series import series_gaps
from integrations.selectors.source_numbers import source_numbers
from integrations.selectors.syncs import sync_visible_to, syncs_of
from integrations.selectors.uploads import source_changeable_by
from integrations.services.connections import connection_update
from integrations.services.incoming_webhooks import incoming_source_make
from integrations.services.reading_entries import readings_enter

_MOST_SHOWN = 20
_GAP_DAYS = 400
_Form = TypeVar("_Form", SettingsForm, CredentialsForm, ReadingForm)
_UNDER_WAY = (SyncStatus.QUEUED, SyncStatus.RUNNING)


@signed_in_page
@require_safe
def source(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Show one source to its owner or the members of its organisation."""
    try:
        found = connection_visible_to(user=session.user, public_id=public_id)
    except DataSourceNotFound:
        return no_such_source(request)
    return source_page(request, session.user, found)


@signed_in_page
@rate_limited("connect")
@require_POST
def change(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Change what a source is called, where it measures, how often it is read."""

    def run(_found: Connection, form: SettingsForm) -> HttpResponse:
        connection_update(actor=session.user, public_id=public_id, fields=form.source_fields())
        return _done(request, "Saved.", public_id)

    return _sent(request, session.user, public_id, ("settings_form", SettingsForm), run)


@signed_in_page
@rate_limited("connect")
@sensitive_post_parameters()
@require_POST
def credentials(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Take new credentials in the place of the old ones, when they open the same account."""

    def run(_found: Connection, form: CredentialsForm) -> HttpResponse:
        given = form.credentials()
        if not given:
            raise InvalidInput({"credentials": ["Enter the new credentials."]})
        connection_update(actor=session.user, public_id=public_id, fields={}, credentials=given)
        return _done(request, "The new credentials work and are stored; the old ones are gone.", public_id)

    return _sent(request, session.user, public_id, ("credentials_form", CredentialsForm), run)


@signed_in_page
@rate_limited("connect")
@require_POST
def switch(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, what: str) -> HttpResponse:
    """Pause a source or go on with it; where its permission is over, show the way to give it again."""
    if what not in ("pause", "go-on"):
        raise Http404
    try:
        changed = connection_update(actor=session.user, public_id=public_id, fields={}, active=what == "go-on")
    except DataSourceNotFound:
        return no_such_source(request)
    except RegistryError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("account-data-source", args=[public_id]))
    if changed.authorize_url:
        return gone_on(request, session.user, changed)
    said = "It is read again from now on." if what == "go-on" else "It is paused: nothing is read until you go on."
    return _done(request, said, public_id)


@signed_in_page
@require_POST
def enter(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Store one figure that was entered by hand."""

    def run(found: Connection, form: ReadingForm) -> HttpResponse:
        counts = readings_enter(actor=session.user, connection=found, entries=[_entry(found, form.cleaned_data)])
        said = "The figure is stored." if counts.created else "It was there, and now is as you entered it."
        return _done(request, f"{said} Emissions are computed within ten minutes.", public_id)

    return _sent(request, session.user, public_id, ("reading_form", ReadingForm), run)


@signed_in_page
@require_POST
def webhook_address(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Make the address that a program sends readings to, or a new secret for it, which is shown in the answer only."""
    try:
        found = source_changeable_by(user=session.user, public_id=public_id)
        row, secret = incoming_source_make(actor=session.user, connection=found)
    except DataSourceNotFound:
        return no_such_source(request)
    except RegistryError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("account-data-source", args=[public_id]))
    shown: dict[str, Any] = {"address": _address_of(row), "secret": secret, "secret_before_until": row.previous_until}
    return source_page(request, session.user, found, **shown)


@signed_in_page
@require_safe
def sync_rejects(
    request: HttpRequest, session: SignInSession, public_id: uuid.UUID, sync_id: uuid.UUID
) -> HttpResponse:
    """Hand out the records that a sync rejected."""
    try:
        return private(rejects_response(sync_visible_to(user=session.user, source=public_id, public_id=sync_id)))
    except NotFound:
        return no_such_source(request)


def source_page(
    request: HttpRequest, user: User, found: Connection, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """Show a source with all its forms; `forms` are those that were sent, with what was refused."""
    since = timezone.now() - timedelta(days=_GAP_DAYS)
    gaps = series_gaps(connection_id=found.pk, since=since, most=_MOST_SHOWN + 1)
    runs = syncs_of(user=user, source=found.public_id, before=None, limit=_MOST_SHOWN)
    may_change = Connection.objects.changeable_by(user).filter(pk=found.pk).exists()
    context = {
        "source": found,
        "standing": standing_of(found),
        "numbers": source_numbers(connection_ids=[found.pk], since=since)[found.pk],
        "may_change": may_change,
        "runs": runs,
        "under_way": next((run for run in runs if run.status in _UNDER_WAY), None),
        "gaps": [(gap, ReadingType(gap.reading_type).label) for gap in gaps[:_MOST_SHOWN]],
        "more_gaps": len(gaps) > _MOST_SHOWN,
        "gap_days": _GAP_DAYS,
        "uploads": Upload.objects.filter(connection=found)[:_MOST_SHOWN],
        "needs_permission": needs_permission(found),
        "may_go_on": found.status == ConnectionStatus.DISABLED or found.problem == ConnectionProblem.ERROR_BUDGET_SPENT,
        **(_empty_forms(found) if may_change else {}),
        **forms,
    }
    return sources_page(request, user, "source", context, status=status)


def _sent(
    request: HttpRequest,
    user: User,
    public_id: uuid.UUID,
    named: tuple[str, type[_Form]],
    run: Callable[[Connection, _Form], HttpResponse],
) -> HttpResponse:
    """Run the form of a source that was sent, or show the source's page with what was refused."""
    name, kind = named
    try:
        found = source_changeable_by(user=user, public_id=public_id)
        form = kind(request.POST, integration=found.integration)
        status = 400
        if form.is_valid():
            try:
                return run(found, form)
            except DataSourceNotFound:
                raise
            except RegistryError as error:
                status = refused(form, error)
    except DataSourceNotFound:
        return no_such_source(request)
    return source_page(request, user, found, status=status, **{name: form})


def _empty_forms(found: Connection) -> dict[str, AccountForm]:
    entry = found.integration
    present = {name: getattr(found, name) for name in ("display_name", "site", "country_code", "sync_frequency")}
    forms: dict[str, AccountForm] = {
        "settings_form": SettingsForm(initial={**present, **found.settings}, integration=entry)
    }
    if entry.type == IntegrationType.API_KEY:
        forms["credentials_form"] = CredentialsForm(integration=entry)
    if entry.type in (IntegrationType.FILE_UPLOAD, IntegrationType.MANUAL_ENTRY):
        forms["reading_form"] = ReadingForm(integration=entry)
    return {**forms, "file_form": FileForm()}


def _entry(found: Connection, data: dict[str, Any]) -> dict[str, Any]:
    """Return a figure over whole days, as clocks show them where the source measures."""
    zone = ZoneInfo(calculation_settings(country=found.country_code, settings=found.settings).time_zone)
    midnights = (data["first_day"], data["last_day"] + timedelta(days=1))
    begins, ends = (datetime.combine(day, time.min, zone).astimezone(UTC).isoformat() for day in midnights)
    plain = {name: data[name] for name in ("reading_type", "quantity", "unit", "series")}
    return {**plain, "starts_at": begins, "ends_at": ends}


def _address_of(row: IncomingSource) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/webhooks/generic/{row.public_id}"


def _done(request: HttpRequest, words: str, public_id: uuid.UUID) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("account-data-source", args=[public_id]))
