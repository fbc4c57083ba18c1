"""What a killed worker had begun is done all the same, and its lock is free again."""

import pytest
from django.db import connection

from carboncore.operations.jobs import abandoned_jobs_release

pytestmark = pytest.mark.django_db


def sql(query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else None


def worker(seconds_ago):
    (row,) = sql(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id",
        seconds_ago,
    )
    return row[0]


def job(name, *, status="doing", by=None, lock=None):
    (row,) = sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, lock, queueing_lock)"
        " VALUES ('q', %s, %s, %s, %s, %s) RETURNING id",
        name, status, by, lock, lock,
    )  # fmt: skip
    return row[0]


def status_of(job_id):
    ((status,),) = sql("SELECT status::text FROM procrastinate_jobs WHERE id = %s", job_id)
    return status


def test_jobs_of_dead_workers_are_queued_again_and_those_of_the_living_left_alone():
    dead, alive = worker(90), worker(5)
    killed, orphan = job("a", by=dead), job("b", by=None)
    running, done = job("c", by=alive), job("d", status="succeeded", by=dead)

    assert abandoned_jobs_release() == 2

    assert [status_of(each) for each in (killed, orphan, running, done)] == ["todo", "todo", "doing", "succeeded"]
    assert abandoned_jobs_release() == 0


def test_a_round_whose_next_one_waits_gives_its_lock_up_to_it():
    # given a round that died with its lock, and the next one, which cannot begin
    died = job("round", by=worker(90), lock="round")
    waits = job("round", status="todo", lock="round")

    assert abandoned_jobs_release() == 1

    assert [status_of(died), status_of(waits)] == ["aborted", "todo"]
