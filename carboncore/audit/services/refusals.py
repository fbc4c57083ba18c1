"""Refusals that anybody on the internet can cause as often as they like: one event a minute of a kind, all counted."""

import time

import structlog
from django.db import DatabaseError, connection, models, transaction

from carboncore.audit.choices import Outcome
from carboncore.audit.models import Event
from carboncore.audit.services.recording import event_record
from carboncore.common.observing import metrics

logger = structlog.get_logger(__name__)

# Any constant does; it must only differ from other advisory locks of this database.
_TURN_SPACE = 7_301_004
_SECONDS = 60
_RECENT = """
    SELECT EXISTS (
        SELECT FROM audit_event WHERE action = %s AND note = %s AND at > statement_timestamp() - interval '1 minute'
    )
"""
# When this process last looked, by action and note: most of a flood ends here, without a question to the database.
_looked: dict[tuple[str, str], float] = {}


def refusal_record(*, action: str, note: str, obj: models.Model | None = None) -> Event | None:
    """Record a refusal, unless the same was recorded within a minute by this process or another one.

    `note` says where and why and comes from a closed list, never from the request: it is what makes two refusals the
    same. `obj` is what the first of a minute was about. Every refusal counts in the metrics.

    Raises:
        ValueError: `action` is not declared in `carboncore.audit.actions`.
    """
    now = time.monotonic()
    if now - _looked.get((action, note), -_SECONDS) >= _SECONDS:
        _looked[action, note] = now
        try:
            with transaction.atomic():
                if _is_our_turn(action, note) and not _is_recent(action, note):
                    return event_record(action=action, obj=obj, outcome=Outcome.REFUSED, note=note)
        except DatabaseError:  # the caller's refusal stands; the next one is recorded
            _looked.pop((action, note), None)
            logger.warning("refusal_not_recorded", action=action, note=note)
    metrics.REFUSALS.labels(action).inc()
    return None


def _is_our_turn(action: str, note: str) -> bool:
    """Return whether no other process records the same at this moment; nobody waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_TURN_SPACE, f"{action} {note}"])
        return bool(cursor.fetchone()[0])


def _is_recent(action: str, note: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [action, note])
        return bool(cursor.fetchone()[0])
