"""Webhooks that we send: from the audit trail to a subscriber over a real socket, at least once, and never inwards."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from carboncore.mail.models import OutgoingMail
from integrations.choices import EndpointStatus, OutboxStatus
from integrations.models import SyncRun, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.providers.base import ProviderUnavailable
from integrations.services import webhook_delivering
from integrations.services.outgoing_webhooks import (
    delivery_send_again,
    endpoint_create,
    endpoint_delete,
    endpoint_secret_replace,
    endpoint_test,
    endpoint_update,
)
from integrations.services.sync_ending import sync_failed, sync_succeeded
from integrations.services.webhook_delivering import PAUSES, delivery_attempt
from integrations.services.webhook_relay import events_relay
from integrations.webhook_signatures import verified
from tests.doubles.webhook_receiver import WebhookReceiver
from tests.factories import buyer
from tests.integrations.source_factories import source
from tests.ledger_factories import registered_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings):
    double = WebhookReceiver().start()
    settings.OUTGOING_ALLOWED_HOSTS = [double.host]
    settings.WEBHOOK_ALLOWED_HOSTS = [double.host]
    yield double
    double.stop()


def subscribed(receiver, *types, user=None):
    user = user or buyer()
    endpoint, secret = endpoint_create(actor=user, organisation=None, url=receiver.url, event_types=types)
    return endpoint, secret


def relayed():
    """Look for new events as a round does; links are made at commit, which a test has none of."""
    with database.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return events_relay()


def attempted(delivery):
    WebhookDelivery.objects.filter(pk=delivery.pk, next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())
    return delivery_attempt(delivery_id=delivery.pk)


def test_what_happened_is_told_signed_and_once_for_each_round(receiver):
    relayed()
    endpoint, secret = subscribed(receiver, "project.published")
    project = registered_project()
    event = event_record(action="project.published", obj=project)

    assert relayed() == 1
    assert relayed() == 0
    attempted(endpoint.deliveries.get())

    ((headers, body),) = receiver.requests
    webhook_id, _ = verified(headers, body, valid_secrets=[secret], now=datetime.now(UTC))
    assert webhook_id == f"evt_{event.pk}"
    content = json.loads(body)
    assert content["type"] == "project.published"
    assert content["data"]["project"]["id"] == str(project.public_id)
    assert endpoint.deliveries.get().status == OutboxStatus.DELIVERED


def test_of_a_hidden_project_no_more_is_told_than_that(receiver):
    relayed()
    endpoint, _ = subscribed(receiver, "project.published", "project.moved")
    project = registered_project()
    type(project).objects.filter(pk=project.pk).update(published=False)
    event_record(action="project.published", obj=project)
    event_record(action="project.moved", obj=project)

    relayed()

    assert [row.event.data for row in endpoint.deliveries.all()] == [
        {"project": {"id": str(project.public_id)}, "published": False}
    ]


def test_of_a_data_source_only_its_owner_is_told(receiver):
    relayed()
    connection = source()
    own, _ = subscribed(receiver, "sync.finished", user=connection.owner)
    other, _ = subscribed(receiver, "sync.finished")
    event_record(action="connection.synchronised", obj=connection)

    assert relayed() == 1
    assert (own.deliveries.count(), other.deliveries.count()) == (1, 0)


def test_a_sync_that_failed_is_told_as_such_and_one_that_went_well_as_finished(receiver):
    relayed()
    connection = source()
    endpoint, _ = subscribed(receiver, "sync.finished", "sync.failed", user=connection.owner)
    runs = []
    for problem in (None, ProviderUnavailable("The supplier is out of order.")):
        run = SyncRun.objects.create(connection=connection, sync_type="scheduled", status="running")
        if problem is None:
            sync_succeeded(run=run, connection=connection, now=timezone.now())
        else:
            sync_failed(run=run, connection=connection, problem=problem, now=timezone.now())
        runs.append(str(run.public_id))
        relayed()

    failed, finished = (row.event for row in endpoint.deliveries.all())
    assert (finished.type, finished.data["sync"], finished.data["status"]) == ("sync.finished", runs[0], "success")
    assert failed.type == "sync.failed"
    assert failed.data == {
        "datasource": str(connection.public_id), "sync": runs[1], "status": "error", "records_processed": 0,
        "records_failed": 0, "problem": "provider_unavailable", "message": "The supplier is out of order.",
    }  # fmt: skip


def test_a_failure_is_tried_again_on_the_standards_schedule_under_the_same_id(receiver):
    endpoint, _ = subscribed(receiver, "project.published")
    delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    receiver.answers = [(500, {})]

    for pause in PAUSES:
        done = attempted(delivery)
        wait = done.next_attempt_at - timezone.now()
        assert pause * 0.99 - timedelta(seconds=2) < wait < pause * 1.21
    done = attempted(delivery)

    assert (done.status, done.attempts, done.last_status) == (OutboxStatus.FAILED, 10, 500)
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len({body for _, body in receiver.requests}) == 1
    assert WebhookAttempt.objects.count() == 10


def test_who_asks_for_time_gets_it(receiver):
    endpoint, _ = subscribed(receiver, "project.published")
    delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    receiver.answers = [(429, {"Retry-After": "600"})]

    done = attempted(delivery)

    assert timedelta(seconds=590) < done.next_attempt_at - timezone.now() <= timedelta(seconds=600)


def test_410_disables_at_once_and_the_owner_gets_a_mail(receiver):
    endpoint, _ = subscribed(receiver, "project.published")
    first = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    second = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    receiver.answers = [(410, {})]

    attempted(first)

    endpoint.refresh_from_db()
    assert endpoint.status == EndpointStatus.DISABLED
    assert set(endpoint.deliveries.values_list("status", flat=True)) == {OutboxStatus.FAILED}
    assert OutgoingMail.objects.filter(template="integrations/mail/webhook_disabled").count() == 1
    assert attempted(second) is None, "nothing is sent to a disabled one"
    assert len(receiver.requests) == 1


def test_five_days_of_failures_disable(receiver):
    endpoint, _ = subscribed(receiver, "project.published")
    delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5, minutes=1))
    receiver.answers = [(500, {})]

    attempted(delivery)

    endpoint.refresh_from_db()
    assert (endpoint.status, "for 5 days" in endpoint.status_reason) == (EndpointStatus.DISABLED, True)


def test_a_redirect_is_a_failure_and_is_not_followed(receiver, settings):
    target = WebhookReceiver().start()
    try:
        settings.OUTGOING_ALLOWED_HOSTS = [receiver.host, target.host]
        endpoint, _ = subscribed(receiver, "project.published")
        delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
        receiver.answers = [(307, {"Location": target.url})]

        done = attempted(delivery)

        assert (done.status, done.last_status, target.requests) == (OutboxStatus.WAITING, 307, [])
        assert "not followed" in done.last_error
    finally:
        target.stop()


def test_who_does_not_answer_in_time_is_tried_again(receiver, monkeypatch):
    monkeypatch.setattr(webhook_delivering, "TIMEOUT_SECONDS", 0.3)
    endpoint, _ = subscribed(receiver, "project.published")
    delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    receiver.hold.clear()

    done = attempted(delivery)

    assert (done.status, done.last_status) == (OutboxStatus.WAITING, None)
    assert "too long" in done.last_error


@pytest.mark.parametrize(
    "url",
    ["http://example.org/hook", "https://127.0.0.1/hook", "https://[::1]/hook", "https://169.254.169.254/latest",
     "https://10.0.0.5/hook", "ftp://example.org", "https://user:pw@example.org/", "nonsense"],
)  # fmt: skip
def test_addresses_of_this_servers_own_network_are_refused(url):
    with pytest.raises(InvalidInput) as refusal:
        endpoint_create(actor=buyer(), organisation=None, url=url, event_types=["project.moved"])

    assert set(refusal.value.errors) == {"url"}
    assert WebhookEndpoint.objects.count() == 0


def test_an_address_that_turned_private_since_is_not_reached(receiver, settings):
    endpoint, _ = subscribed(receiver, "project.published")
    delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    settings.WEBHOOK_ALLOWED_HOSTS = []

    done = attempted(delivery)

    assert (done.status, receiver.requests) == (OutboxStatus.WAITING, [])


def test_while_a_secret_is_replaced_deliveries_are_signed_with_both(receiver):
    endpoint, old = subscribed(receiver, "project.published")
    new = endpoint_secret_replace(actor=endpoint.owner, endpoint=endpoint)
    endpoint.refresh_from_db()

    attempted(endpoint_test(actor=endpoint.owner, endpoint=endpoint))

    ((headers, body),) = receiver.requests
    for secret in (old, new):
        verified(headers, body, valid_secrets=[secret], now=datetime.now(UTC))
    assert len(headers["webhook-signature"].split()) == 2


def test_a_delivery_is_sent_again_under_the_same_id(receiver):
    endpoint, _ = subscribed(receiver, "project.published")
    delivery = endpoint_test(actor=endpoint.owner, endpoint=endpoint)
    attempted(delivery)

    attempted(delivery_send_again(actor=endpoint.owner, endpoint=endpoint, pk=delivery.pk))

    assert len(receiver.requests) == 2
    assert receiver.requests[0][0]["webhook-id"] == receiver.requests[1][0]["webhook-id"]


def test_what_is_deleted_or_disabled_is_told_nothing_and_made_active_it_is_again(receiver):
    relayed()
    endpoint, _ = subscribed(receiver, "project.published")
    endpoint = endpoint_update(actor=endpoint.owner, endpoint=endpoint, fields={"status": "disabled"})
    event_record(action="project.published", obj=registered_project())
    assert relayed() == 0

    endpoint = endpoint_update(actor=endpoint.owner, endpoint=endpoint, fields={"status": "active"})
    event_record(action="project.published", obj=registered_project())
    assert relayed() == 1

    endpoint_delete(actor=endpoint.owner, endpoint=endpoint)
    event_record(action="project.published", obj=registered_project())
    assert relayed() == 0
    assert WebhookEndpoint.objects.get().envelope == ""
