"""Two workers that store the same readings at the same moment: each record is there once and counted once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from integrations.models import Reading
from integrations.reading_records import ReadingRecord, interval_id
from integrations.services import readings
from integrations.services.readings import readings_store
from tests.integrations.source_factories import source
from tests.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 1, tzinfo=UTC)


def half_hours(quantity, numbers):
    for number in numbers:
        starts_at = START + number * timedelta(minutes=30)
        yield ReadingRecord(
            *("electricity_consumption", interval_id("m", starts_at), "m", starts_at),
            *(starts_at + timedelta(minutes=30), Decimal(quantity), "kWh"),
        )


def test_four_workers_with_the_same_records_in_other_orders_store_each_once():
    connection = source()
    orders = [range(500), range(499, -1, -1), range(500), range(499, -1, -1)]

    outcomes = at_once(
        *(lambda order=order: readings_store(connection=connection, records=half_hours("1", order)) for order in orders)
    )

    assert sorted((each.created, each.changed, each.unchanged) for each in outcomes) == [(0, 0, 500)] * 3 + [
        (500, 0, 0)
    ]
    assert Reading.objects.count() == 500
    assert set(Reading.objects.values_list("revision", flat=True)) == {1}


def test_without_the_sources_lock_the_upsert_alone_still_keeps_each_once(monkeypatch):
    connection = source()
    monkeypatch.setattr(
        "integrations.querysets.ConnectionQuerySet.select_for_update", lambda self, **_: self, raising=False
    )

    outcomes = at_once(
        lambda: readings_store(connection=connection, records=half_hours("1", range(500))),
        lambda: readings_store(connection=connection, records=half_hours("1", range(500))),
    )

    assert sum(each.created for each in outcomes) == 500
    assert Reading.objects.count() == 500


def shifted(numbers):
    for record in half_hours("1", numbers):
        starts_at, ends_at = (moment + timedelta(minutes=15) for moment in (record.starts_at, record.ends_at))
        name = interval_id("m", starts_at)
        yield replace(record, external_id=name, starts_at=starts_at, ends_at=ends_at)


def overlaps_in_table():
    rows = list(Reading.objects.order_by("starts_at").values_list("starts_at", "ends_at"))
    return sum(following[0] < before[1] for before, following in pairwise(rows))


def test_two_ways_in_with_shifted_half_hours_of_one_series_store_one_of_them():
    connection = source()

    outcomes = at_once(
        lambda: readings_store(connection=connection, records=half_hours("1", range(200))),
        lambda: readings_store(connection=connection, records=shifted(range(200))),
    )

    assert sorted((each.created, each.rejected) for each in outcomes) == [(0, 200), (200, 0)]
    assert (Reading.objects.count(), overlaps_in_table()) == (200, 0)


def test_without_the_sources_lock_both_are_stored_and_the_time_counts_twice(monkeypatch):
    """The control: both look for overlaps before either has stored."""
    connection = source()
    monkeypatch.setattr(
        "integrations.querysets.ConnectionQuerySet.select_for_update", lambda self, **_: self, raising=False
    )
    monkeypatch.setattr(readings, "staged_overlaps_drop", meeting(readings.staged_overlaps_drop, 2, before=False))

    outcomes = at_once(
        lambda: readings_store(connection=connection, records=half_hours("1", range(200))),
        lambda: readings_store(connection=connection, records=shifted(range(200))),
    )

    assert [each.created for each in outcomes] == [200, 200]
    assert overlaps_in_table() > 0
