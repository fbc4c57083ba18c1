"""Octopus Energy and the other suppliers on Kraken: half-hours of electricity and gas meters by their REST interface.

An account has properties, a property has meter points, a meter point has meters, old ones too. Export is not
consumption; homes that were left are not read. A gas meter of the second generation answers in cubic metres and does
not say so: the setting `gas_unit` (`kWh` or `m3`) of the connection decides, and cubic metres are the default.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from integrations.choices import ReadingType
from integrations.providers.asking import ask, ask_raw, parsed, refuse_failure
from integrations.providers.base import (
    AccountFound,
    AnswerUnreadable,
    Credentials,
    CredentialsRefused,
    Limits,
    NothingFound,
    ReadingRecord,
    RejectedRecord,
    Settings,
    interval_id,
)
from integrations.providers.values import NotAValue, moment_of, quantity_of

OWN_BASE_URL = "https://api.octopus.energy/v1/"
PAGE_SIZE = 1500  # the documents contradict each other about the most; all of them allow this
_MOST_PAGES = 400
_LONGEST_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True)
class _Meter:
    """One meter: the kind and number of its point, and its serial number."""

    kind: str
    point: str
    serial: str
    reading_type: ReadingType
    unit: str

    @property
    def series(self) -> str:
        return f"{self.point}/{self.serial}"


class KrakenAdapter:
    """Reads a customer's meters with the API key of their account and its number."""

    name: ClassVar[str] = "kraken"
    limits: ClassVar[Limits] = Limits(history=timedelta(days=730), longest_range=timedelta(days=31))

    def __init__(self, base_url: str = "") -> None:
        self._base = (base_url or OWN_BASE_URL).rstrip("/")

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Read the account; its number is what the provider calls it.

        Raises:
            ProviderProblem: the key is refused, the provider is silent, or no meter is there.
        """
        account = self._account(credentials, settings)
        if not list(_meters(account, settings)):
            raise NothingFound("This account has no electricity or gas meter that could be read.")
        number = str(account.get("number") or _account_number(credentials, settings))
        return AccountFound(reference=number, name=number, settings={"account_number": number})

    def read(
        self, credentials: Credentials, settings: Settings, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        """Yield the half-hours of every meter of the account.

        Raises:
            ProviderProblem: see `base`.
        """
        account = self._account(credentials, settings)
        for meter in _meters(account, settings):
            for row in self._consumption(credentials, meter, since, until):
                yield _record(meter, row)

    def _account(self, credentials: Credentials, settings: Settings) -> dict[str, Any]:
        number = _account_number(credentials, settings)
        answer = ask_raw(
            "The supplier", f"{self._base}/accounts/{quote(number, safe='')}/", headers=_signed(credentials)
        )
        if answer.status == 404:
            raise CredentialsRefused(f"The supplier knows no account {number} for this key. Look at both again.")
        refuse_failure("The supplier", answer)
        account = parsed("The supplier", answer)
        if not isinstance(account, dict) or not isinstance(account.get("properties"), list):
            raise AnswerUnreadable("The supplier's answer about the account names no properties.")
        return account

    def _consumption(
        self, credentials: Credentials, meter: _Meter, since: datetime, until: datetime
    ) -> Iterator[dict[str, Any]]:
        path = f"{meter.kind}-meter-points/{quote(meter.point, safe='')}/meters/{quote(meter.serial, safe='')}"
        for page in range(1, _MOST_PAGES + 1):
            answer = ask(
                "The supplier",
                f"{self._base}/{path}/consumption/",
                headers=_signed(credentials),
                # With an offset, or the supplier takes the times for London's.
                params={
                    "period_from": _instant(since),
                    "period_to": _instant(until),
                    "page_size": str(PAGE_SIZE),
                    "page": str(page),
                    "order_by": "period",
                },
            )
            if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
                raise AnswerUnreadable("The supplier's answer about consumption has no results.")
            yield from answer["results"]
            # Only whether there is a next page is taken from `next`: its address could be anybody's.
            if not answer.get("next"):
                return
        raise AnswerUnreadable(f"The supplier's answer has more than {_MOST_PAGES} pages for one meter.")


def _signed(credentials: Credentials) -> dict[str, str]:
    token = credentials.get("access_token")
    if token:
        return {"Authorization": f"Bearer {token}"}
    pair = base64.b64encode(f"{credentials.get('apiKey', '')}:".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _account_number(credentials: Credentials, settings: Settings) -> str:
    number = str(credentials.get("accountNumber") or settings.get("account_number") or "").strip().upper()
    if not number:
        raise CredentialsRefused("Give the account number, such as A-1B2C3D4E: it stands on every bill.")
    return number


def _meters(account: dict[str, Any], settings: Settings) -> Iterator[_Meter]:
    gas_unit = "kWh" if settings.get("gas_unit") == "kWh" else "m3"
    for home in _tables(account["properties"]):
        if home.get("moved_out_at"):
            continue
        for point in _tables(home.get("electricity_meter_points")):
            if not point.get("is_export"):
                yield from _meters_of("electricity", point, "mpan", ReadingType.ELECTRICITY, "kWh")
        for point in _tables(home.get("gas_meter_points")):
            yield from _meters_of("gas", point, "mprn", ReadingType.GAS, gas_unit)


def _meters_of(kind: str, point: dict[str, Any], key: str, reading_type: ReadingType, unit: str) -> Iterator[_Meter]:
    for meter in _tables(point.get("meters")):
        number, serial = str(point.get(key) or ""), str(meter.get("serial_number") or "")
        if number and serial:
            yield _Meter(kind, number, serial, reading_type, unit)


def _tables(found: Any) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _record(meter: _Meter, row: Any) -> ReadingRecord | RejectedRecord:
    if not isinstance(row, dict):
        return RejectedRecord(meter.series, "This is no half-hour.", row)
    name = meter.series
    try:
        begins, ends = moment_of(row.get("interval_start")), moment_of(row.get("interval_end"))
        name = interval_id(meter.series, begins)
        if not timedelta() < ends - begins <= _LONGEST_INTERVAL:
            return RejectedRecord(name, "It does not last between a moment and an hour.", row)
        quantity = quantity_of(row.get("consumption"))
    except NotAValue as error:
        return RejectedRecord(name, str(error), row)
    return ReadingRecord(meter.reading_type, name, meter.series, begins, ends, quantity, meter.unit)


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
