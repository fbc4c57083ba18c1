"""A double of n3rgy: a list of meter points in pages, half-hours stamped with their end, consent, a quota."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.doubles.provider_server import Answer, Asked, ProviderDouble

KEY = "n3rgy-key"


def error(code: int, message: str) -> Answer:
    """Return an answer in the provider's form of errors."""
    return code, {}, {"errors": [{"code": code, "message": message}]}


@dataclass
class N3rgyServer(ProviderDouble):
    """`rows` are the values of the meter point `points[0]`, each with the end of its half-hour as `timestamp`."""

    points: list[str] = field(default_factory=lambda: ["1234567891000"])
    rows: list[dict[str, Any]] = field(default_factory=list)
    unit: str = "kWh"
    page_size: int = 100

    def answer(self, asked: Asked) -> Answer:
        """Answer as the provider does."""
        if asked.headers.get("x-api-key") != KEY:
            return error(401, "Unauthorized")
        if asked.path == "/":
            start = int(asked.query.get("startat", 0))
            found = self.points[start : start + self.page_size]
            return 200, {}, {"resource": "/", "startAt": start, "total": len(self.points), "entries": found}
        point = asked.path.split("/")[2]
        if point not in self.points:
            return error(403, "Consent for the given MPxN not found.")
        begins, ends = (datetime.strptime(asked.query[key], "%Y%m%d%H%M") for key in ("start", "end"))  # noqa: DTZ007
        return 200, {}, {
            "resource": asked.path,
            "unit": self.unit,
            "granularity": asked.query["granularity"],
            "devices": [{"deviceId": "01-0A", "values": [row for row in self.rows if within(row, begins, ends)]}],
        }  # fmt: skip


def within(row: dict[str, Any], begins: datetime, ends: datetime) -> bool:
    """Whether a row's stamp lies in what was asked for; one that is no time is always sent."""
    try:
        return begins <= datetime.strptime(row["timestamp"], "%Y-%m-%d %H:%M") <= ends + timedelta()  # noqa: DTZ007
    except (TypeError, ValueError):
        return True
