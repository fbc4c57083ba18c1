"""The UK Carbon Intensity API (NESO): grams of CO2 for a kWh of Great Britain's grid and its regions, by half hour.

Nothing of a customer's, so no adapter: whoever asks stores it as grid intensity. The answer for a time begins with the
half hour that ends with it, which was not asked for. Regions have a forecast and no actual value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.providers.asking import ask
from integrations.providers.base import AnswerUnreadable
from integrations.providers.values import NotAValue, moment_of, quantity_of

OWN_BASE_URL = "https://api.carbonintensity.org.uk"
LONGEST_RANGE = timedelta(days=14)
NATION = "GB"
REGIONS = {f"{NATION}-{number}": number for number in range(1, 18)}
_NAME = "The UK Carbon Intensity API"
_MOST = Decimal(2000)  # g/kWh; the dirtiest coal is half of it


@dataclass(frozen=True)
class Intensity:
    """One half hour of a region, in g/kWh: what was forecast, and what it was once that is known."""

    region: str
    starts_at: datetime
    forecast: Decimal | None
    actual: Decimal | None


def intensities_read(*, region: str, since: datetime, until: datetime, base_url: str = "") -> Iterator[Intensity]:
    """Yield the half hours that begin in [since, until), for `GB` or one of `REGIONS`; odd values are left out.

    Raises:
        ProviderProblem: it is silent, or its answer cannot be read.
        KeyError: it has no such region.
    """
    base = (base_url or OWN_BASE_URL).rstrip("/")
    begins = since
    while begins < until:
        ends = min(begins + LONGEST_RANGE, until)
        for row in _rows(base, region, begins, ends):
            found = _intensity(region, row)
            if found is not None and begins <= found.starts_at < ends:
                yield found
        begins = ends


def _rows(base: str, region: str, begins: datetime, ends: datetime) -> list[Any]:
    times = "/".join(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}" for moment in (begins, ends))
    if region == NATION:
        answer = ask(_NAME, f"{base}/intensity/{times}")
        rows = answer.get("data") if isinstance(answer, dict) else None
    else:
        answer = ask(_NAME, f"{base}/regional/intensity/{times}/regionid/{REGIONS[region]}")
        inner = answer.get("data") if isinstance(answer, dict) else None
        # One region is an object here, and a list of one elsewhere.
        inner = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
        rows = inner.get("data") if isinstance(inner, dict) else None
    if not isinstance(rows, list):
        raise AnswerUnreadable(f"{_NAME}'s answer holds no list of half hours.")
    return rows


def _intensity(region: str, row: Any) -> Intensity | None:
    if not isinstance(row, dict) or not isinstance(row.get("intensity"), dict):
        return None
    try:
        starts_at = moment_of(row.get("from"))
    except NotAValue:
        return None
    forecast, actual = (_grams(row["intensity"].get(key)) for key in ("forecast", "actual"))
    return None if forecast is None and actual is None else Intensity(region, starts_at, forecast, actual)


def _grams(value: Any) -> Decimal | None:
    try:
        grams = quantity_of(value)
    except NotAValue:
        return None
    return grams if grams <= _MOST else None
