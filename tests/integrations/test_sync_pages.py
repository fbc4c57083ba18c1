"""Syncs over HTTP: 202 and progress, the log in pages, rejects as harmless CSV, gaps; nothing for strangers."""

import csv
import io
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.models import Connection, Reading, SyncReject, SyncRun
from integrations.reading_records import ReadingRecord, interval_id
from integrations.services.readings import readings_store
from tests.api_clients import Api
from tests.factories import buyer, person_token
from tests.integrations.source_factories import provider_row, source

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return source(provider_row("bright", adapter="glowmarkt"))


@pytest.fixture
def owner(home):
    return Api(person_token(home.owner))


def address(home, rest=""):
    return f"/api/v1/datasources/{home.public_id}{rest}"


def test_a_sync_is_asked_for_and_its_progress_shown(home, owner):
    asked = owner.post(address(home, "/sync"))

    assert asked.status_code == 202
    shown = owner.get(address(home, f"/sync-logs/{asked.json()['id']}"))
    assert shown.status_code == 200
    assert (shown.json()["sync_type"], shown.json()["status"], shown.json()["percent_done"]) == ("manual", "queued", 0)
    assert owner.post(address(home, "/sync")).json()["code"] == "sync_under_way"


def test_a_sync_right_after_one_has_to_wait(home, owner):
    Connection.objects.filter(pk=home.pk).update(last_synced_at=timezone.now())

    refused = owner.post(address(home, "/sync"))

    assert (refused.status_code, refused.json()["code"]) == (429, "sync_too_soon")
    assert 290 <= int(refused["Retry-After"]) <= 300


def test_the_log_has_pages_and_each_run_its_range_and_duration(home, owner):
    begin = datetime(2026, 4, 1, tzinfo=UTC)
    for number in range(3):
        SyncRun.objects.create(
            connection=home, sync_type="scheduled", status="partial", range_start=begin, range_end=begin,
            records_processed=10 + number, records_failed=number, started_at=begin,
            finished_at=begin + timedelta(seconds=90),
        )  # fmt: skip

    first = owner.get(address(home, "/sync-logs?limit=2")).json()
    second = owner.get(address(home, f"/sync-logs?limit=2&before={first['next_before']}")).json()

    assert [each["records_processed"] for each in first["data"] + second["data"]] == [12, 11, 10]
    assert (second["next_before"], first["data"][0]["duration"], first["data"][0]["status"]) == (None, 90.0, "partial")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "before=x"])
def test_a_page_that_cannot_be_is_refused(home, owner, query):
    assert owner.get(address(home, f"/sync-logs?{query}")).status_code == 400


def test_rejects_are_a_csv_in_which_nothing_is_a_formula(home, owner):
    run = SyncRun.objects.create(connection=home, sync_type="manual", status="partial", finished_at=timezone.now())
    SyncReject.objects.create(run=run, external_id="=1+1", series="m", starts_at="@x", quantity="-2", reason="No.")

    answer = owner.get(address(home, f"/sync-logs/{run.public_id}/rejects"))

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(answer.content.decode()))) == [
        ["external_id", "series", "starts_at", "quantity", "reason"],
        ["'=1+1", "m", "'@x", "-2", "No."],
    ]


def test_gaps_and_overlaps_are_found_within_each_series(home, owner):
    day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)

    def record(series, begins, minutes=30):
        starts_at = day + timedelta(minutes=begins)
        ends_at = starts_at + timedelta(minutes=minutes)
        values = (starts_at, ends_at, Decimal(1), "kWh")
        return ReadingRecord("electricity_consumption", interval_id(series, starts_at), series, *values)

    readings_store(
        connection=home,
        records=[record("a", 0), record("a", 30), record("a", 150), record("b", 60), record("b", 90)],
    )
    # As it may stand in a database from before overlaps were refused.
    Reading.objects.create(connection=home, **asdict(record("b", 100)))

    found = owner.get(address(home, "/gaps")).json()

    assert found["complete"] is True
    assert [(each["kind"], each["series"], each["missing"]) for each in found["data"]] == [
        ("gap", "a", 3),
        ("overlap", "b", 0),
    ]
    gap, overlap = found["data"]
    assert datetime.fromisoformat(gap["starts_at"]) == day + timedelta(minutes=60)
    assert datetime.fromisoformat(gap["ends_at"]) == day + timedelta(minutes=150)
    assert datetime.fromisoformat(overlap["ends_at"]) - datetime.fromisoformat(overlap["starts_at"]) == timedelta(
        minutes=20
    )


def test_strangers_find_nothing_and_guests_are_asked_to_sign_in(home):
    run = SyncRun.objects.create(connection=home, sync_type="manual")
    stranger, guest = Api(person_token(buyer())), Api()
    paths = ["/sync-logs", f"/sync-logs/{run.public_id}", f"/sync-logs/{run.public_id}/rejects", "/gaps"]

    assert [stranger.get(address(home, path)).status_code for path in paths] == [404] * 4
    assert [guest.get(address(home, path)).status_code for path in paths] == [401] * 4
    assert (stranger.post(address(home, "/sync")).status_code, guest.post(address(home, "/sync")).status_code) == (
        404, 401,
    )  # fmt: skip
