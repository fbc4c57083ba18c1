"""Rate limits that a test sets itself, and stores of every kind to count in."""

import shutil
import socket
import subprocess
import time

import pytest
from django.db import connection

from carboncore.common.rate_limits.limiter import limiter
from carboncore.common.rate_limits.postgres_store import PostgresStore
from carboncore.common.rate_limits.redis_store import RedisStore
from carboncore.common.rate_limits.scopes import limits_from
from carboncore.common.rate_limits.stores import MemoryStore


@pytest.fixture
def limits(settings, transactional_db):
    """Return a function that sets limits (`anonymous-write=3/h`); a test begins with none, and nothing counted."""
    limiter.cache_clear()

    def set_limits(*texts):
        settings.RATE_LIMITS = limits_from(["off", *texts])

    yield set_limits
    limiter.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE common_rate_limit")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """Return a program of Redis of this test run's own, as (process, address)."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("NOT TESTED: neither redis-server nor valkey-server is on the PATH of this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield process, f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


@pytest.fixture(params=["memory", "postgres", "redis"])
def store(request):
    """Return an empty store of each kind."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "postgres":
        request.getfixturevalue("limits")
        return PostgresStore()
    found = RedisStore(request.getfixturevalue("redis_server")[1])
    found._client.flushdb()
    return found
