"""The chain: made by the commit, in any number of transactions at once, and open to no other hand."""

import hashlib
import json
from contextlib import ExitStack

import pytest
from django.db import IntegrityError, connection, transaction

from carboncore.audit.models import STREAMS, Event, EventLink
from carboncore.audit.services import audit_seal, audit_verify, event_record
from tests.audit.trail import record
from tests.races import at_once, under_way

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_commit_chains_its_events_and_a_rollback_leaves_nothing():
    with transaction.atomic():
        first, second = event_record(action="project.created"), event_record(action="project.changed")
        assert not EventLink.objects.exists()
    with transaction.atomic():
        event_record(action="project.deleted")
        transaction.set_rollback(True)

    links = list(EventLink.objects.order_by("position").values_list("event_id", "stream", "position"))
    assert links == [(first.pk, 1, 1), (second.pk, 1, 2)]
    assert Event.objects.count() == 2


def test_what_a_savepoint_took_back_is_in_no_chain():
    with transaction.atomic():
        kept = event_record(action="project.created")
        with transaction.atomic():
            event_record(action="project.changed")
            transaction.set_rollback(True)

    assert list(EventLink.objects.values_list("event_id", "position")) == [(kept.pk, 1)]


def test_a_hash_can_be_worked_out_by_hand():
    event = event_record(action="price.set", note="“up”", changes={"longer": [1, None], "b": ["ä", "0.10"]})

    at = event.at.strftime("%Y-%m-%dT%H:%M:%S.%f")
    text = (
        f'[1, 1, {event.pk}, "{at}", "price.set", "done", null, "command", null, "", "", "", "", "", "“up”",'
        ' {"b": ["ä", "0.10"], "longer": [1, null]}]'
    )
    link = EventLink.objects.get(event=event)
    assert bytes(link.previous_hash) == bytes(32)
    assert bytes(link.hash) == hashlib.sha256(bytes(32) + text.encode()).digest()
    assert json.loads(text)[3] == at


def test_eight_connections_commit_at_once_and_every_stream_is_without_gap():
    def commit_twenty():
        record(20)

    outcomes = at_once(*[commit_twenty] * 8)

    assert outcomes == [None] * 8
    places = {}
    for stream, position in EventLink.objects.order_by("stream", "position").values_list("stream", "position"):
        places.setdefault(stream, []).append(position)
    assert sum(map(len, places.values())) == 160
    assert all(positions == list(range(1, len(positions) + 1)) for positions in places.values())
    assert audit_verify()[1] == []


def held_streams(cursor, streams):
    cursor.execute("SELECT pg_advisory_xact_lock(7301003, s) FROM unnest(%s::int[]) AS s", [list(streams)])


def test_a_commit_takes_a_free_stream_rather_than_wait():
    with transaction.atomic(), connection.cursor() as cursor:
        held_streams(cursor, range(1, STREAMS))
        with under_way(lambda: record(1)[0].pk) as other:
            pk = other.result(timeout=10)

    assert EventLink.objects.get(event_id=pk).stream == STREAMS


def test_a_commit_waits_for_one_stream_when_all_are_taken():
    with ExitStack() as stack:
        with transaction.atomic(), connection.cursor() as cursor:
            held_streams(cursor, range(1, STREAMS + 1))
            other = stack.enter_context(under_way(lambda: record(1)[0].pk))
            waits = 0
            while not waits and not other.done():
                cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                (waits,) = cursor.fetchone()
            assert not other.done()
            assert not EventLink.objects.exists()

        assert EventLink.objects.get(event_id=other.result(timeout=10)).position == 1


@pytest.mark.parametrize("table", ["audit_event", "audit_eventlink", "audit_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_every_change(table, statement):
    record(1)
    audit_seal()
    column = {"audit_event": "note", "audit_eventlink": "hash", "audit_seal": "digest"}[table]
    sql = statement.format(table, column, column) if "UPDATE" in statement else statement.format(table)

    with pytest.raises(IntegrityError, match="keeps what was recorded"), connection.cursor() as cursor:
        cursor.execute(sql)

    assert Event.objects.count() == EventLink.objects.count() == 1


def test_a_link_made_by_hand_is_refused():
    event = record(1)[0]

    with pytest.raises(IntegrityError, match="by the commit of their event alone"):
        EventLink.objects.create(event_id=event.pk + 1, stream=1, position=2, previous_hash=b"", hash=b"")

    assert EventLink.objects.count() == 1
