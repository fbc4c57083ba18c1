"""Glowmarkt: ten days a call, nulls as gaps, clock changes, exports and costs left out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.providers.base import AnswerUnreadable
from integrations.providers.glowmarkt import GlowmarktAdapter
from integrations.reading_records import ReadingRecord, RejectedRecord
from tests.doubles.glowmarkt_server import PASSWORD

CREDENTIALS = {"username": "someone@example.org", "password": PASSWORD}
DAY = datetime(2026, 2, 6, tzinfo=UTC)


def seconds(moment):
    return int(moment.timestamp())


def read(double, since, until):
    return list(GlowmarktAdapter(double.url).read(CREDENTIALS, {}, since, until))


def test_the_account_is_checked_by_signing_in(glowmarkt):
    found = GlowmarktAdapter(glowmarkt.url).check(CREDENTIALS, {})

    assert found.reference == "acc-77"
    assert glowmarkt.asked[0].body == CREDENTIALS
    assert "authorization" not in glowmarkt.asked[1].headers


def test_half_hours_of_electricity_and_gas_are_read_and_nulls_are_gaps(glowmarkt):
    glowmarkt.units["gas-1"] = "m3"
    glowmarkt.values = {
        ("elec-1", seconds(DAY)): 0.187,
        ("elec-1", seconds(DAY) + 1800): 0,
        ("gas-1", seconds(DAY)): 1.5,
    }

    records = read(glowmarkt, DAY, DAY + timedelta(hours=2))

    assert records == [
        ReadingRecord(
            "electricity_consumption", "elec-1:2026-02-06T00:00Z", "elec-1", DAY, DAY + timedelta(minutes=30),
            Decimal("0.187"), "kWh",
        ),
        ReadingRecord(
            "electricity_consumption", "elec-1:2026-02-06T00:30Z", "elec-1", DAY + timedelta(minutes=30),
            DAY + timedelta(hours=1), Decimal(0), "kWh",
        ),
        ReadingRecord(
            "gas_consumption", "gas-1:2026-02-06T00:00Z", "gas-1", DAY, DAY + timedelta(minutes=30), Decimal("1.5"),
            "m3",
        ),
    ]  # fmt: skip
    assert {each.path.split("/")[2] for each in glowmarkt.asked if each.path.endswith("/readings")} == {
        "elec-1", "gas-1",
    }  # fmt: skip


def test_a_month_is_asked_for_in_tens_of_days_and_each_half_hour_comes_once(glowmarkt):
    until = DAY + timedelta(days=28)
    glowmarkt.values = {("elec-1", seconds(DAY) + number * 1800): 0.5 for number in range(28 * 48 + 5)}

    records = read(glowmarkt, DAY, until)

    asked = [each.query for each in glowmarkt.asked if each.path == "/resource/elec-1/readings"]
    assert [(each["from"], each["to"]) for each in asked] == [
        ("2026-02-06T00:00:00", "2026-02-16T00:00:00"),
        ("2026-02-16T00:00:00", "2026-02-26T00:00:00"),
        ("2026-02-26T00:00:00", "2026-03-06T00:00:00"),
    ]
    assert len(records) == 28 * 48 == len({each.external_id for each in records})
    assert sum(1 for each in glowmarkt.asked if each.path == "/auth") == 1


@pytest.mark.parametrize(
    ("begins", "ends", "half_hours"),
    [
        (datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC), 46),
        (datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 26, 0, tzinfo=UTC), 50),
    ],
)
def test_the_days_of_the_clock_changes_have_46_and_50_half_hours(glowmarkt, begins, ends, half_hours):
    glowmarkt.values = {("elec-1", seconds(begins) + number * 1800): 1 for number in range(60)}

    records = read(glowmarkt, begins, ends)

    assert len({each.external_id for each in records}) == half_hours
    assert sum(each.quantity for each in records) == half_hours


def test_odd_values_are_rejected_one_by_one(glowmarkt):
    odd = {0: "invalid value", 1: -0.2, 2: True, 3: 0.4}
    glowmarkt.values = {("elec-1", seconds(DAY) + number * 1800): value for number, value in odd.items()}

    *rejected, good = read(glowmarkt, DAY, DAY + timedelta(hours=2))

    assert [(each.quantity, each.reason) for each in rejected] == [
        ("invalid value", "Its quantity is no number."),
        ("-0.2", "Its quantity is negative."),
        ("True", "Its quantity is no number."),
    ]
    assert all(isinstance(each, RejectedRecord) and each.series == "elec-1" for each in rejected)
    assert good.quantity == Decimal("0.4")


def test_a_unit_that_is_none_of_energy_stops_the_reading(glowmarkt):
    glowmarkt.units["elec-1"] = "pence"

    with pytest.raises(AnswerUnreadable, match="“pence”"):
        read(glowmarkt, DAY, DAY + timedelta(hours=1))
