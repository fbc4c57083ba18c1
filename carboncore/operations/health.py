"""The checks of `/health/ready`: can this server do its work, and is somebody doing the work behind it?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil
from django.conf import settings

from carboncore.operations.state import State, read_state


@dataclass(frozen=True)
class Check:
    """The outcome of one check; `detail` is for staff and may name internals."""

    is_ok: bool
    detail: str


def run_checks(names: list[str] | None = None) -> dict[str, Check]:
    """Run the named checks, all of them without names, in the order of `CHECKS`."""
    state = read_state()
    return {name: check(state) for name, check in CHECKS.items() if names is None or name in names}


def _database(state: State) -> Check:
    return Check(not state.database_error, state.database_error or "reachable")


def _migrations(state: State) -> Check:
    if state.database_error:
        return _UNKNOWN
    missing = state.migrations_missing
    return Check(not missing, f"missing: {', '.join(missing)}; run manage.py migrate" if missing else "all applied")


def _worker(state: State) -> Check:
    if not state.is_readable:
        return _UNKNOWN
    if state.worker_age is None:
        return Check(is_ok=False, detail="no job worker runs; start manage.py procrastinate worker")
    limit = settings.WORKER_HEARTBEAT_MAX_SECONDS
    return Check(state.worker_age <= limit, f"last seen {state.worker_age:.0f} s ago, at most {limit} s")


def _ledger(state: State) -> Check:
    if not state.is_readable:
        return _UNKNOWN
    if state.ledger_problems:
        return Check(
            is_ok=False, detail=f"the last verification found {state.ledger_problems} problems: docs/operations.md"
        )
    if state.ledger_age is None:
        return Check(is_ok=True, detail="no entries yet")
    hours, limit = state.ledger_age / 3600, settings.LEDGER_VERIFICATION_MAX_HOURS
    return Check(hours <= limit, f"clean {hours:.1f} h ago, at most {limit} h")


def _disk(_state: State) -> Check:
    free = 100 - psutil.disk_usage(str(settings.VAR_DIR)).percent
    limit = settings.DISK_FREE_MIN_PERCENT
    return Check(free >= limit, f"{free:.1f} % free, at least {limit} %")


_UNKNOWN = Check(is_ok=False, detail="not known while the database cannot be read")
CHECKS: Mapping[str, Callable[[State], Check]] = {
    "database": _database,
    "migrations": _migrations,
    "worker": _worker,
    "ledger": _ledger,
    "disk": _disk,
}
