"""Calculations, files and webhooks whose worker was killed, or whose job is gone: done all the same, and once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from carboncore.operations.jobs import abandoned_jobs_release
from integrations.emission_choices import RunStatus
from integrations.models import EmissionRun, IncomingDelivery, Reading, Upload, WebhookDelivery
from integrations.services import emissions
from integrations.services.emissions import calculation_perform, calculation_request
from integrations.services.incoming_webhooks import generic_delivery_receive, incoming_source_make
from integrations.services.lost_jobs import lost_jobs_requeue
from integrations.services.outgoing_webhooks import endpoint_create, endpoint_test
from integrations.services.uploads import upload_confirm, upload_create
from integrations.webhook_signatures import signature
from tests.doubles.webhook_receiver import WebhookReceiver
from tests.integrations.source_factories import source

FILE = b"Meter,Start,kWh\nM1,2025-01-15 00:00,0.25\n"
SENT = (
    b'{"type": "readings.measured", "data": {"readings": [{"series": "M2", "starts_at": "2025-01-15T00:00:00Z",'
    b' "ends_at": "2025-01-15T00:30:00Z", "quantity": "0.5", "unit": "kWh"}]}}'
)


@pytest.fixture
def work(db, settings, tmp_path):
    """One of each, queued: a calculation, a confirmed file, a received webhook, one to be sent. Yields the receiver."""
    settings.MEDIA_ROOT = str(tmp_path)
    receiver = WebhookReceiver().start()
    settings.OUTGOING_ALLOWED_HOSTS = settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
    connection = source()
    calculation_request(connection=connection)
    upload = upload_create(
        actor=connection.owner, connection=connection, upload=SimpleUploadedFile("readings.csv", FILE)
    )
    upload_confirm(actor=connection.owner, upload=upload, fields={})
    address, secret = incoming_source_make(actor=connection.owner, connection=connection)
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature(secret, webhook_id="msg_1", at=now, body=SENT),
    }
    generic_delivery_receive(public_id=address.public_id, headers=headers, body=SENT)
    endpoint, _ = endpoint_create(
        actor=connection.owner, organisation=None, url=receiver.url, event_types=["sync.failed"]
    )
    endpoint_test(actor=connection.owner, endpoint=endpoint)
    yield receiver
    receiver.stop()


def sql(query):
    with database.cursor() as cursor:
        cursor.execute(query)


def worked():
    """Carry out what is queued, as a worker does."""
    for job in ProcrastinateJob.objects.filter(status="todo").order_by("id"):
        app.tasks[job.task_name](**job.args)


def states():
    return (
        EmissionRun.objects.get().status,
        Upload.objects.get().status,
        IncomingDelivery.objects.get().status,
        WebhookDelivery.objects.get().status,
    )


def test_what_a_killed_worker_had_begun_is_done_once(work):
    sql("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
    EmissionRun.objects.update(status=RunStatus.RUNNING, started_at=timezone.now())

    assert abandoned_jobs_release() == 4
    worked()

    assert states() == ("done", "processed", "processed", "delivered")
    assert sorted(Reading.objects.values_list("series", "revision")) == [("M1", 1), ("M2", 1)]
    assert len(work.requests) == 1


def test_what_waits_for_a_job_that_is_gone_gets_another_one_once(work):
    assert lost_jobs_requeue() == 0
    sql("DELETE FROM procrastinate_jobs WHERE task_name <> 'integrations.inbox_process'")
    assert lost_jobs_requeue() == 0  # as long as it is this young, its job may be about to come
    past = timezone.now() - timedelta(minutes=11)
    EmissionRun.objects.update(queued_at=past)
    Upload.objects.update(confirmed_at=past)
    WebhookDelivery.objects.update(next_attempt_at=past)

    assert (lost_jobs_requeue(), lost_jobs_requeue()) == (3, 0)
    worked()

    assert states() == ("done", "processed", "processed", "delivered")
    assert Reading.objects.count() == 2
    assert len(work.requests) == 1


@pytest.mark.django_db
def test_a_calculation_that_the_program_broke_off_says_so_and_does_not_keep_the_next_away(monkeypatch):
    connection = source()
    run = calculation_request(connection=connection)

    def broken(**_):
        raise RuntimeError

    monkeypatch.setattr(emissions, "reading_totals", broken)
    with pytest.raises(RuntimeError):
        calculation_perform(run=run)

    run.refresh_from_db()
    assert (run.status, run.finished_at is None) == ("failed", False)
    assert "an error of its own" in run.error_message
    assert calculation_request(connection=connection).pk != run.pk
