"""Webhooks that others send: signed, kept once, acted on once, and refused when anything about them is wrong."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from carboncore.audit.models import Event
from carboncore.audit.services import refusals
from integrations.choices import InboxStatus, SyncType
from integrations.models import IncomingDelivery, IncomingSource, Reading, SyncRun
from integrations.services.incoming_webhooks import inbox_process, inbox_replay, incoming_source_make
from integrations.webhook_signatures import signature
from tests.api_clients import Api
from tests.integrations.source_factories import provider_row, source

pytestmark = pytest.mark.django_db
READING = {"series": "M1", "starts_at": "2025-01-15T00:00:00Z", "ends_at": "2025-01-15T00:30:00Z",
           "quantity": 0.1, "unit": "kWh"}  # fmt: skip
# The example secret that the Standard Webhooks project publishes with its test vector (below); it opens nothing.
OPERATORS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def address():
    connection = source()
    row, secret = incoming_source_make(actor=connection.owner, connection=connection)
    return connection, f"/webhooks/generic/{row.public_id}", secret


def body_of(*readings):
    return json.dumps({"type": "readings.measured", "data": {"readings": readings}}).encode()


def deliver(api, path, secret, body, *, webhook_id="msg_1", at=None, **headers):
    at = at or datetime.now(UTC)
    signed = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature(secret, webhook_id=webhook_id, at=at, body=body),
    }
    return api.post(path, raw=body, **{**signed, **headers})


def test_the_signature_is_that_of_the_specification():
    at = datetime.fromtimestamp(1614265330, tz=UTC)

    made = signature(OPERATORS, webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=b'{"test": 2432232314}')

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_delivery_is_kept_first_and_its_readings_follow(api, address):
    connection, path, secret = address

    answer = deliver(api, path, secret, body_of(READING))

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    kept = IncomingDelivery.objects.get()
    assert (kept.status, Reading.objects.count()) == (InboxStatus.RECEIVED, 0)
    assert bytes(kept.body) == body_of(READING)

    inbox_process(delivery=kept)

    reading = Reading.objects.get()
    assert (reading.connection, reading.quantity, reading.external_id) == (
        connection, Decimal("0.1"), "M1:2025-01-15T00:00Z",
    )  # fmt: skip


def test_the_same_delivery_again_is_answered_alike_and_counts_once(api, address):
    _, path, secret = address
    deliver(api, path, secret, body_of(READING))

    answer = deliver(api, path, secret, body_of(READING))

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert IncomingDelivery.objects.get().repeats == 1
    inbox_process(delivery=IncomingDelivery.objects.get())
    inbox_replay(actor=address[0].owner, pk=IncomingDelivery.objects.get().pk)
    inbox_process(delivery=IncomingDelivery.objects.get())
    assert [(r.quantity, r.revision) for r in Reading.objects.all()] == [(Decimal("0.1"), 1)]


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "nocomma"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,not base64!"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "99999999999"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-id": ""},
        {"webhook-id": "another"},
        {"webhook-id": "x" * 201},
    ],
    ids=str,
)
def test_what_is_not_signed_as_it_should_be_is_401_and_not_kept(api, address, headers):
    answer = deliver(api, address[1], address[2], body_of(READING), **headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused")
    assert IncomingDelivery.objects.count() == 0


@pytest.mark.parametrize(("minutes", "status"), [(-6, 401), (-4, 200), (4, 200), (6, 401)])
def test_the_time_may_be_five_minutes_off(api, address, minutes, status):
    at = datetime.now(UTC) + timedelta(minutes=minutes)

    assert deliver(api, address[1], address[2], body_of(READING), at=at).status_code == status


def test_a_right_signature_among_others_is_found(api, address):
    _, path, secret = address
    at, body = datetime.now(UTC), body_of(READING)
    right = signature(secret, webhook_id="msg_1", at=at, body=body)

    answer = deliver(api, path, secret, body, at=at, **{"webhook-signature": f"junk v1a,AAAA v1,AAAA {right}"})

    assert answer.status_code == 200


def test_while_a_secret_is_replaced_both_are_valid_and_then_only_the_new_one(api, address):
    connection, path, old = address
    row, new = incoming_source_make(actor=connection.owner, connection=connection)

    assert deliver(api, path, old, body_of(READING), webhook_id="a").status_code == 200
    assert deliver(api, path, new, body_of(READING), webhook_id="b").status_code == 200

    row.previous_until = datetime.now(UTC) - timedelta(seconds=1)
    row.save()
    assert deliver(api, path, old, body_of(READING), webhook_id="c").status_code == 401
    assert deliver(api, path, new, body_of(READING), webhook_id="d").status_code == 200


def test_ten_megabytes_are_413_and_an_unknown_address_is_a_wrong_signature(api, address):
    assert api.post(address[1], raw=b"x" * 10_000_000).status_code == 413
    assert api.post(address[1], raw=b"x" * 1_000_001).status_code == 413
    unknown = "/webhooks/generic/00000000-0000-4000-8000-000000000000"
    assert deliver(api, unknown, address[2], body_of(READING)).status_code == 401


def test_a_refused_delivery_is_one_event_of_its_reason_however_often_it_comes(api, address, monkeypatch):
    monkeypatch.setattr(refusals, "_looked", {})
    _, path, secret = address
    row = IncomingSource.objects.get()
    unknown = "/webhooks/generic/00000000-0000-4000-8000-000000000000"
    old = datetime.now(UTC) - timedelta(minutes=6)
    for number in range(3):
        deliver(api, path, OPERATORS, body_of(READING), webhook_id=f"a{number}")
        deliver(api, path, secret, body_of(READING), at=old, webhook_id=f"b{number}")
        deliver(api, unknown, secret, body_of(READING), webhook_id=f"c{number}")
        deliver(api, "/webhooks/octopus-energy", OPERATORS, body_of(READING), webhook_id=f"d{number}")

    events = Event.objects.filter(action="webhook.refused").order_by("pk")

    assert [(event.note, event.object_id) for event in events] == [
        ("generic: The signature is not that of this body under this address's secret.", str(row.pk)),
        ("generic: The delivery was sent more than five minutes ago, or by a clock that is wrong.", str(row.pk)),
        ("generic: There is no such address, or no secret for it.", ""),
        ("octopus-energy: There is no such address, or no secret for it.", ""),
    ]
    assert {(event.outcome, event.is_security) for event in events} == {("refused", True)}


def test_wrong_readings_are_told_one_by_one_and_the_others_count(api, address):
    wrong = [
        {**READING, "quantity": -1},
        {**READING, "quantity": None},
        {**READING, "unit": "parsec"},
        {**READING, "starts_at": "2025-01-15T00:00:00"},
        {**READING, "ends_at": READING["starts_at"]},
        {**READING, "starts_at": "2999-01-15T00:00:00Z", "ends_at": "2999-01-15T00:30:00Z"},
        {**READING, "starts_at": "2025-01-15T00:15:00Z"},
        {**READING, "colour": "red"},
        "no object",
    ]
    deliver(api, address[1], address[2], body_of(READING, *wrong))

    kept = inbox_process(delivery=IncomingDelivery.objects.get())

    assert (kept.status, kept.records_imported, kept.records_rejected) == (InboxStatus.PROCESSED, 1, 9)
    assert [row["entry"] for row in kept.rejects] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert kept.rejects[6]["reason"] == "The time overlaps that of entry 0."
    assert Reading.objects.count() == 1


@pytest.mark.parametrize(
    "body", [b"no json", b"[]", b'{"data": {"readings": []}}', b'{"data": 1e9999999}', b"[" * 5000]
)
def test_what_says_nothing_is_kept_as_failed_with_the_reason(api, address, body):
    assert deliver(api, address[1], address[2], body).status_code == 200

    kept = inbox_process(delivery=IncomingDelivery.objects.get())

    assert kept.status == InboxStatus.FAILED
    assert kept.message


def test_deliveries_out_of_order_end_with_the_last_that_came(api, address):
    deliver(api, address[1], address[2], body_of({**READING, "quantity": "2"}), webhook_id="second")
    deliver(api, address[1], address[2], body_of({**READING, "quantity": "1"}), webhook_id="first")
    for kept in IncomingDelivery.objects.order_by("pk"):
        inbox_process(delivery=kept)

    assert [(r.quantity, r.revision) for r in Reading.objects.all()] == [(Decimal(1), 2)]


@pytest.mark.parametrize("channel", ["octopus-energy", "british-gas"])
def test_a_providers_address_is_closed_unless_the_operator_set_a_secret(api, settings, channel):
    body = b'{"type": "readings.available", "data": {"account": "A-1"}}'
    settings.PROVIDER_WEBHOOK_SECRETS = {}
    assert deliver(api, f"/webhooks/{channel}", OPERATORS, body).status_code == 401

    settings.PROVIDER_WEBHOOK_SECRETS = {channel: OPERATORS}
    connection = source(provider_row(channel), next_sync_at=datetime.now(UTC))
    assert deliver(api, f"/webhooks/{channel}", OPERATORS, body).status_code == 200
    inbox_process(delivery=IncomingDelivery.objects.get())

    assert [(run.connection, run.sync_type) for run in SyncRun.objects.all()] == [(connection, SyncType.WEBHOOK)]
