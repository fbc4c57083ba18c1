"""What Prometheus reads at `/metrics`: the web processes' own figures, and the registry's state in the database."""

from collections.abc import Iterator

import psutil
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from carboncore.common.observing import metrics
from carboncore.operations.state import State, read_state


def exposition() -> bytes:
    """Return all figures in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_StateCollector(read_state()))
    return generate_latest(metrics.whole_registry()) + generate_latest(registry)


class _StateCollector(Collector):
    """The state as gauges. What could not be read is left out, so that no alert takes an old figure for a new one."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = self._state
        yield _gauge("database_up", "1 when PostgreSQL answers.", 0 if state.database_error else 1)
        free = 100 - psutil.disk_usage(str(settings.VAR_DIR)).percent
        yield _gauge("disk_free_percent", "Free space where the server keeps its files.", free)
        if state.database_error:
            return
        missing = len(state.migrations_missing)
        yield _gauge("migrations_missing", "Migrations of this code that the database has not had.", missing)
        if state.is_readable:
            yield from self._work()

    def _work(self) -> Iterator[GaugeMetricFamily]:
        state = self._state
        jobs = GaugeMetricFamily("carboncore_jobs", "Background jobs by state.", labels=["state"])
        for name in ("waiting", "running", "failed"):
            jobs.add_metric([name], state.jobs[name])
        yield jobs
        yield _gauge("jobs_stuck", "Jobs that a dead worker had begun, or that nobody takes.", state.jobs["stuck"])
        yield _gauge("job_oldest_waiting_seconds", "Age of the oldest job due.", state.jobs["oldest_waiting_seconds"])
        mails = GaugeMetricFamily("carboncore_mails", "Outgoing mails by state.", labels=["state"])
        for name in ("queued", "sent", "failed"):
            mails.add_metric([name], state.mails.get(name, 0))
        yield mails
        if state.worker_age is not None:
            yield _gauge("worker_heartbeat_age_seconds", "Since a job worker last showed itself.", state.worker_age)
        if state.ledger_age is not None:
            yield _gauge("ledger_verification_age_seconds", "Since the ledger was last replayed.", state.ledger_age)
        yield _gauge("ledger_problems", "What the last verification of the ledger found.", state.ledger_problems)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"carboncore_{name}", words, value=value)
