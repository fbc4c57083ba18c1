"""The measurements that every web process takes, added up over the processes of one server when they are asked for.

Several processes answer requests, so each keeps its figures in a small memory-mapped file (prometheus-client's way, in
`PROMETHEUS_MULTIPROC_DIR`), and whoever asks reads the files of all of them. Without that folder (a command, a test)
they stay in the process.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# The bounds of the time classes in seconds: from a read out of memory to what the alert calls far too slow.
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "carboncore_http_request_duration_seconds",
    "Time from a request's arrival in the application to its answer.",
    ("method", "route", "status"),
    buckets=_BOUNDS,
    registry=REGISTRY,
)
IN_FLIGHT = Gauge(
    "carboncore_http_requests_in_flight",
    "Requests that are being answered now.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
DATABASE_ERRORS = Counter(
    "carboncore_database_errors_total",
    "Failures of the database itself: no connection, a lost one, a query given up. Refused data does not count.",
    ("kind",),
    registry=REGISTRY,
)
SLOW_QUERIES = Counter(
    "carboncore_database_slow_queries_total", "Queries that took longer than SLOW_QUERY_MS.", registry=REGISTRY
)
REFUSALS = Counter(
    "carboncore_refusals_total",
    "Refusals that the audit trail records, by action: session.refused is a failed sign-in.",
    ("action",),
    registry=REGISTRY,
)
SYSTEM_LOAD = Summary(
    "carboncore_system_used_percent",
    "How much of the machine is in use, in percent; sampled, so that sum divided by count is the mean.",
    ("resource",),
    registry=REGISTRY,
)

_requests: dict[tuple[str, str, int], Histogram] = {}


def request_answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. Keeps the labelled series at hand: looking one up costs as much as counting."""
    key = (method, route, status)
    series = _requests.get(key)
    if series is None:
        series = _requests[key] = REQUESTS.labels(method, route, str(status))
    series.observe(seconds)


def shared_folder() -> Path | None:
    """Return where the processes of this server keep their figures; None where this process keeps its own."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    return Path(folder) if folder and values.ValueClass._multiprocess else None  # noqa: SLF001 - it has no public name


def whole_registry() -> CollectorRegistry:
    """Return a registry that holds the figures of all processes of this server."""
    folder = shared_folder()
    if folder is None:
        return REGISTRY
    for pid in _dead_processes(folder):
        mark_process_dead(pid, str(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    return registry


def _dead_processes(folder: Path) -> Iterator[int]:
    """Yield the processes that were killed with requests in flight: what they had begun, nobody is answering now."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rsplit("_", 1)[1])
        if not psutil.pid_exists(pid):
            yield pid
