"""Data sources in the staff admin: health with its reason, pausing and retrying, outages as one thing, no secret."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.roles import SUPER_ADMIN, VIEWER
from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.encryption import decrypt, row_binding
from integrations.models import IncomingDelivery, Integration, OAuthClient, ProviderOutage
from integrations.services.catalogue import integrations_load
from tests.admin.pages import text_of
from tests.integrations.source_factories import provider_row, source

pytestmark = pytest.mark.django_db
LIST = "/staff/integrations/connection/"


def act(client, action, *rows):
    return client.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


def test_each_source_shows_its_health_and_the_reason(as_role):
    source(
        status=ConnectionStatus.ERROR,
        problem=ConnectionProblem.REAUTHORISATION_NEEDED,
        error_message="EDF asks for your permission again: connect it once more.",
    )

    page = as_role(VIEWER).get(LIST).content.decode()

    assert "EDF asks for your permission again" in page
    assert "Error: <strong>1</strong>" in page


def test_an_empty_list_says_where_its_entries_come_from_and_times_have_their_zone(as_role):
    viewer = as_role(VIEWER)

    empty = text_of(viewer.get(LIST))
    narrowed = text_of(viewer.get(f"{LIST}?q=nobody"))
    source(last_synced_at=datetime(2026, 5, 4, 14, 30, tzinfo=UTC))

    assert "Nothing here yet People and organisations connect data sources on their pages or by the API." in empty
    assert "Nothing fits No entry fits this search and these filters. Show all" in narrowed
    assert "4 May 2026, 14:30 UTC" in text_of(viewer.get(LIST))


def test_the_way_to_do_something_once_more_is_shown_to_who_may(as_role):
    IncomingDelivery.objects.create(
        channel="octopus-energy", webhook_id="msg_1", sent_at=timezone.now(), body=b"{}", message="It names no source."
    )
    address = "/staff/integrations/incomingdelivery/"

    seen, worked = text_of(as_role(VIEWER).get(address)), text_of(as_role(SUPER_ADMIN).get(address))

    assert "msg_1 Octopus Energy Received It names no source." in seen
    assert ("Once more" in seen, "Once more" in worked) == (False, True)


def test_an_outage_is_one_thing(as_role):
    row = provider_row("metering", name="Metering")
    for number in range(3):
        source(row, account_reference=f"A-{number}")
    now = timezone.now()
    ProviderOutage.objects.create(integration=row, failures=3, began_at=now, retry_at=now, message="HTTP 503.")

    page = as_role(VIEWER).get(LIST).content.decode()

    assert page.count("has been out of order since") == 1
    assert "3 data sources wait for it" in page


def test_pausing_and_retrying(as_role):
    admin, working = as_role(SUPER_ADMIN), source(provider_row(adapter="kraken"))

    assert "1 data source paused." in act(admin, "pause", working).content.decode()
    working.refresh_from_db()
    assert (working.status, working.next_sync_at) == (ConnectionStatus.DISABLED, None)

    assert "1 data source will be read again soon." in act(admin, "retry", working).content.decode()
    working.refresh_from_db()
    assert (working.status, working.next_sync_at is None) == (ConnectionStatus.ACTIVE, False)


def test_what_only_its_owner_can_put_right_is_not_retried(as_role):
    broken = source(status=ConnectionStatus.ERROR, problem=ConnectionProblem.CREDENTIALS_REFUSED)

    page = act(as_role(SUPER_ADMIN), "retry", broken).content.decode()

    assert "waits for its owner" in page
    broken.refresh_from_db()
    assert broken.status == ConnectionStatus.ERROR


def test_a_viewer_switches_nothing(as_role):
    working = source()

    act(as_role(VIEWER), "pause", working)

    working.refresh_from_db()
    assert working.status == ConnectionStatus.ACTIVE


def test_a_clients_secret_is_written_kept_and_never_shown(as_role, settings):
    integrations_load()
    admin = as_role(SUPER_ADMIN)
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1:1"]
    fields = {
        "integration": Integration.objects.get(slug="edf-energy").pk,
        "enabled": "on",
        "client_id": "ours",
        "secret": "very-secret-indeed",
        "token_auth_method": "client_secret_basic",
        "authorize_url": "http://127.0.0.1:1/authorize/",
        "token_url": "http://127.0.0.1:1/token/",
    }

    made = admin.post("/staff/integrations/oauthclient/add/", fields, follow=True)
    client = OAuthClient.objects.get()
    admin.post(f"/staff/integrations/oauthclient/{client.pk}/change/", {**fields, "secret": "", "client_id": "new"})

    client.refresh_from_db()
    bound_to = row_binding("integrations.oauthclient", "secret_envelope", client.public_id)
    assert (client.client_id, decrypt(client.secret_envelope, bound_to=bound_to)) == ("new", "very-secret-indeed")
    shown = admin.get(f"/staff/integrations/oauthclient/{client.pk}/change/").content.decode()
    assert "very-secret-indeed" not in shown + made.content.decode()
    assert client.secret_envelope not in shown


def test_an_entry_of_the_catalogue_is_edited(as_role):
    integrations_load()
    row = Integration.objects.get(slug="openai")
    admin = as_role(SUPER_ADMIN)
    page = admin.get(f"/staff/integrations/integration/{row.pk}/change/")
    form = page.context["adminform"].form
    fields = {name: form[name].value() for name in form.fields}
    given = {
        name: (",".join(map(str, value)) if isinstance(value, list) else "" if value is None else value)
        for name, value in fields.items()
    }
    given |= {"faq": "[]", "credential_fields": form["credential_fields"].value(), "description": "Ours."}

    answer = admin.post(f"/staff/integrations/integration/{row.pk}/change/", given)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row.refresh_from_db()
    assert (row.description, row.faq) == ("Ours.", [])
