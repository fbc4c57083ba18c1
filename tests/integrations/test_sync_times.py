"""Turns of data sources: always the same, spread, never on the hour or half hour; waits that double, with chance."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from integrations.sync_times import next_turn, wait_after

NOW = datetime(2026, 4, 30, 12, tzinfo=UTC)
IDS = [uuid.UUID(int=number * 0x9E3779B97F4A7C15 + 1) for number in range(2_000)]


@pytest.mark.parametrize(
    ("frequency", "period"),
    [
        ("half_hourly", timedelta(minutes=30)),
        ("hourly", timedelta(hours=1)),
        ("daily", timedelta(days=1)),
        ("weekly", timedelta(days=7)),
    ],
)
def test_the_next_turn_lies_within_a_period_and_the_one_after_a_period_later(frequency, period):
    for each in IDS:
        turn = next_turn(each, frequency, NOW)
        assert NOW < turn <= NOW + period
        assert next_turn(each, frequency, turn) == turn + period
        assert next_turn(each, frequency, turn - timedelta(microseconds=1)) == turn


def test_no_turn_is_near_the_hour_or_half_hour():
    seconds = [next_turn(each, "daily", NOW).timestamp() % 1800 for each in IDS]

    assert min(seconds) >= 120
    assert max(seconds) < 1680


def test_turns_are_spread_over_the_day():
    hours = Counter(next_turn(each, "daily", NOW).hour for each in IDS)

    assert len(hours) == 24
    assert max(hours.values()) < 2 * len(IDS) / 24


def test_a_source_that_is_read_when_asked_has_no_turn():
    assert next_turn(IDS[0], "manual", NOW) is None


@pytest.mark.parametrize(("failures", "least"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 360), (99, 360)])
def test_the_wait_doubles_up_to_six_hours_and_a_third_of_it_is_chance(failures, least):
    waits = {wait_after(failures) for _ in range(50)}

    assert all(timedelta(minutes=least) <= wait <= timedelta(minutes=least) * 4 / 3 for wait in waits)
    assert len(waits) > 10


def test_what_the_provider_asks_for_is_the_least():
    assert wait_after(1, asked=7_200) >= timedelta(hours=2)
    assert wait_after(9, asked=1) >= timedelta(hours=6)
