"""What every way in hands over: a reading as it was understood, or a record that could not be taken and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.choices import ReadingQuality


@dataclass(frozen=True, slots=True)
class ReadingRecord:
    """One reading over the half-open time [starts_at, ends_at), both with a time zone.

    `quantity` is in `unit`, one that `integrations.units` knows. `external_id` names the record for good: the same
    record has the same id by poll, by file and by webhook. `payload` is the provider's record where it says more.
    """

    reading_type: str
    external_id: str
    series: str
    starts_at: datetime
    ends_at: datetime
    quantity: Decimal
    unit: str
    quality: str = ReadingQuality.MEASURED
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A record that was not taken, as text for the rejects list, and what to do about it."""

    external_id: str
    series: str
    starts_at: str
    quantity: str
    reason: str


def interval_id(series: str, starts_at: datetime) -> str:
    """Return the external id of an interval of a series: the same half hour by file and by poll is one record."""
    minute = starts_at.astimezone(UTC).isoformat(timespec="minutes")  # strftime takes five times as long
    return f"{series}:{minute.removesuffix('+00:00')}Z"
