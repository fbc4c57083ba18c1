"""Syncs end to end against a provider's double: windows, counts, failures, budgets, outages, turns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from carboncore.audit.models import Event
from carboncore.mail.models import OutgoingMail
from integrations.errors import NothingToSync, SyncGoesOn, SyncTooSoon
from integrations.models import Connection, ProviderOutage, Reading, SyncReject, SyncRun
from integrations.providers.glowmarkt import GlowmarktAdapter
from integrations.reading_records import ReadingRecord, interval_id
from integrations.services.credentials import credentials_store
from integrations.services.readings import readings_store
from integrations.services.sync_running import LEASE, sync_perform
from integrations.services.syncing import sync_request, syncs_due_start, syncs_lost_requeue
from tests.doubles.glowmarkt_server import PASSWORD, GlowmarktServer
from tests.doubles.provider_server import BLOCKED, OUT_OF_ORDER, TRUNCATED, WAIT, WEB_PAGE
from tests.integrations.source_factories import provider_row, source
from tests.mailbox import last_mail

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 30, 12, tzinfo=UTC)
BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _short_history(monkeypatch):
    """Forty days instead of thirteen months: four windows."""
    monkeypatch.setattr(GlowmarktAdapter, "limits", replace(GlowmarktAdapter.limits, history=timedelta(days=40)))


@pytest.fixture
def glowmarkt(settings):
    with GlowmarktServer() as double:
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        yield double


@pytest.fixture
def home(glowmarkt):
    """A connected home with a reading of 0.5 kWh for each half-hour of April up to now."""
    moments = range(int(BEGIN.timestamp()), int(NOW.timestamp()), 1800)
    glowmarkt.values = {("elec-1", moment): 0.5 for moment in moments}
    return connected(glowmarkt)


def connected(double, **fields):
    row = provider_row("bright", adapter="glowmarkt", base_url=double.url)
    connection = source(row, account_reference=fields.pop("account_reference", "acc-77"), **fields)
    credentials_store(connection=connection, secrets={"username": "a@example.org", "password": PASSWORD})
    return connection


def synced(connection, now=NOW):
    run = SyncRun.objects.create(connection=connection, sync_type="scheduled")
    sync_perform(run_id=run.pk, now=now)
    connection.refresh_from_db()
    return SyncRun.objects.filter(pk=run.pk).first()


def counts(run):
    return run.records_processed, run.records_created, run.records_changed, run.records_failed


def test_the_first_sync_reads_all_there_is_and_the_next_only_a_trailing_week(home, glowmarkt):
    first = synced(home)

    assert (first.status, first.percent_done, counts(first)) == ("success", 100, (1416, 1416, 0, 0))
    assert (first.range_start, first.range_end) == (NOW - timedelta(days=40), NOW)
    assert sum(Reading.objects.values_list("quantity", flat=True)) == Decimal(708)
    assert (home.status, home.last_synced_at, home.error_count) == ("active", NOW, 0)

    glowmarkt.asked.clear()
    glowmarkt.values[("elec-1", int((NOW - timedelta(days=2)).timestamp()))] = 0.75
    glowmarkt.values[("elec-1", int(NOW.timestamp()))] = 0.25
    second = synced(home, NOW + HALF_HOUR)

    assert second.range_start == NOW - HALF_HOUR - timedelta(days=7)
    assert counts(second) == (338, 1, 1, 0)
    assert [each.query["from"] for each in glowmarkt.asked if each.path == "/resource/elec-1/readings"] == [
        "2026-04-23T11:30:00"
    ]
    assert Reading.objects.count() == 1417
    assert Reading.objects.get(starts_at=NOW - timedelta(days=2)).revision == 2


def test_a_run_leaves_an_event_and_what_was_rejected(home, glowmarkt):
    glowmarkt.values[("elec-1", int(BEGIN.timestamp()))] = "invalid value"
    glowmarkt.values[("elec-1", int(BEGIN.timestamp()) + 1800)] = -1

    run = synced(home)

    assert (run.status, counts(run)) == ("partial", (1416, 1414, 0, 2))
    assert list(SyncReject.objects.filter(run=run).values_list("quantity", "reason")) == [
        ("invalid value", "Its quantity is no number."),
        ("-1", "Its quantity is negative."),
    ]
    event = Event.objects.get(action="connection.synchronised")
    assert event.changes["created"] == [None, 1414]
    assert event.changes["rejected"] == [None, 2]


def test_a_job_that_comes_twice_does_nothing_the_second_time(home):
    run = synced(home)

    assert sync_perform(run_id=run.pk, now=NOW) is None
    assert Reading.objects.count() == 1416


@pytest.mark.parametrize(("fault", "problem"), [(TRUNCATED, "answer_unreadable"), (WEB_PAGE, "answer_unreadable")])
def test_an_unreadable_answer_is_tried_again_later_and_later(home, glowmarkt, fault, problem):
    glowmarkt.faults.append(fault)

    run = synced(home)

    assert (run.status, run.problem, home.status, home.problem) == ("error", problem, "error", problem)
    assert home.error_message == run.error_message != ""
    assert (home.error_count, home.last_synced_at) == (1, None)
    assert timedelta(minutes=5) <= home.next_sync_at - NOW <= timedelta(minutes=7)
    assert ProviderOutage.objects.count() == 0


def test_a_spent_budget_pauses_the_source_and_tells_its_owner_once(home, glowmarkt):
    for failure in range(8):
        glowmarkt.faults.append(TRUNCATED)
        synced(home, NOW + failure * timedelta(hours=7))

    assert (home.status, home.problem, home.next_sync_at) == ("error", "error_budget_spent", None)
    assert home.error_count == 8
    assert Event.objects.filter(action="connection.paused").count() == 1
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.template) == (home.owner.email, "integrations/mails/source_paused")
    assert f"/account/data-sources/{home.public_id}" in last_mail(home.owner.email).body

    glowmarkt.faults.append(TRUNCATED)
    synced(home, NOW + timedelta(days=9))
    assert OutgoingMail.objects.count() == 1


def test_refused_credentials_stop_at_once_and_tell_the_owner(glowmarkt):
    connection = connected(glowmarkt)
    credentials_store(connection=connection, secrets={"username": "a@example.org", "password": "changed"})

    run = synced(connection)

    assert (run.status, run.problem) == ("error", "credentials_refused")
    assert (connection.status, connection.next_sync_at) == ("error", None)
    assert OutgoingMail.objects.get().recipient == connection.owner.email
    assert "changed" not in connection.error_message + run.error_message


def test_an_owners_pause_during_a_sync_stays(home, glowmarkt):
    glowmarkt.faults.append(TRUNCATED)
    Connection.objects.filter(pk=home.pk).update(status="disabled", next_sync_at=None)

    synced(home)

    assert (home.status, home.next_sync_at) == ("disabled", None)


def test_a_success_makes_a_source_well_again(home, glowmarkt):
    glowmarkt.faults.append(TRUNCATED)
    synced(home)

    synced(home, NOW + timedelta(hours=1))

    assert (home.status, home.problem, home.error_message, home.error_count) == ("active", "", "", 0)
    assert NOW < home.next_sync_at <= NOW + timedelta(hours=25)


def test_retry_after_is_obeyed_and_spends_no_budget(home, glowmarkt):
    status, headers, body = WAIT
    glowmarkt.faults.append((status, {**headers, "Retry-After": "7200"}, body))

    synced(home)

    assert (home.problem, home.error_count) == ("provider_unavailable", 0)
    assert timedelta(hours=2) <= home.next_sync_at - NOW <= timedelta(hours=2, minutes=40)


def test_what_came_before_a_failure_is_kept_and_the_next_sync_goes_on_from_there(home, glowmarkt):
    original = glowmarkt.answer

    def out_of_order_in_the_last_window(asked):
        return OUT_OF_ORDER if asked.query.get("to") == "2026-04-30T12:00:00" else original(asked)

    glowmarkt.answer = out_of_order_in_the_last_window
    run = synced(home)

    assert (run.status, run.problem) == ("error", "provider_unavailable")
    assert 0 < run.records_created < 1416
    assert run.records_created == Reading.objects.count()

    glowmarkt.answer = original
    again = synced(home, NOW + timedelta(minutes=1))
    assert run.records_created + again.records_created == 1416 == Reading.objects.count()


def test_an_outage_is_one_thing_for_all_sources_of_a_provider(glowmarkt):
    homes = [connected(glowmarkt, account_reference=f"acc-{number}") for number in range(6)]
    glowmarkt.faults += [BLOCKED] * 3

    runs = [synced(home) for home in homes]

    assert [run.status if run else "put off" for run in runs] == ["error"] * 3 + ["put off"] * 3
    assert len(glowmarkt.asked) == 3
    outage = ProviderOutage.objects.get()
    assert (outage.failures, outage.ended_at, outage.began_at) == (3, None, NOW)
    assert Event.objects.filter(action="provider.outage_began").count() == 1
    assert [home.problem for home in homes[3:]] == ["", "", ""]

    later = outage.retry_at + timedelta(seconds=1)
    assert synced(homes[0], later).status == "success"
    outage.refresh_from_db()
    assert outage.ended_at == later
    assert Event.objects.filter(action="provider.outage_ended").count() == 1
    assert synced(homes[4], later).status == "success"


def test_after_the_wait_one_source_tries_and_the_others_wait_on(glowmarkt):
    homes = [connected(glowmarkt, account_reference=f"acc-{number}") for number in range(4)]
    glowmarkt.faults += [OUT_OF_ORDER] * 4
    for home in homes[:3]:
        synced(home)
    later = ProviderOutage.objects.get().retry_at

    assert synced(homes[3], later).status == "error"
    assert synced(homes[0], later) is None
    assert len(glowmarkt.asked) == 4


def test_a_manual_sync_in_an_outage_says_so(glowmarkt):
    home = connected(glowmarkt)
    ProviderOutage.objects.create(
        integration=home.integration, failures=5, began_at=NOW, retry_at=NOW + timedelta(hours=1), message="It is down."
    )
    run = sync_request(actor=home.owner, public_id=home.public_id)

    sync_perform(run_id=run.pk, now=NOW)

    run.refresh_from_db()
    assert (run.status, run.problem) == ("error", "provider_unavailable")
    assert "since 30 April 2026 12:00 UTC" in run.error_message
    assert glowmarkt.asked == []


def test_half_hours_under_a_reading_of_two_weeks_are_rejected_and_told_where_the_owner_looks(home):
    ends_at = BEGIN + timedelta(days=14)
    fortnight = ReadingRecord(
        *("electricity_consumption", interval_id("elec-1", BEGIN), "elec-1", BEGIN, ends_at, Decimal(300), "kWh")
    )
    readings_store(connection=home, records=[fortnight], now=NOW)

    run = synced(home)

    # 14 days of 48 half hours, of which the first has the fortnight's id.
    assert (run.status, counts(run)) == ("partial", (1416, 744, 0, 672))
    assert set(SyncReject.objects.values_list("run", "reason")) == {
        (run.pk, "The time overlaps a reading of another length that this data source has already.")
    }
    assert sum(Reading.objects.values_list("quantity", flat=True)) == 300 + Decimal("0.5") * 744


def test_due_sources_get_a_run_and_their_next_turn(glowmarkt):
    due, later, paused = (connected(glowmarkt, account_reference=f"a{number}") for number in range(3))
    Connection.objects.filter(pk=due.pk).update(next_sync_at=NOW - timedelta(seconds=1))
    Connection.objects.filter(pk=later.pk).update(next_sync_at=NOW + timedelta(seconds=1))
    Connection.objects.filter(pk=paused.pk).update(next_sync_at=NOW - timedelta(days=1), status="disabled")

    (run,) = syncs_due_start(now=NOW)

    assert (run.connection_id, run.status, run.sync_type) == (due.pk, "queued", "scheduled")
    due.refresh_from_db()
    assert NOW < due.next_sync_at <= NOW + timedelta(days=1)
    assert syncs_due_start(now=NOW + timedelta(days=2)) != []
    assert SyncRun.objects.filter(connection=due).count() == 1


def test_sources_of_a_provider_that_rests_are_not_queued(glowmarkt):
    home = connected(glowmarkt)
    Connection.objects.filter(pk=home.pk).update(next_sync_at=NOW)
    ProviderOutage.objects.create(
        integration=home.integration, failures=3, began_at=NOW, retry_at=NOW + timedelta(hours=1), message="It is down."
    )

    assert syncs_due_start(now=NOW) == []
    assert len(syncs_due_start(now=NOW + timedelta(hours=1))) == 1


def test_a_person_asks_once_at_a_time_and_not_too_soon(home):
    run = sync_request(actor=home.owner, public_id=home.public_id)
    with pytest.raises(SyncGoesOn):
        sync_request(actor=home.owner, public_id=home.public_id)

    sync_perform(run_id=run.pk)

    with pytest.raises(SyncTooSoon) as told:
        sync_request(actor=home.owner, public_id=home.public_id)
    assert 200 < told.value.retry_after <= 300
    assert Event.objects.filter(action="connection.sync_asked").count() == 1


def test_a_source_that_nothing_can_be_fetched_for_says_so():
    connection = source(provider_row("csv", adapter=""))

    with pytest.raises(NothingToSync, match="uploaded, entered or sent"):
        sync_request(actor=connection.owner, public_id=connection.public_id)


def test_a_run_whose_worker_is_gone_is_queued_again_once(home):
    run = SyncRun.objects.create(
        connection=home, sync_type="scheduled", status="running", attempt=1, lease_until=NOW, started_at=NOW
    )

    assert syncs_lost_requeue(now=NOW) == []
    assert [each.pk for each in syncs_lost_requeue(now=NOW + timedelta(seconds=1))] == [run.pk]
    assert syncs_lost_requeue(now=NOW + timedelta(seconds=2)) == []

    sync_perform(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert (run.status, run.attempt, run.records_created) == ("success", 2, 1416)


def test_a_worker_that_was_relieved_stores_nothing_more(home, monkeypatch):
    run = SyncRun.objects.create(connection=home, sync_type="scheduled")

    def relieved_while_storing(**given):
        stored = readings_store(**given)
        SyncRun.objects.filter(pk=run.pk).update(attempt=2 if stored.created else 1)
        return stored

    monkeypatch.setattr("integrations.services.sync_running.readings_store", relieved_while_storing)
    assert sync_perform(run_id=run.pk, now=NOW) is None

    run.refresh_from_db()
    assert (run.status, run.records_created, Reading.objects.count()) == ("running", 0, 0)


def test_a_run_that_broke_off_too_often_fails_for_good(home):
    run = SyncRun.objects.create(
        connection=home, sync_type="scheduled", status="running", attempt=5, lease_until=NOW - LEASE
    )

    sync_perform(run_id=run.pk, now=NOW)

    run.refresh_from_db()
    assert (run.status, run.problem) == ("error", "answer_unreadable")
    assert "broke off 5 times" in run.error_message


def test_a_source_disconnected_during_a_sync_gets_nothing_more(home):
    Connection.objects.filter(pk=home.pk).update(status="disabled", next_sync_at=None, disconnected_at=timezone.now())

    run = synced(home)

    assert (run.status, run.error_message, Reading.objects.count()) == ("error", "The data source was disconnected.", 0)
