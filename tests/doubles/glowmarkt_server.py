"""A double of Glowmarkt: signing in, one home with its meters, half-hours for at most ten days a call."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.provider_server import Answer, Asked, ProviderDouble

PASSWORD = "correct horse 9"
TOKEN = "glow.token"
_MISSING: Answer = (400, {}, {"error": "missing elements"})
_DENIED: Answer = (401, {}, {"error": "Access denied"})


@dataclass
class GlowmarktServer(ProviderDouble):
    """`values` is what a resource answers for a moment in seconds; what it does not name is null."""

    prefix: str = "/api/v0-1"
    units: dict[str, str] = field(default_factory=lambda: {"elec-1": "kWh", "gas-1": "kWh"})
    values: dict[tuple[str, int], Any] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Answer:
        """Answer as the provider does: a header that is missing is 400, not 401."""
        if "applicationid" not in asked.headers:
            return _MISSING
        if asked.path == "/auth":
            return self._sign_in(asked.body)
        if "token" not in asked.headers:
            return _MISSING
        if asked.headers["token"] != TOKEN:
            return _DENIED
        if asked.path == "/virtualentity":
            return 200, {}, [{"veId": "home-1", "veTypeId": "t", "name": "Home", "postalCode": "N1 1AA"}]
        if asked.path == "/virtualentity/home-1/resources":
            return 200, {}, {"veId": "home-1", "name": "Home", "resources": self._resources()}
        if asked.path.startswith("/resource/") and asked.path.endswith("/readings"):
            return self._readings(asked.path.split("/")[2], asked.query)
        return 404, {}, {"error": "Not found"}

    def _sign_in(self, body: dict[str, str]) -> Answer:
        if body.get("password") != PASSWORD:
            return _DENIED
        return 200, {}, {"valid": True, "token": TOKEN, "exp": 1_900_000_000, "accountId": "acc-77", "name": "A"}

    def _resources(self) -> list[dict[str, str]]:
        kinds = {
            "elec-1": "electricity.consumption",
            "elec-cost": "electricity.consumption.cost",
            "gas-1": "gas.consumption",
            "export-1": "electricity.export",
        }
        return [{"resourceId": key, "classifier": kind, "baseUnit": "kWh"} for key, kind in kinds.items()]

    def _readings(self, resource: str, query: dict[str, str]) -> Answer:
        begins, ends = (datetime.fromisoformat(query[key]).replace(tzinfo=UTC) for key in ("from", "to"))
        if query["period"] != "PT30M" or query["nulls"] != "1" or ends - begins > timedelta(days=10):
            return 400, {}, {"error": "missing elements"}
        first = -(-int(begins.timestamp()) // 1800) * 1800
        moments = range(first, int(ends.timestamp()) + 1, 1800)
        data = [[moment, self.values.get((resource, moment))] for moment in moments]
        return 200, {}, {"status": "OK", "units": self.units[resource], "resourceId": resource, "data": data}
