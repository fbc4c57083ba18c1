"""Secrets at rest: nowhere in clear, moved to a new key at any pace, and told as unreadable when the key is lost."""

import logging
import os
import subprocess
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database

from accounts.roles import SUPER_ADMIN
from carboncore.postgres_programs import client_program
from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.models import Connection, ConnectionCredential, OAuthClient
from integrations.providers.base import CredentialsUnreadable
from integrations.services.credentials import credentials_open
from integrations.services.oauth_clients import application_of
from tests.api_clients import buyer_client
from tests.doubles.kraken_server import API_KEY
from tests.doubles.oauth_server import CLIENT_SECRET
from tests.factories import person

pytest_plugins = ("tests.integrations.source_fixtures",)

OCTOPUS = {"integration_id": "octopus-energy", "credentials": {"apiKey": API_KEY}}
OLD, NEW = b"o" * 32, b"n" * 32


def rotated():
    out = StringIO()
    call_command("rotate_credentials", stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
def test_every_secret_moves_to_the_new_key_and_the_old_one_can_go(provider, settings, catalogue):
    settings.CREDENTIAL_KEYS = {"old": OLD}
    clients = [buyer_client() for _ in range(2)]
    for client in clients:
        client.post("/api/v1/datasources", OCTOPUS)
    settings.CREDENTIAL_KEYS = {"new": NEW, "old": OLD}
    clients[0].put(f"/api/v1/datasources/{Connection.objects.first().public_id}", {"credentials": {"apiKey": API_KEY}})
    settings.CREDENTIAL_KEYS |= provider_key(settings)

    assert rotated() == "2 moved, 1 were there already, 0 unreadable"
    assert rotated() == "0 moved, 3 were there already, 0 unreadable"

    settings.CREDENTIAL_KEYS = {"new": NEW}
    assert [credentials_open(connection=each) for each in Connection.objects.all()] == [{"apiKey": API_KEY}] * 2
    assert application_of(integration=catalogue["edf-energy"]).client_secret == CLIENT_SECRET


def provider_key(settings):
    """The key that the fixture of the operator's client was made under."""
    from carboncore.environment import credential_keys

    return credential_keys()


@pytest.mark.django_db
def test_a_lost_key_is_told_to_the_owner_and_breaks_nothing(kraken, settings):
    settings.CREDENTIAL_KEYS = {"old": OLD}
    client = buyer_client()
    client.post("/api/v1/datasources", OCTOPUS)
    settings.CREDENTIAL_KEYS = {"new": NEW}

    with pytest.raises(CommandError, match="put it back"):
        rotated()

    row = Connection.objects.get()
    assert (row.status, row.problem) == (ConnectionStatus.ERROR, ConnectionProblem.CREDENTIALS_UNREADABLE)
    with pytest.raises(CredentialsUnreadable, match="Enter them again"):
        credentials_open(connection=row)
    (listed,) = client.get("/api/v1/datasources").json()["data"]
    assert listed["problem"] == "credentials_unreadable"
    assert client.put(
        f"/api/v1/datasources/{row.public_id}", {"credentials": {"apiKey": API_KEY}}
    ).json()["status"] == "active"  # fmt: skip


@pytest.mark.django_db
def test_credentials_that_were_copied_to_another_source_do_not_open(kraken):
    for _ in range(2):
        buyer_client().post("/api/v1/datasources", OCTOPUS)
    first, second = Connection.objects.all()
    ConnectionCredential.objects.filter(connection=second).update(
        envelope=ConnectionCredential.objects.get(connection=first).envelope
    )

    assert credentials_open(connection=first) == {"apiKey": API_KEY}
    with pytest.raises(CredentialsUnreadable):
        credentials_open(connection=second)


def dump():
    """Return everything in the database as pg_dump writes it, which is what a backup holds."""
    given = database.settings_dict
    tool = client_program("pg_dump", database.pg_version // 10_000)
    environment = {**os.environ, "PGPASSWORD": str(given["PASSWORD"])}
    words = ["-h", str(given["HOST"]), "-p", str(given["PORT"]), "-U", str(given["USER"]), str(given["NAME"])]
    done = subprocess.run([tool, *words], env=environment, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_in_a_dump_an_answer_a_page_a_log_or_a_history(provider, kraken, client, caplog):
    caplog.set_level(logging.DEBUG)
    person_of = buyer_client()
    answers = [person_of.post("/api/v1/datasources", OCTOPUS)]
    answers.append(
        person_of.put(f"/api/v1/datasources/{answers[0].json()['id']}", {"credentials": {"apiKey": "wrong"}})
    )
    answers.append(person_of.get("/api/v1/datasources"))
    row = Connection.objects.get()
    client.force_login(person(SUPER_ADMIN))
    operator = OAuthClient.objects.get()
    pages = [
        client.get(f"/staff/integrations/{path}/")
        for path in (
            "connection", f"connection/{row.pk}/change", f"connection/{row.pk}/history", "oauthclient",
            f"oauthclient/{operator.pk}/change", f"oauthclient/{operator.pk}/history",
        )
    ]  # fmt: skip

    assert [page.status_code for page in pages] == [200] * 6
    everything = {
        "dump": dump(),
        "answers": "".join(answer.content.decode() for answer in answers),
        "pages": "".join(page.content.decode() for page in pages),
        "log": caplog.text,
    }
    envelope = ConnectionCredential.objects.get().envelope
    assert envelope in everything["dump"]
    for place, text in everything.items():
        assert API_KEY not in text, place
        assert CLIENT_SECRET not in text, place
    assert envelope not in everything["answers"] + everything["pages"] + everything["log"]
    assert operator.secret_envelope not in everything["pages"]
