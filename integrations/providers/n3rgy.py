"""n3rgy, which reads smart meters through the DCC for its customers: half-hours of one meter point with consent.

The key of a business opens many meter points; a data source is one of them. A time stamp marks the end of its
half-hour unless the setting `timestamps_mark` says `start`: the provider's own description does not say. A meter with
two elements answers with two values, which are two series.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from integrations.choices import ReadingType
from integrations.providers.asking import ask_raw, parsed, refuse_failure
from integrations.providers.base import (
    AccountFound,
    AnswerUnreadable,
    Credentials,
    CredentialsRefused,
    Limits,
    NothingFound,
    ReauthorisationNeeded,
    Settings,
)
from integrations.providers.values import NotAValue, quantity_of, shown
from integrations.reading_records import ReadingRecord, RejectedRecord, interval_id
from integrations.units import is_known, unit_code

OWN_BASE_URL = "https://api-v2.data.n3rgy.com"
_NAME = "n3rgy"
_PAGE_SIZE = 100
_MOST_PAGES = 500
_HALF_HOUR = timedelta(minutes=30)
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_MPAN_DIGITS = 13  # a gas meter point has six to ten


class N3rgyAdapter:
    """Reads one meter point with a business's API key."""

    name: ClassVar[str] = "n3rgy"
    limits: ClassVar[Limits] = Limits(history=timedelta(days=395), longest_range=timedelta(days=31))
    own_settings: ClassVar[Mapping[str, tuple[str, ...]]] = {"timestamps_mark": ("end", "start"), "mpxn": ()}

    def __init__(self, base_url: str = "") -> None:
        self._base = (base_url or OWN_BASE_URL).rstrip("/")

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Look for the meter point among those that the key opens; the only one need not be named.

        Raises:
            ProviderProblem: the key is refused, the provider is silent, or the meter point is not consented to.
        """
        wanted = _meter_point(credentials, settings)
        found = list(self._meter_points(credentials))
        if not found:
            raise NothingFound("This key opens no meter point yet; its holder has to consent at n3rgy first.")
        if not wanted and len(found) > 1:
            raise CredentialsRefused("This key opens several meter points: give the number of one (MPAN or MPRN).")
        point = wanted or found[0]
        if point not in found:
            raise ReauthorisationNeeded(f"Meter point {point} is not open to this key; its holder has to consent.")
        return AccountFound(reference=point, name=point, settings={"mpxn": point})

    def read(
        self, credentials: Credentials, settings: Settings, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        """Yield the half-hours of the meter point.

        Raises:
            ProviderProblem: see `base`.
        """
        point = _meter_point(credentials, settings)
        if not point:
            raise CredentialsRefused("Give the number of the meter point (MPAN or MPRN).")
        is_electricity = len(point) == _MPAN_DIGITS
        utility = "electricity" if is_electricity else "gas"
        shift = timedelta() if settings.get("timestamps_mark") == "start" else _HALF_HOUR
        answer = self._get(
            f"mpxn/{quote(point, safe='')}/utility/{utility}/readingtype/consumption",
            credentials,
            {
                "start": f"{(since + shift).astimezone(UTC):%Y%m%d%H%M}",
                "end": f"{(until + shift).astimezone(UTC):%Y%m%d%H%M}",
                "granularity": "halfhour",
                "outputFormat": "json",
            },
        )
        unit = str(answer.get("unit", ""))
        if not isinstance(answer.get("devices"), list):
            raise AnswerUnreadable("n3rgy's answer names no devices.")
        if not is_known(unit):
            raise AnswerUnreadable(f"n3rgy gives the meter in “{unit[:20]}”, which is no unit of energy or volume.")
        kind = ReadingType.ELECTRICITY if is_electricity else ReadingType.GAS
        for series, row in _values(point, answer["devices"]):
            for record in _records(kind, series, unit_code(unit), row, shift):
                if isinstance(record, RejectedRecord) or since <= record.starts_at < until:
                    yield record

    def _meter_points(self, credentials: Credentials) -> Iterator[str]:
        for page in range(_MOST_PAGES):
            start = page * _PAGE_SIZE
            answer = self._get("", credentials, {"startat": str(start), "maxresults": str(_PAGE_SIZE)})
            entries, total = answer.get("entries"), answer.get("total")
            if not isinstance(entries, list) or not isinstance(total, int):
                raise AnswerUnreadable("n3rgy's answer holds no list of meter points.")
            yield from (str(each) for each in entries)
            if not entries or start + len(entries) >= total:
                return

    def _get(self, path: str, credentials: Credentials, params: dict[str, str]) -> dict[str, Any]:
        headers = {"x-api-key": credentials.get("apiKey", "")}
        answer = ask_raw(_NAME, f"{self._base}/{path}", headers=headers, params=params)
        if answer.status in {403, 404} and b'"errors"' in answer.body:
            said = _first_error(parsed(_NAME, answer))
            if answer.status == 404:
                raise NothingFound(f"n3rgy has nothing for this meter point: {said}")
            if "consent" in said.lower():
                raise ReauthorisationNeeded(f"n3rgy may not read this meter: {said}")
        refuse_failure(_NAME, answer)
        found = parsed(_NAME, answer)
        if not isinstance(found, dict):
            raise AnswerUnreadable("n3rgy's answer is no object.")
        return found


def _meter_point(credentials: Credentials, settings: Settings) -> str:
    given = str(credentials.get("mpxn") or settings.get("mpxn") or "")
    return "".join(given.split())


def _first_error(answer: Any) -> str:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("message", ""))[:200]


def _values(point: str, devices: list[Any]) -> Iterator[tuple[str, Any]]:
    for device in devices:
        values = device.get("values") if isinstance(device, dict) else None
        if not isinstance(values, list):
            raise AnswerUnreadable("n3rgy's answer holds a device without values.")
        series = f"{point}/{device.get('deviceId', '')}"[:110]
        for row in values:
            yield series, row


def _records(
    kind: ReadingType, series: str, unit: str, row: Any, shift: timedelta
) -> Iterator[ReadingRecord | RejectedRecord]:
    """Yield the values of one half-hour: one, or two of a meter with two elements; a null is a gap and nothing."""
    if not isinstance(row, dict):
        yield RejectedRecord("", series, "", "", f"This is no half-hour: {shown(row)}.")
        return
    stamp = row.get("timestamp")
    for key, name in (("primaryValue", series), ("secondaryValue", f"{series}/2")):
        value = row.get(key)
        if value is None:
            continue
        try:
            begins = _moment(stamp) - shift
            quantity = quantity_of(value)
        except NotAValue as error:
            yield RejectedRecord(f"{name}:{shown(stamp)}", name, shown(stamp), shown(value), str(error))
            continue
        yield ReadingRecord(kind, interval_id(name, begins), name, begins, begins + _HALF_HOUR, quantity, unit)


def _moment(stamp: Any) -> datetime:
    try:
        if _STAMP.fullmatch(stamp):
            return datetime.fromisoformat(stamp).replace(tzinfo=UTC)  # ten times as fast
        return datetime.strptime(stamp, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except (TypeError, ValueError) as error:
        raise NotAValue("Its time is no time such as 2022-03-10 00:30.") from error
