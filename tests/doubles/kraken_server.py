"""A double of Octopus Energy and its kin: the REST account and consumption, and GraphQL's refusals with status 200.

Signing in by e-mail address and password gives a token for an hour and, unless `refreshes` is off, a refresh token,
which `rotates` or stays; `over` are those that have ended.
"""

import base64
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.provider_server import Answer, Asked, ProviderDouble

API_KEY = "live_0123456789abcdef"
TOKEN = "kraken.token.0123456789"
EMAIL, PASSWORD = "power@example.org", "pässword of the customer"
ACCOUNT = "A-1B2C3D4E"
MPAN, SERIAL, OLD_SERIAL = "1000000000000", "1111111111", "0000000000"
MPRN, GAS_SERIAL = "1234567890", "12345678901234"
EXPORT_MPAN = "1000000000009"
_DETAIL = {"detail": "Authentication credentials were not provided."}


@dataclass
class KrakenServer(ProviderDouble):
    """`usage` maps a half-hour's begin to what the electricity meter used; `tokens` are access tokens that are good."""

    prefix: str = "/v1"
    usage: dict[datetime, Any] = field(default_factory=dict)
    gas: dict[datetime, Any] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=lambda: [ACCOUNT])
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    page_size: int = 3
    refreshes: bool = True
    rotates: bool = True
    lasts: timedelta = timedelta(hours=1)
    refresh_tokens: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def answer(self, asked: Asked) -> Answer:
        """Answer as the supplier does."""
        if asked.path == "/graphql/":
            return self._graphql(asked)
        if not self._signed(asked.headers.get("authorization", "")):
            return 401, {}, _DETAIL
        parts = asked.path.strip("/").split("/")
        if parts[0] == "accounts":
            return (200, {}, _account(parts[1])) if parts[1] in self.accounts else (404, {}, {"detail": "Not found."})
        if parts[0] == "electricity-meter-points":
            return self._page(self.usage if parts[3] == SERIAL else {}, asked)
        if parts[0] == "gas-meter-points":
            return self._page(self.gas, asked)
        return 404, {}, {"detail": "Not found."}

    def _signed(self, header: str) -> bool:
        good = f"Basic {base64.b64encode(f'{API_KEY}:'.encode()).decode()}"
        return header == good or header in self.tokens

    def _graphql(self, asked: Asked) -> Answer:
        if "obtainKrakenToken" in asked.body["query"]:
            return 200, {}, self._obtained(asked.body["variables"]["input"])
        if asked.headers.get("authorization") not in self.tokens:
            return 200, {}, _refused("KT-CT-1112", "AUTHORIZATION")
        return 200, {}, {"data": {"viewer": {"accounts": [{"number": number} for number in self.accounts]}}}

    def _obtained(self, given: dict[str, str]) -> dict[str, Any]:
        if given == {"APIKey": API_KEY}:
            return {"data": {"obtainKrakenToken": {"token": TOKEN, "refreshToken": None, "payload": {}}}}
        refresh = given.get("refreshToken", "")
        if refresh in self.over:
            return _refused("KT-CT-1134", "VALIDATION")
        if refresh and refresh not in self.refresh_tokens:
            return _refused("KT-CT-1135", "VALIDATION")
        if not refresh and given != {"email": EMAIL, "password": PASSWORD}:
            return _refused("KT-CT-1138", "VALIDATION")
        token, now = f"kraken.token.{next(self._numbers)}", datetime.now(UTC)
        self.tokens.add(token)
        if not refresh or self.rotates:
            self.refresh_tokens.discard(refresh)
            refresh = f"refresh{next(self._numbers)}"
            self.refresh_tokens.add(refresh)
        found: dict[str, Any] = {"token": token, "payload": {"exp": int((now + self.lasts).timestamp())}}
        if self.refreshes:
            ends = int((now + timedelta(days=7)).timestamp())
            found |= {"refreshToken": refresh, "refreshExpiresIn": ends}
        return {"data": {"obtainKrakenToken": found}}

    def _page(self, usage: dict[datetime, Any], asked: Asked) -> Answer:
        since, until = (datetime.fromisoformat(asked.query[name]) for name in ("period_from", "period_to"))
        if asked.query["order_by"] != "period" or int(asked.query["page_size"]) > 1500:
            return 400, {}, {"detail": "Bad request."}
        rows = [_row(begin, value) for begin, value in sorted(usage.items()) if since <= begin < until]
        page = int(asked.query["page"])
        shown = rows[(page - 1) * self.page_size : page * self.page_size]
        more = f"{self.url}{asked.path}?page={page + 1}" if page * self.page_size < len(rows) else None
        return 200, {}, {"count": len(rows), "next": more, "previous": None, "results": shown}


def half_hours(first: datetime, values: list[Any]) -> dict[datetime, Any]:
    """Return usage: a value for each half-hour from `first` on."""
    return {first.astimezone(UTC) + timedelta(minutes=30 * number): value for number, value in enumerate(values)}


def _row(begin: datetime, value: Any) -> dict[str, Any]:
    return {
        "consumption": value,
        "interval_start": begin.isoformat(),
        "interval_end": (begin + timedelta(minutes=30)).isoformat(),
    }


def _refused(code: str, kind: str) -> dict[str, Any]:
    return {"errors": [{"message": "No.", "path": ["viewer"], "extensions": {"errorType": kind, "errorCode": code}}]}


def _account(number: str) -> dict[str, Any]:
    def meters(*serials: str) -> list[dict[str, Any]]:
        return [{"serial_number": serial, "registers": []} for serial in serials]

    home = {
        "id": 1,
        "moved_in_at": "2020-11-30T00:00:00Z",
        "moved_out_at": None,
        "electricity_meter_points": [
            {"mpan": MPAN, "meters": meters(OLD_SERIAL, SERIAL), "is_export": False},
            {"mpan": EXPORT_MPAN, "meters": meters("9999999999"), "is_export": True},
        ],
        "gas_meter_points": [{"mprn": MPRN, "meters": meters(GAS_SERIAL)}],
    }
    left = {**home, "id": 2, "moved_out_at": "2020-11-30T00:00:00Z"}
    return {"number": number, "properties": [left, home]}
