"""Connecting data sources: checked by a real call first, seen by their owners only, gone with their secrets."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.choices import MembershipRole
from accounts.models import Membership, Organisation
from integrations.choices import ReadingType
from integrations.models import Connection, ConnectionCredential, Reading
from integrations.services.credentials import credentials_open
from tests.api_clients import Api, buyer_client
from tests.doubles.kraken_server import ACCOUNT, API_KEY
from tests.doubles.provider_server import BLOCKED, OUT_OF_ORDER, TRUNCATED, WAIT, WEB_PAGE

pytest_plugins = ("tests.integrations.source_fixtures",)
pytestmark = pytest.mark.django_db

SOURCES = "/api/v1/datasources"
OCTOPUS = {"integration_id": "octopus-energy", "credentials": {"apiKey": API_KEY}}
CSV = {"integration_id": "csv-upload", "metadata": {"name": "Office", "site": "Leeds", "country": "GB"}}


def test_a_key_that_the_provider_knows_connects(kraken):
    client = buyer_client()

    answer = client.post(SOURCES, OCTOPUS)

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["status"], body["provider"], body["type"]) == ("active", "Octopus Energy", "api_key")
    assert body["account_reference"] == ACCOUNT
    assert body["integration_id"] == "octopus-energy"
    row = Connection.objects.get()
    assert row.owner == client.user
    assert row.next_sync_at is not None
    assert credentials_open(connection=row) == {"apiKey": API_KEY}
    assert API_KEY not in answer.content.decode()
    assert API_KEY not in ConnectionCredential.objects.get().envelope


def test_the_list_has_the_contracts_shape_and_nobody_elses(kraken):
    client, other = buyer_client(), buyer_client()
    client.post(SOURCES, OCTOPUS)
    other.post(SOURCES, CSV)

    body = client.get(SOURCES).json()

    assert body["count"] == 1
    (source,) = body["data"]
    assert {"id", "provider", "type", "status", "lastSyncedAt", "integration_id", "metadata"} <= set(source)
    assert set(source["metadata"]) == {
        "name", "description", "setup_complexity", "estimated_setup_time", "data_types", "emission_scopes",
    }  # fmt: skip
    assert API_KEY not in str(body)


def test_a_wrong_key_is_refused_and_nothing_is_kept(kraken):
    answer = buyer_client().post(SOURCES, {**OCTOPUS, "credentials": {"apiKey": "wrong"}})

    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid API key"
    assert answer.json()["code"] == "invalid_api_key"
    assert not Connection.objects.exists()
    assert not ConnectionCredential.objects.exists()


@pytest.mark.parametrize(
    ("fault", "status", "code", "wait"),
    [
        (BLOCKED, 503, "provider_unavailable", "60"),
        (WAIT, 503, "provider_unavailable", "120"),
        (OUT_OF_ORDER, 503, "provider_unavailable", "60"),
        (TRUNCATED, 502, "provider_answer_unreadable", None),
        (WEB_PAGE, 502, "provider_answer_unreadable", None),
    ],
)
def test_a_provider_in_trouble_says_nothing_about_the_key(kraken, fault, status, code, wait):
    kraken.faults.append(fault)

    answer = buyer_client().post(SOURCES, OCTOPUS)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == wait
    assert not Connection.objects.exists()


def test_the_same_account_connects_once(kraken):
    client = buyer_client()
    client.post(SOURCES, OCTOPUS)

    again = client.post(SOURCES, OCTOPUS)

    assert (again.status_code, again.json()["code"]) == (409, "already_connected")
    assert buyer_client().post(SOURCES, OCTOPUS).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"integration_id": "nobody"}, 404, None),
        ({"integration_id": "british-gas"}, 409, None),
        ({"integration_id": "utilityapi", "credentials": {"apiKey": "x"}}, 409, None),
        ({"integration_id": "uk-carbon-intensity"}, 409, None),
        ({"integration_id": "edf-energy"}, 409, None),
        ({"integration_id": "octopus-energy"}, 400, "credentials.apiKey"),
        ({"integration_id": "octopus-energy", "credentials": {"apiKey": "a\nb"}}, 400, "credentials.apiKey"),
        ({"integration_id": "octopus-energy", "credentials": {"apiKey": "a", "x": "y"}}, 400, "credentials.x"),
        ({"integration_id": "octopus-energy", "credentials": {"apiKey": ["a"]}}, 400, "credentials.apiKey"),
        ({"integration_id": "csv-upload", "credentials": {"apiKey": "x"}}, 400, "credentials"),
        ({**CSV, "metadata": {"country": "Great Britain"}}, 400, "metadata.country"),
        ({**CSV, "metadata": {"settings": {"calorific_value": "1000"}}}, 400, "calorific_value"),
        ({**CSV, "metadata": {"settings": {"apiKey": "x"}}}, 400, "settings"),
        ({**CSV, "metadata": {"settings": {"calorfic_value": "39"}}}, 400, "calorfic_value"),
        ({**CSV, "metadata": {"settings": {"calorific_value": 39.5}}}, 400, "calorific_value"),
        ({**CSV, "metadata": {"settings": {"gas_unit": "kWh"}}}, 400, "gas_unit"),
        ({**OCTOPUS, "metadata": {"settings": {"gas_unit": "therms"}}}, 400, "gas_unit"),
        ({**CSV, "organisation": str(uuid.UUID(int=1))}, 404, None),
        ({**CSV, "surprise": 1}, 400, "surprise"),
        ({}, 400, "integration_id"),
    ],
)
def test_what_cannot_be_connected_is_refused_with_its_reason(kraken, body, status, named):
    answer = buyer_client().post(SOURCES, body)

    assert answer.status_code == status, answer.content
    assert len(answer.json()["message"]) > 10
    if named:
        assert named in answer.json()["errors"]
    assert not Connection.objects.exists()


def test_uploads_need_no_credentials_and_each_place_is_a_source(catalogue):
    client = buyer_client()

    assert client.post(SOURCES, CSV).json()["status"] == "active"
    assert client.post(SOURCES, CSV).status_code == 409
    assert client.post(SOURCES, {**CSV, "metadata": {"name": "Works"}}).status_code == 201
    assert set(Connection.objects.values_list("next_sync_at", flat=True)) == {None}


def test_a_server_without_keys_takes_no_credentials(kraken, settings):
    settings.CREDENTIAL_KEYS = {}

    answer = buyer_client().post(SOURCES, OCTOPUS)

    assert (answer.status_code, answer.json()["code"]) == (503, "credential_keys_missing")
    assert not Connection.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_anothers_source_is_not_there(kraken, method):
    buyer_client().post(SOURCES, OCTOPUS)
    row = Connection.objects.get()

    answer = buyer_client().request(method, f"{SOURCES}/{row.public_id}", {} if method == "PUT" else None)

    assert answer.status_code == 404
    assert Api().request(method, f"{SOURCES}/{row.public_id}").status_code == 401
    row.refresh_from_db()
    assert row.status == "active"


def test_an_organisations_source_is_its_members_and_changed_by_those_who_act_for_it(kraken):
    owner, viewer = buyer_client(), buyer_client()
    organisation = Organisation.objects.create(name="Bakery", country_code="GB", created_by=owner.user)
    for member, role in ((owner, MembershipRole.OWNER), (viewer, MembershipRole.VIEWER)):
        Membership.objects.create(organisation=organisation, user=member.user, role=role)
    body = {**OCTOPUS, "organisation": str(organisation.public_id)}

    assert viewer.post(SOURCES, body).status_code == 403
    source = owner.post(SOURCES, body).json()

    listed = f"{SOURCES}?organisation={organisation.public_id}"
    assert [viewer.get(listed).json()["count"], owner.get(SOURCES).json()["count"]] == [1, 0]
    assert buyer_client().get(listed).status_code == 404
    assert viewer.delete(f"{SOURCES}/{source['id']}").status_code == 404
    assert owner.delete(f"{SOURCES}/{source['id']}").status_code == 200


def test_settings_change_and_a_source_rests(kraken):
    client = buyer_client()
    source = client.post(SOURCES, OCTOPUS).json()
    address = f"{SOURCES}/{source['id']}"

    changed = client.put(
        address, {"metadata": {"name": "Home", "sync_frequency": "weekly", "settings": {"gas_unit": "kWh"}}}
    ).json()
    rested = client.put(address, {"status": "disabled"}).json()
    went_on = client.put(address, {"status": "active"}).json()

    assert (changed["display_name"], changed["sync_frequency"]) == ("Home", "weekly")
    assert changed["settings"] == {"account_number": ACCOUNT, "gas_unit": "kWh"}
    assert (rested["status"], rested["next_sync_at"]) == ("disabled", None)
    assert (went_on["status"], went_on["next_sync_at"] is None) == ("active", False)


def test_a_bad_setting_changes_nothing_a_good_one_counts_and_null_takes_it_away(catalogue):
    client = buyer_client()
    address = f"{SOURCES}/{client.post(SOURCES, CSV).json()['id']}"
    good = {"calorific_value": "39.1", "time_zone": "Europe/Dublin", "grid_region": "GB-13", "ai_zone": "GBR"}

    taken = client.put(address, {"metadata": {"settings": good}})
    both = client.put(address, {"metadata": {"settings": {"time_zone": "Mars", "calorific_value": "9"}}})
    moved = client.put(address, {"metadata": {"country": "US"}})
    gone = client.put(address, {"metadata": {"settings": {"time_zone": None, "grid_region": None, "ai_zone": None}}})

    assert taken.json()["settings"] == good
    assert (both.status_code, set(both.json()["errors"])) == (400, {"time_zone", "calorific_value"})
    assert (moved.status_code, moved.json()["errors"]) == (
        400, {"grid_region": ["Give US or a region of it, such as GB-13 or US-CAMX."]},
    )  # fmt: skip
    assert gone.json()["settings"] == {"calorific_value": "39.1"}


def test_new_credentials_have_to_open_the_same_account(kraken):
    client = buyer_client()
    address = f"{SOURCES}/{client.post(SOURCES, OCTOPUS).json()['id']}"

    refused = client.put(address, {"credentials": {"apiKey": "wrong"}})
    kraken.accounts[:] = ["A-99999999"]
    other = client.put(address, {"credentials": {"apiKey": API_KEY, "accountNumber": "A-99999999"}})
    kraken.accounts[:] = [ACCOUNT]
    taken = client.put(address, {"credentials": {"apiKey": API_KEY, "accountNumber": ACCOUNT}})

    assert [refused.status_code, other.status_code, taken.status_code] == [400, 409, 200]
    assert credentials_open(connection=Connection.objects.get()) == {"apiKey": API_KEY, "accountNumber": ACCOUNT}


def a_reading(connection):
    return Reading.objects.create(
        connection=connection,
        reading_type=ReadingType.ELECTRICITY,
        external_id="m:1",
        series="m",
        starts_at=datetime(2026, 3, 1, tzinfo=UTC),
        ends_at=datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
        quantity=Decimal("0.5"),
        unit="kWh",
    )


@pytest.mark.parametrize(("query", "left"), [("", 1), ("?erase=false", 1), ("?erase=true", 0)])
def test_disconnecting_destroys_credentials_and_erases_only_when_asked(kraken, query, left):
    client = buyer_client()
    source = client.post(SOURCES, OCTOPUS).json()
    a_reading(Connection.objects.get())

    answer = client.delete(f"{SOURCES}/{source['id']}{query}")

    assert answer.status_code == 200
    assert not ConnectionCredential.objects.exists()
    assert Reading.objects.count() == left
    row = Connection.objects.get()
    assert (row.status, row.next_sync_at, row.disconnected_at is None) == ("disabled", None, False)
    assert client.get(SOURCES).json()["count"] == 0
    assert client.delete(f"{SOURCES}/{source['id']}").status_code == 404
    assert client.post(SOURCES, OCTOPUS).status_code == 201


def test_erase_takes_true_or_false(kraken):
    client = buyer_client()
    source = client.post(SOURCES, OCTOPUS).json()

    assert client.delete(f"{SOURCES}/{source['id']}?erase=yes").status_code == 400
    assert ConnectionCredential.objects.exists()
