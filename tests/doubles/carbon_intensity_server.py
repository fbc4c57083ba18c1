"""A double of the UK Carbon Intensity API: at most 14 days, the half hour before as well, regions in another shape."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.provider_server import Answer, Asked, ProviderDouble

HALF_HOUR = timedelta(minutes=30)


@dataclass
class CarbonIntensityServer(ProviderDouble):
    """`values` is the intensity of a half hour, by its begin."""

    values: dict[datetime, dict[str, Any]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Answer:
        """Answer as the provider does."""
        parts = asked.path.strip("/").split("/")
        at = 2 if parts[0] == "regional" else 1
        begins, ends = (datetime.strptime(part, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC) for part in parts[at : at + 2])
        if ends - begins > timedelta(days=14):
            return 400, {}, {"error": {"code": "400 Bad Request", "message": "Range is limited to 14 days."}}
        rows = [
            {"from": f"{start:%Y-%m-%dT%H:%MZ}", "to": f"{start + HALF_HOUR:%Y-%m-%dT%H:%MZ}", "intensity": value}
            for start, value in sorted(self.values.items())
            if begins - HALF_HOUR <= start < ends
        ]
        if parts[0] == "regional":
            return 200, {}, {"data": {"regionid": int(parts[-1]), "shortname": "London", "data": rows}}
        return 200, {}, {"data": rows}
