"""Two workers that store the same readings at the same moment: each record is there once and counted once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.models import Reading
from integrations.reading_records import ReadingRecord, interval_id
from integrations.services.readings import readings_store
from tests.integrations.source_factories import source
from tests.races import at_once

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
