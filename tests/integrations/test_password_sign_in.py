"""A supplier by e-mail and password: used once and not kept, renewed by its refresh token, over when that is over."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from carboncore.mail.models import OutgoingMail
from integrations.models import Connection, ConnectionCredential, Reading, SyncRun
from integrations.providers.base import AnswerUnreadable, ProviderUnavailable
from integrations.services.credentials import credentials_open
from integrations.services.oauth_tokens import credentials_for_call
from integrations.services.sync_running import sync_perform
from tests.api_clients import buyer_client
from tests.doubles.kraken_server import ACCOUNT, API_KEY, EMAIL, PASSWORD, half_hours
from tests.doubles.provider_server import JSON, TRUNCATED, WAIT, WEB_PAGE

pytest_plugins = ("tests.integrations.source_fixtures",)
pytestmark = pytest.mark.django_db

SOURCES = "/api/v1/datasources"
SIGN_IN = {"email": EMAIL, "password": PASSWORD}
OCTOPUS = {"integration_id": "octopus-energy-password", "credentials": SIGN_IN}
EDF = {"integration_id": "edf-energy-password", "credentials": {**SIGN_IN, "accountNumber": ACCOUNT}}
TOO_MANY = (200, JSON, b'{"errors": [{"message": "No.", "extensions": {"errorCode": "KT-CT-1199"}}]}')
UNKNOWN = (200, JSON, b'{"errors": [{"message": "No.", "extensions": {"errorCode": "KT-CT-1113"}}]}')
NO_TOKEN = (200, JSON, b'{"data": {"obtainKrakenToken": null}}')


def connected(client=None, body=OCTOPUS):
    answer = (client or buyer_client()).post(SOURCES, body)
    assert answer.status_code == 201, answer.content
    assert PASSWORD not in answer.content.decode()
    return Connection.objects.select_related("integration").get()


def expire(connection):
    ConnectionCredential.objects.filter(connection=connection).update(expires_at=timezone.now())


def sign_ins(kraken):
    inputs = [each.body["variables"].get("input") for each in kraken.asked if each.path == "/graphql/"]
    return [each for each in inputs if each and "password" in each]


def synced(connection):
    run = SyncRun.objects.create(connection=connection, sync_type="scheduled")
    sync_perform(run_id=run.pk, now=timezone.now())
    run.refresh_from_db()
    connection.refresh_from_db()
    return run


@pytest.mark.parametrize("body", [OCTOPUS, EDF])
def test_the_password_is_used_once_and_what_is_kept_is_the_refresh_token(kraken, body):
    kraken.usage = half_hours(datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2), [1, 2])

    connection = connected(body=body)
    run = synced(connection)

    assert connection.account_reference == ACCOUNT
    assert credentials_open(connection=connection).keys() == {"access_token", "refresh_token"}
    assert (run.status, run.records_created, Reading.objects.count()) == ("success", 2, 2)
    assert sign_ins(kraken) == [SIGN_IN]


def test_without_a_refresh_token_the_password_is_kept_encrypted_and_each_sync_signs_in_once(kraken):
    kraken.refreshes = False
    kraken.usage = half_hours(datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2), [1])

    connection = connected()
    run = synced(connection)

    assert credentials_open(connection=connection) == SIGN_IN
    assert PASSWORD not in ConnectionCredential.objects.get().envelope
    assert (run.status, run.records_created) == ("success", 1)
    # Once to connect, once for all 24 windows of two years.
    assert sign_ins(kraken) == [SIGN_IN] * 2


def test_a_token_that_ends_while_windows_are_read_is_got_anew(kraken):
    kraken.refreshes, kraken.lasts = False, timedelta(minutes=4)

    synced(connected())

    assert len(sign_ins(kraken)) > 2


@pytest.mark.parametrize("rotates", [True, False])
def test_a_token_at_its_end_is_renewed_without_the_password(kraken, rotates):
    kraken.rotates = rotates
    connection = connected()
    first = credentials_open(connection=connection)
    expire(connection)

    second = credentials_for_call(connection=connection)

    assert second["access_token"] in kraken.tokens - {first["access_token"]}
    assert (second["refresh_token"] != first["refresh_token"]) is rotates
    assert credentials_open(connection=connection) == second
    assert ConnectionCredential.objects.get().expires_at > timezone.now() + timedelta(minutes=50)
    assert len(sign_ins(kraken)) == 1


def test_a_token_that_the_supplier_withdrew_is_renewed_in_the_middle_of_a_sync(kraken):
    connection = connected()
    kraken.tokens.clear()

    assert synced(connection).status == "success"
    assert len(sign_ins(kraken)) == 1


@pytest.mark.parametrize("ended", [True, False])
def test_a_refresh_token_that_has_ended_asks_its_owner_for_the_password_once(kraken, ended):
    client = buyer_client()
    connection = connected(client)
    expire(connection)
    if ended:
        kraken.over = set(kraken.refresh_tokens)
    kraken.refresh_tokens.clear()

    run = synced(connection)

    assert (run.status, run.problem) == ("error", "reauthorisation_needed")
    assert (connection.status, connection.problem, connection.next_sync_at) == (
        "error", "reauthorisation_needed", None,
    )  # fmt: skip
    assert "Enter your e-mail address and password once more." in connection.error_message
    assert OutgoingMail.objects.filter(template="integrations/mails/source_paused").count() == 1

    answer = client.put(f"{SOURCES}/{connection.public_id}", {"credentials": SIGN_IN})
    assert answer.status_code == 200, answer.content
    connection.refresh_from_db()
    assert (connection.status, connection.problem) == ("active", "")
    assert credentials_for_call(connection=connection)["access_token"] in kraken.tokens


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ({**SIGN_IN, "password": "wrong"}, "refused the credentials"),
        ({**SIGN_IN, "email": "other@example.org"}, "refused the credentials"),
        ({**SIGN_IN, "accountNumber": "A-00000000"}, "knows no account A-00000000"),
    ],
)
def test_wrong_ones_are_refused_and_nothing_is_kept(kraken, credentials, words):
    answer = buyer_client().post(SOURCES, {**OCTOPUS, "credentials": credentials})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_api_key")
    assert words in answer.content.decode()
    assert "wrong" not in answer.content.decode()
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (TOO_MANY, 503, "provider_unavailable"),
        (WAIT, 503, "provider_unavailable"),
        (UNKNOWN, 502, "provider_answer_unreadable"),
        (NO_TOKEN, 502, "provider_answer_unreadable"),
        (TRUNCATED, 502, "provider_answer_unreadable"),
        (WEB_PAGE, 502, "provider_answer_unreadable"),
    ],
)
def test_a_supplier_in_trouble_says_nothing_about_the_password(kraken, fault, status, code):
    kraken.faults.append(fault)

    answer = buyer_client().post(SOURCES, OCTOPUS)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (TOO_MANY, ProviderUnavailable),
        (UNKNOWN, AnswerUnreadable),
        (NO_TOKEN, AnswerUnreadable),
        (WAIT, ProviderUnavailable),
    ],
)
def test_trouble_at_renewal_costs_nothing(kraken, fault, problem):
    connection = connected()
    before = credentials_open(connection=connection)
    expire(connection)
    kraken.faults.append(fault)

    with pytest.raises(problem):
        credentials_for_call(connection=connection)

    assert credentials_open(connection=connection) == before
    assert credentials_for_call(connection=connection) != before


def test_a_password_keeps_its_blanks_and_a_control_character_is_refused(kraken):
    spaced = buyer_client().post(SOURCES, {**OCTOPUS, "credentials": {**SIGN_IN, "password": f" {PASSWORD} "}})
    broken = buyer_client().post(SOURCES, {**OCTOPUS, "credentials": {**SIGN_IN, "password": "a\x07b"}})

    assert sign_ins(kraken) == [{**SIGN_IN, "password": f" {PASSWORD} "}]
    assert (spaced.status_code, broken.status_code) == (400, 400)
    assert list(broken.json()["errors"]) == ["credentials.password"]


def test_an_account_that_is_connected_by_its_key_is_not_connected_by_password_too(kraken):
    client = buyer_client()
    client.post(SOURCES, {"integration_id": "octopus-energy", "credentials": {"apiKey": API_KEY}})

    answer = client.post(SOURCES, OCTOPUS)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_connected")
    assert Connection.objects.count() == 1
