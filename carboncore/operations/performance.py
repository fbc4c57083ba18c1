"""The figures of `GET /performance`: every route's requests since the server was started, over all its processes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client.samples import Sample

from carboncore.common.observing import metrics
from carboncore.operations import sampling


@dataclass
class _Route:
    count: int = 0
    seconds: float = 0.0
    errors: int = 0

    def add(self, count: int, seconds: float, errors: int) -> None:
        self.count += count
        self.seconds += seconds
        self.errors += errors

    def mean(self) -> float:
        return round(self.seconds / self.count, 6) if self.count else 0.0

    def error_rate(self) -> float:
        return round(self.errors / self.count, 6) if self.count else 0.0


def performance() -> dict[str, Any]:
    """Return the contract's shape: times in seconds, rates from 0 to 1, use of the machine in percent.

    An error is an answer of 500 or more: what the server did wrong, and not what it was asked wrongly.
    """
    samples = [sample for metric in metrics.whole_registry().collect() for sample in metric.samples]
    routes: dict[str, _Route] = defaultdict(_Route)
    total = _Route()
    for name, count, seconds, errors in _requests(samples):
        routes[name].add(count, seconds, errors)
        total.add(count, seconds, errors)
    return {
        "summary": {
            "total_requests": total.count,
            "avg_response_time": total.mean(),
            "error_rate": total.error_rate(),
            "endpoint_count": len(routes),
        },
        "endpoints": {
            name: {"count": route.count, "avg_response_time": route.mean(), "error_rate": route.error_rate()}
            for name, route in sorted(routes.items())
        },
        "system": _system(samples),
    }


def _requests(samples: Iterable[Sample]) -> Iterator[tuple[str, int, float, int]]:
    """Yield for each route, method and status: its name, how many, their seconds, how many of them errors."""
    counts: dict[tuple[str, str], float] = {}
    seconds: dict[tuple[str, str], float] = {}
    for sample in samples:
        if sample.name.startswith("carboncore_http_request_duration_seconds_") and "le" not in sample.labels:
            key = (f"{sample.labels['method']} {sample.labels['route']}", sample.labels["status"])
            if sample.name.endswith("_count"):
                counts[key] = sample.value
            elif sample.name.endswith("_sum"):
                seconds[key] = sample.value
    for (name, status), count in counts.items():
        yield name, int(count), seconds[name, status], int(count) if status >= "500" else 0


def _system(samples: Iterable[Sample]) -> dict[str, float]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for sample in samples:
        if sample.name.startswith("carboncore_system_used_percent_"):
            found[sample.labels["resource"]][sample.name.rsplit("_", 1)[1]] = sample.value
    means = {name: kept["sum"] / kept["count"] for name, kept in found.items() if kept.get("count")}
    if not means:  # nobody samples in this process: what it is now
        means = dict(sampling.sample(0.1))
    return {f"{name}_avg": round(means[name], 2) for name in ("cpu", "memory", "disk")}
