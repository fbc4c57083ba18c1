"""What the usage reports of language models have in common: whole days in UTC, one reading for each model.

A day that is not over is not asked for, because its figures would still grow. Rows of one model on one day (of
several tiers, say) are added up, so that a model's day is one record.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.choices import ReadingType
from integrations.providers.values import NotAValue, quantity_of, shown
from integrations.reading_records import ReadingRecord, RejectedRecord, interval_id

_DAY = timedelta(days=1)
NAMELESS = "unnamed model"


@dataclass
class _Usage:
    output: Decimal = Decimal(0)
    requests: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


def whole_days(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the days in UTC that lie wholly before `until`, beginning with the one that `since` lies in."""
    begins, ends = (
        moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) for moment in (since, until)
    )
    return begins, max(begins, ends)


def day_of_usage(begins: datetime, rows: Iterable[Any]) -> Iterator[ReadingRecord | RejectedRecord]:
    """Yield what each model put out on a day; `rows` are the provider's, with `model` and `output_tokens`."""
    models: dict[str, _Usage] = defaultdict(_Usage)
    for row in rows:
        if not isinstance(row, dict):
            yield RejectedRecord("", "", begins.isoformat(), "", f"This is no row of usage: {shown(row)}.")
            continue
        model = str(row.get("model") or NAMELESS)[:100]
        try:
            quantity = quantity_of(row.get("output_tokens"))
        except NotAValue as error:
            tokens = shown(row.get("output_tokens"))
            yield RejectedRecord(interval_id(model, begins), model, begins.isoformat(), tokens, str(error))
            continue
        usage = models[model]
        usage.output += quantity
        requests = row.get("num_model_requests")
        usage.requests += requests if isinstance(requests, int) and not isinstance(requests, bool) else 0
        usage.rows.append(row)
    for model, usage in models.items():
        payload: dict[str, Any] = {"model": model, "usage": usage.rows}
        if usage.requests:
            payload["requests"] = usage.requests
        yield ReadingRecord(
            reading_type=ReadingType.AI_USAGE,
            external_id=interval_id(model, begins),
            series=model,
            starts_at=begins,
            ends_at=begins + _DAY,
            quantity=usage.output,
            unit="token",
            payload=payload,
        )
