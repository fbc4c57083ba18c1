"""Running actions at the same moment, each on a database connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any

from django.db import IntegrityError, connection

from registry.services.validation import constraint_of

PATIENCE = 30  # seconds; a barrier that waits longer is broken, and the test fails


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Start all actions together; return what each returned or raised, in their order."""
    start = Barrier(len(actions))
    with ThreadPoolExecutor(len(actions)) as pool:
        futures = [pool.submit(_outcome, action, start) for action in actions]
        return [future.result(timeout=PATIENCE * 2) for future in futures]


@contextmanager
def under_way(action: Callable[[], Any]) -> Iterator[Any]:
    """Run the action on another connection beside the block; yields its future."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(_outcome, action, Barrier(1))


def meeting(original: Callable[..., Any], parties: int, *, before: bool = True) -> Callable[..., Any]:
    """Wrap a function so that `parties` threads meet before (or after) it on their first call of it."""
    barrier, waits = Barrier(parties), iter(range(parties))

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = None if before else original(*args, **kwargs)
        if next(waits, None) is not None:
            barrier.wait(PATIENCE)
        return original(*args, **kwargs) if before else result

    return wrapped


def waits_for_a_lock(application_pid: int) -> bool:
    """Whether the backend waits for a lock that another holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [application_pid])
        return bool(cursor.fetchone()[0])


def backend_pid() -> int:
    """Return the process number of this connection's backend."""
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def constraint_names(outcomes: list[Any]) -> set[str]:
    """Return the constraints that refused."""
    return {constraint_of(outcome) for outcome in outcomes if isinstance(outcome, IntegrityError)}


def held_until(event: Event, original: Callable[..., Any], reached: Event) -> Callable[..., Any]:
    """Wrap a function so that it tells that it was reached, and goes on when the event comes."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        reached.set()
        assert event.wait(PATIENCE)
        return original(*args, **kwargs)

    return wrapped


def _outcome(action: Callable[[], Any], start: Barrier) -> Any:
    try:
        connection.ensure_connection()
        start.wait(PATIENCE)
        return action()
    except Exception as error:  # noqa: BLE001 - what an action raises is its outcome
        return error
    finally:
        connection.close()
