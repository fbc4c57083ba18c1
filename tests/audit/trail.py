"""Making a trail to read, and going round its guards the way only the owner of the database can."""

from contextlib import contextmanager

from django.db import connection, transaction

from carboncore.audit.services import event_record

ACTIONS = ("project.created", "project.changed", "organisation.approved", "session.refused", "price.set")


def record(count):
    """Commit `count` events, each in a transaction of its own; returns them."""
    events = []
    for number in range(count):
        with transaction.atomic():
            events.append(
                event_record(
                    action=ACTIONS[number % len(ACTIONS)],
                    changes={"total": ["1.50", None], "“name”": [None, 'Ä\t"\\ 木\x7f\x01'], "b": [True, 12]},
                    note=f"no. {number}",
                )
            )
    return events


@contextmanager
def guards_down():
    """Triggers rest, as for a restore."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
