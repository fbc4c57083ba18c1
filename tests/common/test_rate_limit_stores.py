"""The counts: the same arithmetic in memory, in PostgreSQL and in Redis, and nothing lost between threads."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from carboncore.common.rate_limits.postgres_store import PostgresStore, forget_old_counts
from carboncore.common.rate_limits.redis_store import RedisStore
from carboncore.common.rate_limits.stores import Ask, Count, MemoryStore, StoreDown

WEEK = 7 * 86_400  # no test sees two of these windows


def granted(store, *asks):
    return [count.granted for count in store.take(asks)]


def test_it_grants_up_to_the_limit_and_then_nothing(store):
    assert [granted(store, Ask("a", 3, WEEK)) for _ in range(5)] == [[1], [1], [1], [0], [0]]


def test_a_chunk_is_granted_as_far_as_it_goes(store):
    assert granted(store, Ask("a", 10, WEEK, 7)) == [7]
    assert granted(store, Ask("a", 10, WEEK, 7)) == [3]
    assert granted(store, Ask("a", 10, WEEK, 7)) == [0]
    assert granted(store, Ask("b", 10, WEEK, 700)) == [10]


def test_what_was_refused_does_not_count(store):
    for _ in range(50):
        store.take([Ask("a", 3, WEEK)])

    count = store.take([Ask("a", 3, WEEK)])[0]

    assert (count.granted, count.current, count.previous) == (0, 3, 0)


def test_several_keys_are_counted_at_once_and_answered_in_the_order_asked(store):
    store.take([Ask("z", 1, WEEK)])

    counts = store.take([Ask("z", 1, WEEK), Ask("a", 5, WEEK, 2), Ask("m", 5, WEEK)])

    assert [(count.granted, count.current) for count in counts] == [(0, 1), (2, 2), (1, 1)]


def test_a_limit_that_was_lowered_holds_at_once(store):
    store.take([Ask("a", 10, WEEK, 8)])

    assert granted(store, Ask("a", 5, WEEK)) == [0]
    assert granted(store, Ask("a", 9, WEEK, 5)) == [1]


def test_twenty_threads_get_no_more_than_the_limit(store):
    with ThreadPoolExecutor(20) as pool:
        counts = list(pool.map(lambda _: _take_and_close(store, Ask("a", 50, WEEK)), range(200)))

    assert sum(counts) == 50


def _take_and_close(store, ask):
    try:
        return store.take([ask])[0].granted
    finally:
        connection.close()


def test_the_window_before_counts_for_the_share_of_it_that_is_not_over():
    now = [1_000_000.0]  # windows of 100 s begin at full hundreds
    store = MemoryStore(clock=lambda: now[0])
    assert granted(store, Ask("a", 10, 100, 10)) == [10]

    now[0] = 1_000_125.0  # of the ten, three quarters still count: 7.5
    assert granted(store, Ask("a", 10, 100, 9)) == [2]
    now[0] = 1_000_150.0  # five of the ten, and the two
    assert granted(store, Ask("a", 10, 100, 9)) == [3]
    now[0] = 1_000_399.0  # two windows later, nothing of it counts
    assert granted(store, Ask("a", 10, 100, 99)) == [10]


def test_postgresql_slides_alike(limits):
    # given a window of a week, of which a known share is over, and ten requests in the one before
    store = PostgresStore()
    store.take([Ask("a", 10, WEEK, 10)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_rate_limit SET counted_window = counted_window - 1")

    count = store.take([Ask("a", 10, WEEK, 99)])[0]

    assert count.previous == 10
    assert count.granted == count.current == int(10 - 10 * (1 - count.passed))


def test_redis_slides_alike(redis_server):
    store = RedisStore(redis_server[1])
    store._client.flushdb()
    store.take([Ask("a", 10, WEEK, 10)])
    store._client.hincrby("carboncore:limit:a", "w", -1)

    count = store.take([Ask("a", 10, WEEK, 99)])[0]

    assert count.previous == 10
    assert count.granted == count.current == int(10 - 10 * (1 - count.passed))
    assert 0 < store._client.ttl("carboncore:limit:a") <= 2 * WEEK


@pytest.mark.parametrize(
    ("count", "most", "seconds", "wait"),
    [
        # All of ten used at the middle of this window: it ends in 50 s, and 1 - 9/10 of the next one has to pass.
        (Count(0, 10, 0, 0.5), 10, 100, 60),
        # Four now and ten before: at most 5 of the ten may count, so half of the window has to be over.
        (Count(0, 4, 10, 0.25), 10, 100, 25),
        (Count(0, 1, 0, 0.0), 1, 3600, 7200),
        (Count(0, 9, 10, 0.9999), 10, 100, 1),
    ],
)
def test_how_long_to_wait_for_the_next_one(count, most, seconds, wait):
    assert count.seconds_until_one(most, seconds) == wait


def test_old_counts_are_forgotten_and_the_others_kept(limits):
    PostgresStore().take([Ask("old", 5, 60), Ask("young", 5, 60), Ask("slow", 5, WEEK)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_rate_limit SET taken_at = now() - interval '3 minutes' WHERE key <> 'young'")

        assert forget_old_counts() == 1

        cursor.execute("SELECT key FROM common_rate_limit ORDER BY key")
        assert cursor.fetchall() == [("slow",), ("young",)]


def test_a_redis_that_is_not_there_is_said_to_be_down():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        store = RedisStore(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")

        with pytest.raises(StoreDown):
            store.take([Ask("a", 5, 60)])
