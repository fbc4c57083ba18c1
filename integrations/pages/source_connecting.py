"""Connecting a data source: its guide and the form that its kind asks for; OAuth goes on at the provider's page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.choices import MOVING_ROLES
from accounts.models import SignInSession, User
from accounts.pages.forms import AccountForm
from accounts.pages.signing_in import signed_in_page
from accounts.selectors import organisation_acted_for_by
from carboncore.common.errors import RegistryError
from carboncore.common.rate_limits.declare import rate_limited
from integrations.choices import IntegrationType
from integrations.errors import IntegrationNotFound
from integrations.guides import guide_html
from integrations.models import Integration
from integrations.oauth_return import asked_from_pages
from integrations.pages.source_forms import ConnectForm, Holders
from integrations.pages.sources import missing_entry, sources_page, why_not
from integrations.selectors.catalogue import connectable_slugs, integration_listed, integrations_listed
from integrations.services.connections import Connected, connection_create

_BUTTONS = {IntegrationType.API_KEY: "Connect", IntegrationType.OAUTH: "Go on to {}"}


@signed_in_page
@rate_limited("connect")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest, session: SignInSession, slug: str) -> HttpResponse:
    """Show how a source is connected; when its form was sent, connect it."""
    try:
        entry = integration_listed(slug=slug)
    except IntegrationNotFound:
        raise missing_entry() from None
    user, holders = session.user, _holders(session.user)
    status = 200
    posted = request.POST if request.method == "POST" else None
    form = ConnectForm(posted, integration=entry, holders=holders)
    if posted is not None:
        status = 400
        if form.is_valid():
            try:
                return gone_on(request, user, _made(user, entry, form))
            except RegistryError as error:
                status = refused(form, error)
    return sources_page(request, user, "source_connect", {**_about(entry), "form": form}, status=status)


def gone_on(request: HttpRequest, user: User, made: Connected) -> HttpResponse:
    """Go to a source that is connected; where its provider asks the person first, show the way there."""
    if not made.authorize_url:
        messages.success(request, f"“{made.connection.display_name}” is connected.")
        return HttpResponseRedirect(reverse("account-data-source", args=[made.connection.public_id]))
    asked_from_pages(request, made.connection)
    # A form may not lead to another site (form-action), a link may.
    context = {"source": made.connection, "address": made.authorize_url}
    return sources_page(request, user, "source_permission", context)


def refused(form: AccountForm, error: RegistryError) -> int:
    """Show a refusal in a form and return the answer's status."""
    form.refuse(error)
    return error.http_status


def _made(user: User, entry: Integration, form: ConnectForm) -> Connected:
    chosen = form.cleaned_data.get("organisation")
    organisation = organisation_acted_for_by(user=user, public_id=chosen) if chosen else None
    fields = form.source_fields()
    return connection_create(
        actor=user,
        integration=entry,
        organisation=organisation,
        credentials=form.credentials(),
        fields={**fields, "display_name": fields["display_name"] or entry.name},
    )


def _holders(user: User) -> Holders:
    """Return for whom a person may connect a source: themselves, and the organisations that they act for."""
    rows = user.memberships.filter(role__in=MOVING_ROLES).select_related("organisation")
    acting = rows.order_by("organisation__name", "organisation_id")
    return [("", "Myself"), *((str(row.organisation.public_id), row.organisation.name) for row in acting)]


def _about(entry: Integration) -> dict[str, Any]:
    ways = connectable_slugs()
    return {
        "entry": entry,
        "connectable": entry.slug in ways,
        "alternatives": [] if entry.slug in ways else _alternatives(entry, ways),
        "why_not": why_not(entry),
        "info": _guide(entry.info_page),
        "steps": _guide(entry.setup_guide),
        "authentication": _guide(entry.authentication_guide),
        "questions": [(each["question"], _guide(each["answer"])) for each in entry.faq],
        "button": _BUTTONS.get(IntegrationType(entry.type), "Add this source").format(entry.provider),
    }


def _alternatives(entry: Integration, ways: set[str]) -> list[Integration]:
    """Return the connectable entries that this one's page names, by their name or by the words of their slug."""
    text = entry.info_page.casefold()
    named = [row for row in integrations_listed() if row.name.casefold() in text or row.slug.replace("-", " ") in text]
    return [row for row in named if row.slug in ways]


def _guide(text: str) -> SafeString:
    # No HTML of the writer's is in it; see `guides`.
    return mark_safe(guide_html(text))  # noqa: S308
