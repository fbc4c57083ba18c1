"""n3rgy: one meter point of a business's key, stamps at the end of half-hours, two elements, values that are none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.providers.base import CredentialsRefused, NothingFound, ReauthorisationNeeded
from integrations.providers.n3rgy import N3rgyAdapter
from integrations.reading_records import RejectedRecord
from tests.doubles.n3rgy_server import KEY, error

POINT = "1234567891000"
DAY = datetime(2026, 3, 10, tzinfo=UTC)


def read(double, settings=None, until=DAY + timedelta(days=1)):
    return list(N3rgyAdapter(double.url).read({"apiKey": KEY}, {"mpxn": POINT, **(settings or {})}, DAY, until))


def test_the_only_meter_point_need_not_be_named(n3rgy):
    found = N3rgyAdapter(n3rgy.url).check({"apiKey": KEY}, {})

    assert (found.reference, found.settings) == (POINT, {"mpxn": POINT})


def test_a_meter_point_is_found_on_a_later_page(n3rgy):
    n3rgy.points = [str(1_000_000_000_000 + number) for number in range(250)]

    found = N3rgyAdapter(n3rgy.url).check({"apiKey": KEY, "mpxn": "1000 0000 00249"}, {})

    assert found.reference == "1000000000249"
    assert [each.query["startat"] for each in n3rgy.asked] == ["0", "100", "200"]


@pytest.mark.parametrize(
    ("points", "wanted", "problem"),
    [
        ([], "", NothingFound),
        (["1000000000001", "1000000000002"], "", CredentialsRefused),
        (["1000000000001"], "1000000000009", ReauthorisationNeeded),
    ],
)
def test_a_meter_point_that_is_not_open_is_told(n3rgy, points, wanted, problem):
    n3rgy.points = points

    with pytest.raises(problem):
        N3rgyAdapter(n3rgy.url).check({"apiKey": KEY, "mpxn": wanted}, {})


def test_a_stamp_marks_the_end_and_both_elements_are_series(n3rgy):
    n3rgy.rows = [
        {"primaryValue": 11.183, "secondaryValue": 9.703, "timestamp": "2026-03-10 00:30"},
        {"primaryValue": 1, "timestamp": "2026-03-11 00:00"},
        {"primaryValue": 7, "timestamp": "2026-03-10 00:00"},
    ]

    first, second, last = read(n3rgy)

    assert (first.series, first.starts_at, first.ends_at, first.quantity) == (
        f"{POINT}/01-0A", DAY, DAY + timedelta(minutes=30), Decimal("11.183"),
    )  # fmt: skip
    assert (second.series, second.external_id, second.quantity) == (
        f"{POINT}/01-0A/2", f"{POINT}/01-0A/2:2026-03-10T00:00Z", Decimal("9.703"),
    )  # fmt: skip
    assert last.starts_at == DAY + timedelta(hours=23, minutes=30)
    assert (n3rgy.asked[0].query["start"], n3rgy.asked[0].query["end"]) == ("202603100030", "202603110030")


def test_a_setting_says_that_stamps_mark_the_start(n3rgy):
    n3rgy.rows = [{"primaryValue": 1, "timestamp": "2026-03-10 00:30"}]

    (record,) = read(n3rgy, {"timestamps_mark": "start"})

    assert record.starts_at == DAY + timedelta(minutes=30)


def test_a_gas_point_is_read_as_gas_in_the_unit_that_is_told(n3rgy):
    n3rgy.points, n3rgy.unit = ["1234567890"], "m3"
    n3rgy.rows = [{"primaryValue": 0.5, "timestamp": "2026-03-10 00:30"}]

    (record,) = read(n3rgy, {"mpxn": "1234567890"})

    assert (record.reading_type, record.unit) == ("gas_consumption", "m3")
    assert n3rgy.asked[0].path == "/mpxn/1234567890/utility/gas/readingtype/consumption"


def test_odd_values_are_rejected_and_a_null_is_a_gap(n3rgy):
    n3rgy.rows = [
        {"primaryValue": "invalid value", "timestamp": "2026-03-10 00:30"},
        {"primaryValue": None, "timestamp": "2026-03-10 01:00"},
        {"primaryValue": -1, "timestamp": "2026-03-10 01:30"},
        {"primaryValue": 1, "timestamp": "10/03/2026"},
        {"primaryValue": 2, "timestamp": "2026-03-10 02:00"},
    ]

    records = read(n3rgy)

    assert [each.reason for each in records if isinstance(each, RejectedRecord)] == [
        "Its quantity is no number.",
        "Its quantity is negative.",
        "Its time is no time such as 2022-03-10 00:30.",
    ]
    assert [each.quantity for each in records if not isinstance(each, RejectedRecord)] == [2]


def test_a_consent_that_is_gone_is_told_as_that(n3rgy):
    n3rgy.faults.append(error(403, "Consent for the given MPxN not found."))

    with pytest.raises(ReauthorisationNeeded, match="Consent for the given MPxN not found"):
        read(n3rgy)
