"""Octopus Energy and the other suppliers on Kraken: half-hours of electricity and gas meters by their REST interface.

They are read with the API key of an account, with a token that OAuth 2 gave, or with one that an e-mail address and a
password gave; then the password is used that once, and what is kept is the refresh token.

An account has properties, a property has meter points, a meter point has meters, old ones too. Export is not
consumption; homes that were left are not read. A gas meter of the second generation answers in cubic metres and does
not say so: the setting `gas_unit` (`kWh` or `m3`) of the connection decides, and cubic metres are the default.
"""

import base64
from collections.abc import Iterator, Mapping
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
    Settings,
    Tokens,
)
from integrations.providers.kraken_graphql import account_number, tables, tokens_obtain, tokens_renew
from integrations.providers.values import NotAValue, moment_of, quantity_of, shown
from integrations.reading_records import ReadingRecord, RejectedRecord, interval_id

OWN_BASE_URL = "https://api.octopus.energy/v1/"
PAGE_SIZE = 1500  # the documents contradict each other about the most; all of them allow this
_MOST_PAGES = 400
_LONGEST_INTERVAL = timedelta(hours=1)
_SOON = timedelta(minutes=5)


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
    """Reads a customer's meters with a key, a password or an access token, and their account's number."""

    name: ClassVar[str] = "kraken"
    limits: ClassVar[Limits] = Limits(history=timedelta(days=730), longest_range=timedelta(days=31))
    own_settings: ClassVar[Mapping[str, tuple[str, ...]]] = {"gas_unit": ("m3", "kWh"), "account_number": ()}

    def __init__(self, base_url: str = "") -> None:
        self._base = (base_url or OWN_BASE_URL).rstrip("/")
        self._signed_in: Tokens | None = None

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Read the account; its number is what the provider calls it.

        Raises:
            ProviderProblem: the credentials are refused, the provider is silent, or no meter is there.
        """
        opened = self._opened(credentials)
        account = self._account(opened, settings)
        if not list(_meters(account, settings)):
            raise NothingFound("This account has no electricity or gas meter that could be read.")
        number = str(account["number"])
        # Without a refresh token nothing but the password itself opens the account the next time.
        kept = self._signed_in if self._signed_in and self._signed_in.refresh_token else None
        return AccountFound(reference=number, name=number, settings={"account_number": number}, tokens=kept)

    def renew(self, refresh_token: str) -> Tokens:
        """Return new tokens of somebody who once signed in by e-mail address and password.

        Raises:
            ReauthorisationNeeded: the supplier has ended the sign-in.
            ProviderProblem: see `base`.
        """
        return tokens_renew(self._base, refresh_token)

    def read(
        self, credentials: Credentials, settings: Settings, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        """Yield the half-hours of every meter of the account.

        Raises:
            ProviderProblem: see `base`.
        """
        opened = self._opened(credentials)
        account = self._account(opened, settings)
        for meter in _meters(account, settings):
            for row in self._consumption(opened, meter, since, until):
                yield _record(meter, row)

    def _opened(self, credentials: Credentials) -> Credentials:
        """Return the credentials that the first interface takes: for a password, a token in its place."""
        if "password" not in credentials:
            return credentials
        ends = self._signed_in.expires_at if self._signed_in else None
        if self._signed_in is None or (ends is not None and ends < datetime.now(UTC) + _SOON):
            self._signed_in = tokens_obtain(self._base, credentials)
        named = {name: credentials[name] for name in ("accountNumber",) if name in credentials}
        return {**named, "access_token": self._signed_in.access_token}

    def _account(self, credentials: Credentials, settings: Settings) -> dict[str, Any]:
        number = _account_number(credentials, settings) or self._own_number(credentials)
        answer = ask_raw(
            "The supplier", f"{self._base}/accounts/{quote(number, safe='')}/", headers=_signed(credentials)
        )
        if answer.status == 404:
            raise CredentialsRefused(
                f"The supplier knows no account {number} for these credentials. Look at both again."
            )
        refuse_failure("The supplier", answer)
        account = parsed("The supplier", answer)
        if not isinstance(account, dict) or not isinstance(account.get("properties"), list):
            raise AnswerUnreadable("The supplier's answer about the account names no properties.")
        return {**account, "number": str(account.get("number") or number)}

    def _own_number(self, credentials: Credentials) -> str:
        """Return the number of the one account that the credentials open, which only the other interface tells."""
        token = credentials.get("access_token") or tokens_obtain(self._base, credentials).access_token
        return account_number(self._base, token)

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
        return {"Authorization": token}  # bare: the supplier wants no word in front
    pair = base64.b64encode(f"{credentials.get('apiKey', '')}:".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _account_number(credentials: Credentials, settings: Settings) -> str:
    return str(credentials.get("accountNumber") or settings.get("account_number") or "").strip().upper()


def _meters(account: dict[str, Any], settings: Settings) -> Iterator[_Meter]:
    gas_unit = "kWh" if settings.get("gas_unit") == "kWh" else "m3"
    for home in tables(account["properties"]):
        if home.get("moved_out_at"):
            continue
        for point in tables(home.get("electricity_meter_points")):
            if not point.get("is_export"):
                yield from _meters_of("electricity", point, "mpan", ReadingType.ELECTRICITY, "kWh")
        for point in tables(home.get("gas_meter_points")):
            yield from _meters_of("gas", point, "mprn", ReadingType.GAS, gas_unit)


def _meters_of(kind: str, point: dict[str, Any], key: str, reading_type: ReadingType, unit: str) -> Iterator[_Meter]:
    for meter in tables(point.get("meters")):
        number, serial = str(point.get(key) or ""), str(meter.get("serial_number") or "")
        if number and serial:
            yield _Meter(kind, number, serial, reading_type, unit)


def _record(meter: _Meter, row: Any) -> ReadingRecord | RejectedRecord:
    if not isinstance(row, dict):
        return RejectedRecord("", meter.series, "", "", f"This is no half-hour: {shown(row)}.")
    start, value = row.get("interval_start"), row.get("consumption")
    try:
        begins, ends = moment_of(start), moment_of(row.get("interval_end"))
        if not timedelta() < ends - begins <= _LONGEST_INTERVAL:
            raise NotAValue("It does not last between a moment and an hour.")
        quantity = quantity_of(value)
    except NotAValue as error:
        return RejectedRecord(f"{meter.series}:{shown(start)}", meter.series, shown(start), shown(value), str(error))
    name = interval_id(meter.series, begins)
    return ReadingRecord(meter.reading_type, name, meter.series, begins, ends, quantity, meter.unit)


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
