"""The one upsert: exact counts, corrections that raise the revision, and reasons for what cannot be right."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integrations.errors import DataSourceDisconnected
from integrations.models import Reading
from integrations.reading_records import ReadingRecord, interval_id
from integrations.services.readings import readings_store
from tests.integrations.source_factories import source

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def half_hour(number, quantity="0.25", **fields):
    starts_at = START + number * timedelta(minutes=30)
    values = {
        "reading_type": "electricity_consumption",
        "external_id": interval_id("meter 1", starts_at),
        "series": "meter 1",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "quantity": Decimal(quantity),
        "unit": "kWh",
    }
    return ReadingRecord(**{**values, **fields})


def store(connection, *records):
    counts = readings_store(connection=connection, records=records, now=NOW)
    return counts.created, counts.changed, counts.unchanged, counts.rejected


def test_new_readings_are_stored_as_they_were_given():
    connection = source()

    assert store(connection, half_hour(0), half_hour(1, "1.1234564", payload={"register": "day"})) == (2, 0, 0, 0)

    first, second = Reading.objects.order_by("starts_at")
    assert (first.connection_id, first.reading_type, first.series) == (
        connection.pk, "electricity_consumption", "meter 1",
    )  # fmt: skip
    assert first.external_id == "meter 1:2026-03-01T00:00Z"
    assert (first.starts_at, first.ends_at) == (START, START + timedelta(minutes=30))
    assert (first.quantity, first.unit, first.quality, first.payload, first.revision) == (
        Decimal("0.250000"), "kWh", "measured", None, 1,
    )  # fmt: skip
    assert (second.quantity, second.payload) == (Decimal("1.123456"), {"register": "day"})


def test_the_same_again_changes_nothing_and_a_correction_raises_the_revision():
    connection = source()
    store(connection, half_hour(0), half_hour(1))
    untouched = Reading.objects.get(external_id="meter 1:2026-03-01T00:00Z")
    corrected = Reading.objects.get(external_id="meter 1:2026-03-01T00:30Z")

    assert store(connection, half_hour(0), half_hour(1, "0.3"), half_hour(2)) == (1, 1, 1, 0)

    again = Reading.objects.get(external_id="meter 1:2026-03-01T00:30Z")
    assert (again.pk, again.quantity, again.revision) == (corrected.pk, Decimal("0.3"), 2)
    same = Reading.objects.get(external_id="meter 1:2026-03-01T00:00Z")
    assert (same.pk, same.revision, same.received_at) == (untouched.pk, 1, untouched.received_at)


def test_the_same_instant_in_another_zone_is_the_same_reading():
    connection = source()
    store(connection, half_hour(0))
    elsewhere = START.astimezone(tz=ZoneInfo("Pacific/Auckland"))

    assert interval_id("meter 1", elsewhere) == interval_id("meter 1", START)
    assert store(connection, half_hour(0, starts_at=elsewhere)) == (0, 0, 1, 0)


def test_a_record_twice_in_one_call_counts_once():
    connection = source()

    counts = readings_store(
        connection=connection, records=[half_hour(0), half_hour(0), half_hour(1, "1"), half_hour(1, "2")], now=NOW
    )

    assert (counts.created, counts.changed, counts.unchanged, counts.rejected, counts.processed) == (2, 0, 1, 1, 4)
    assert counts.rejects[0].external_id == "meter 1:2026-03-01T00:30Z"
    assert counts.rejects[0].quantity == "1"
    assert counts.rejects[0].reason == "The same record came again with other figures; the later one was taken."
    assert Reading.objects.get(external_id="meter 1:2026-03-01T00:30Z").quantity == 2


def test_two_sources_and_two_kinds_may_have_the_same_id():
    one, other = source(), source()

    assert store(one, half_hour(0), half_hour(0, reading_type="gas_consumption")) == (2, 0, 0, 0)
    assert store(other, half_hour(0)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quantity": Decimal("NaN")}, "The quantity is no number."),
        ({"quantity": Decimal("Infinity")}, "The quantity is no number."),
        ({"quantity": Decimal("-0.001")}, "The quantity is negative; send what was given to the grid as an export."),
        ({"quantity": Decimal("1e14")}, "The quantity is too large to be right; check its unit."),
        ({"ends_at": START}, "The end is not after the start."),
        ({"starts_at": datetime(2026, 3, 1)}, "The time has no time zone."),  # noqa: DTZ001 - the point
        ({"ends_at": NOW + timedelta(minutes=6)}, "The time lies in the future; send it once it is over."),
        ({"starts_at": datetime(1970, 1, 1, tzinfo=UTC)}, "The time is before 1990; check the date."),
        (
            {"starts_at": START - timedelta(days=367)},
            "The time is longer than a year; send one record for each year or less.",
        ),
        ({"reading_type": "noise"}, "“noise” is no kind of reading."),
        ({"quality": "guessed"}, "“guessed” is no data quality."),
        ({"unit": "bananas"}, "“bananas” is no unit that is known here; give one such as kWh or m3."),
        (
            {"external_id": "x" * 201},
            "The record has no id, or an id or a series that is too long (200 and 120 characters).",
        ),
        ({"external_id": ""}, "The record has no id, or an id or a series that is too long (200 and 120 characters)."),
        ({"series": "a\0b"}, "The id or the series holds a character that no text has."),
        ({"payload": {"note": "a\0b"}}, "The record holds a character that no text has."),
    ],
)
def test_what_cannot_be_right_is_rejected_and_the_others_are_stored(fields, reason):
    connection = source()

    counts = readings_store(connection=connection, records=[half_hour(0, **fields), half_hour(5)], now=NOW)

    assert (counts.created, [reject.reason for reject in counts.rejects]) == (1, [reason])
    assert Reading.objects.get().external_id == "meter 1:2026-03-01T02:30Z"


def test_texts_that_a_copy_would_take_for_its_own_signs_arrive_as_they_are():
    connection = source()
    odd = "\\N\t\\.\n\\\r'\";é"

    assert store(connection, half_hour(0, series=odd, external_id=odd, payload={"a": odd})) == (1, 0, 0, 0)

    reading = Reading.objects.get()
    assert (reading.series, reading.external_id, reading.payload) == (odd, odd, {"a": odd})


def test_more_records_than_one_batch_are_all_counted(monkeypatch):
    monkeypatch.setattr("integrations.services.readings._BATCH", 3)
    connection = source()
    store(connection, *(half_hour(number) for number in range(4)))

    assert store(connection, *(half_hour(number, "9" if number == 2 else "0.25") for number in range(10))) == (
        6, 1, 3, 0,
    )  # fmt: skip
    assert Reading.objects.count() == 10


def test_a_disconnected_source_takes_nothing_more():
    connection = source(status="disabled", disconnected_at=timezone.now())

    with pytest.raises(DataSourceDisconnected):
        store(connection, half_hour(0))

    assert Reading.objects.count() == 0


def test_a_fault_in_the_middle_stores_nothing():
    connection = source()

    def records():
        yield half_hour(0)
        raise RuntimeError("the provider went away")

    with pytest.raises(RuntimeError):
        readings_store(connection=connection, records=records(), now=NOW)

    assert Reading.objects.count() == 0


def spans(connection):
    rows = Reading.objects.filter(connection=connection).order_by("series", "starts_at")
    return [
        (row.series, row.starts_at.strftime("%d %H:%M"), row.ends_at.strftime("%H:%M"), row.quantity) for row in rows
    ]


def over(minutes, length, quantity="9", series="meter 1", **fields):
    """A record of another length, or that begins between the half hours."""
    starts_at = START + timedelta(minutes=minutes)
    values = {"external_id": interval_id(series, starts_at), "series": series, "starts_at": starts_at}
    return half_hour(0, quantity, **{**values, "ends_at": starts_at + timedelta(minutes=length), **fields})


OVERLAPS = "The time overlaps a reading of another length that this data source has already."


@pytest.mark.parametrize(
    ("minutes", "length"),
    [(15, 30), (45, 30), (-15, 30), (-60, 24 * 60), (-15, 16), (89, 30), (5, 1), (0, 60), (0, 10)],
)
def test_a_reading_over_the_time_of_another_length_is_refused_and_nothing_counts_twice(minutes, length):
    connection = source()
    store(connection, half_hour(0), half_hour(1), half_hour(2))
    before = spans(connection)

    counts = readings_store(connection=connection, records=[over(minutes, length), half_hour(99)], now=NOW)

    assert (counts.created, counts.changed, counts.unchanged) == (1, 0, 0)
    assert [(each.reason, each.quantity) for each in counts.rejects] == [(OVERLAPS, "9")]
    assert spans(connection)[:3] == before


def test_what_touches_without_overlapping_another_series_kind_or_source_is_stored():
    connection = source()
    store(connection, half_hour(1))

    stored = store(
        connection,
        over(0, 30),
        over(60, 24 * 60),
        over(45, 30, series="meter 2"),
        over(45, 30, reading_type="gas_consumption"),
    )

    assert stored == (4, 0, 0, 0)
    assert store(source(), over(45, 30)) == (1, 0, 0, 0)


def test_a_months_reading_is_not_counted_on_top_of_its_half_hours_nor_they_on_top_of_it():
    by_poll, by_file = source(), source()
    month = over(0, 31 * 24 * 60, "372")
    store(by_poll, *map(half_hour, range(20)))
    store(by_file, month)

    assert store(by_poll, month) == (0, 0, 0, 1)
    assert store(by_file, *map(half_hour, range(20))) == (0, 0, 0, 20)
    assert Reading.objects.filter(connection=by_poll).count() == 20
    assert [row[3] for row in spans(by_file)] == [372]


def test_of_records_that_overlap_each_other_the_first_is_stored():
    connection = source()

    counts = readings_store(
        connection=connection, records=[half_hour(1), over(15, 30, "1"), over(40, 1, "2"), over(60, 60, "3")], now=NOW
    )

    assert [row[1:] for row in spans(connection)] == [("01 00:15", "00:45", 1), ("01 01:00", "02:00", 3)]
    assert [each.reason for each in counts.rejects] == [
        "The time overlaps that of another record, from 2026-03-01 00:15 on."
    ] * 2


def test_a_record_takes_the_place_of_the_one_with_its_id_where_it_covers_it_and_overlaps_nothing_else():
    connection = source()
    store(connection, over(0, 60, "2"), over(90, 30, "1"))

    assert store(connection, over(0, 90, "3")) == (0, 1, 0, 0)
    assert store(connection, over(0, 100, "4")) == (0, 0, 0, 1)
    # An hour and a half would be lost to its first half hour.
    assert store(connection, over(0, 30, "0.9"), over(30, 30, "1.1")) == (0, 0, 0, 2)
    assert [row[1:] for row in spans(connection)] == [("01 00:00", "01:30", 3), ("01 01:30", "02:00", 1)]

    # A person corrects what they typed.
    assert store(connection, over(0, 30, "0.9", quality="entered"), over(30, 30, "1.1")) == (1, 1, 0, 0)
    assert [row[1:] for row in spans(connection)][:2] == [
        ("01 00:00", "00:30", Decimal("0.9")),
        ("01 00:30", "01:00", Decimal("1.1")),
    ]


def test_overlaps_are_found_between_batches_of_one_call_too(monkeypatch):
    monkeypatch.setattr("integrations.services.readings._BATCH", 2)
    connection = source()

    assert store(connection, half_hour(0), half_hour(1), over(45, 30), half_hour(3)) == (3, 0, 0, 1)
