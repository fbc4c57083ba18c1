"""How each kind of process reaches the database: a web request within limits and from a pool, a command without."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from zeal import NPlusOneError, zeal_context

from tests import cluster

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import django, json
django.setup()
from django.db import connection
shown = {}
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone"):
        cursor.execute(f"SHOW {name}")
        shown[name] = cursor.fetchone()[0]
pool = connection.pool.max_size if connection.pool else None
print(json.dumps([shown, pool, connection.settings_dict["CONN_MAX_AGE"]]))
"""


def as_process(**variables):
    """Return a process's session settings, the size of its pool, and for how long a thread keeps a connection."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "carboncore.settings",
            "DATABASE_URL": cluster.address(),
            "DEBUG": "true",
            **variables,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.django_db  # brings the cluster up
def test_a_web_request_has_limits_and_a_command_has_none():
    web, web_pool, web_keeps = as_process(CARBONCORE_PROCESS="web", DB_POOL_MAX="7", DB_LOCK_TIMEOUT="4s")
    command, command_pool, command_keeps = as_process()
    worker, worker_pool, worker_keeps = as_process(CARBONCORE_PROCESS="worker")

    assert web == {
        "statement_timeout": "30s",
        "lock_timeout": "4s",
        "idle_in_transaction_session_timeout": "1min",
        "TimeZone": "UTC",
    }
    assert web_pool == 7
    assert command == {
        "statement_timeout": "0",
        "lock_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "TimeZone": "UTC",
    }
    assert command_pool is None
    assert (web_keeps, command_keeps) == (0, 0)
    # and a worker is a command that goes on, job after job
    assert (worker, worker_pool, worker_keeps) == (command, None, 300)


@pytest.mark.django_db
def test_a_query_for_each_row_fails_a_test():
    # given two groups with a permission each
    for permission in Permission.objects.all()[:2]:
        Group.objects.create(name=permission.codename).permissions.add(permission)

    # when a page would ask for the permissions of each in turn, then the test that shows the page fails
    def show():
        return [list(group.permissions.all()) for group in Group.objects.all()]

    with zeal_context(), pytest.raises(NPlusOneError):
        show()


def test_every_request_of_a_test_is_watched_for_that(settings):
    assert settings.ZEAL_RAISE is True
    watching, *others = settings.MIDDLEWARE[settings.MIDDLEWARE.index("zeal.middleware.zeal_middleware") :]
    assert watching == "zeal.middleware.zeal_middleware"
    assert others[0] == settings.BEARER_REQUESTS
    assert "simple_history.middleware.HistoryRequestMiddleware" in others
    assert settings.DEBUG is False
