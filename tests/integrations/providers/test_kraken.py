"""Octopus Energy and its kin: pages, old meters, export, clock changes, refusals that come with status 200."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.choices import ReadingType
from integrations.providers.base import AnswerUnreadable, CredentialsRefused, NothingFound, ProviderUnavailable
from integrations.providers.kraken import KrakenAdapter
from integrations.reading_records import ReadingRecord, RejectedRecord
from tests.doubles.kraken_server import (
    ACCOUNT,
    API_KEY,
    GAS_SERIAL,
    MPAN,
    MPRN,
    SERIAL,
    TOKEN,
    KrakenServer,
    half_hours,
)
from tests.doubles.provider_server import BLOCKED, JSON, OUT_OF_ORDER, TRUNCATED, WAIT, WEB_PAGE

KEY = {"apiKey": API_KEY, "accountNumber": ACCOUNT}
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def kraken(settings):
    with KrakenServer() as double:
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        yield double


def read(kraken, credentials=KEY, settings=None, since=SINCE, until=UNTIL):
    return list(KrakenAdapter(kraken.url).read(credentials, settings or {}, since, until))


def test_the_account_is_found_by_the_key_alone(kraken):
    found = KrakenAdapter(kraken.url).check({"apiKey": API_KEY}, {})

    assert (found.reference, found.settings) == (ACCOUNT, {"account_number": ACCOUNT})


def test_the_account_is_found_by_an_access_token(kraken):
    assert KrakenAdapter(kraken.url).check({"access_token": TOKEN}, {}).reference == ACCOUNT


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ({"apiKey": "wrong"}, "refused the credentials"),
        ({"apiKey": "wrong", "accountNumber": ACCOUNT}, "refused the credentials"),
        ({"apiKey": API_KEY, "accountNumber": "A-00000000"}, "knows no account A-00000000"),
        ({"access_token": "old"}, "refused the credentials"),
    ],
)
def test_bad_credentials_are_refused(kraken, credentials, words):
    with pytest.raises(CredentialsRefused, match=words):
        KrakenAdapter(kraken.url).check(credentials, {})


def test_a_key_of_several_accounts_asks_for_one(kraken):
    kraken.accounts.append("A-2")

    with pytest.raises(CredentialsRefused, match="several accounts"):
        KrakenAdapter(kraken.url).check({"apiKey": API_KEY}, {})


def test_a_key_without_accounts_has_nothing_to_read(kraken):
    kraken.accounts.clear()

    with pytest.raises(NothingFound):
        KrakenAdapter(kraken.url).check({"apiKey": API_KEY}, {})


def test_every_page_of_every_meter_is_read_and_export_is_not(kraken):
    kraken.usage = half_hours(SINCE, [Decimal(number) / 8 for number in range(7)])
    kraken.usage = {begin: float(value) for begin, value in kraken.usage.items()}
    kraken.gas = half_hours(SINCE, [0.25])

    records = read(kraken)

    power = [each for each in records if each.reading_type == ReadingType.ELECTRICITY]
    assert [each.quantity for each in power] == [Decimal(number) / 8 for number in range(7)]
    assert power[0] == ReadingRecord(
        reading_type=ReadingType.ELECTRICITY,
        external_id=f"{MPAN}/{SERIAL}:2026-03-01T00:00Z",
        series=f"{MPAN}/{SERIAL}",
        starts_at=SINCE,
        ends_at=datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
        quantity=Decimal(0),
        unit="kWh",
    )
    (gas,) = [each for each in records if each.reading_type == ReadingType.GAS]
    assert (gas.series, gas.quantity, gas.unit) == (f"{MPRN}/{GAS_SERIAL}", Decimal("0.25"), "m3")
    assert not [each for each in kraken.asked if "1000000000009" in each.path]


def test_an_older_gas_meter_counts_kilowatt_hours(kraken):
    kraken.gas = half_hours(SINCE, [1])

    assert [each.unit for each in read(kraken, settings={"gas_unit": "kWh"})] == ["kWh"]


def test_the_day_of_the_clock_change_has_fifty_half_hours(kraken):
    first = datetime.fromisoformat("2025-10-26T00:00:00+01:00")
    kraken.usage = half_hours(first, [1] * 50)

    records = read(kraken, since=first, until=datetime(2025, 10, 27, tzinfo=UTC))

    assert len({each.external_id for each in records}) == 50
    assert records[-1].ends_at == datetime(2025, 10, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "Its quantity is missing."),
        (-0.5, "Its quantity is negative."),
        ("invalid value", "Its quantity is no number."),
        (True, "Its quantity is no number."),
        (10**15, "Its quantity is too large to be true."),
    ],
)
def test_a_half_hour_without_a_usable_value_is_rejected_and_the_others_are_read(kraken, value, reason):
    kraken.usage = half_hours(SINCE, [1, value, 2])

    records = read(kraken)

    (rejected,) = [each for each in records if isinstance(each, RejectedRecord)]
    assert (rejected.reason, rejected.series) == (reason, f"{MPAN}/{SERIAL}")
    assert [each.quantity for each in records if isinstance(each, ReadingRecord)] == [1, 2]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (BLOCKED, ProviderUnavailable),
        (WAIT, ProviderUnavailable),
        (OUT_OF_ORDER, ProviderUnavailable),
        (TRUNCATED, AnswerUnreadable),
        (WEB_PAGE, AnswerUnreadable),
        ((200, JSON, b"[]"), AnswerUnreadable),
        ((200, JSON, b'{"number": "A-1"}'), AnswerUnreadable),
        ((401, JSON, b'{"detail": "no"}'), CredentialsRefused),
    ],
)
def test_a_fault_is_told_as_what_it_is(kraken, fault, problem):
    kraken.faults.append(fault)

    with pytest.raises(problem) as told:
        read(kraken)

    assert API_KEY not in told.value.message


def test_too_many_requests_come_with_status_200(kraken):
    refused = b'{"errors": [{"message": "No.", "extensions": {"errorCode": "KT-CT-1199"}}]}'
    kraken.faults.append((200, JSON, refused))

    with pytest.raises(ProviderUnavailable):
        KrakenAdapter(kraken.url).check({"apiKey": API_KEY}, {})
