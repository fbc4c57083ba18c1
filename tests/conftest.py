"""What every test gets: a throw-away PostgreSQL, files in a folder of its own, the same random examples every time."""

import os
import re
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from tests import cluster, flushing

# A slow machine is no fault of the code, so no deadline; on CI the examples are the same ones every time.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_make_parametrize_id(val, argname):
    """Name a case by its bytes' argument: the bytes of a file made just now differ between the workers of a run."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Start the cluster once somebody needs it, and clear away what killed runs left in it."""
    cluster.start()
    if not cluster.GIVEN_URL:
        _drop_databases_of_dead_runs()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """After the migrations: whatever a test commits is cleared away again, and what they wrote is not."""
    with django_db_blocker.unblock():
        flushing.keep_what_migrations_wrote()


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_their_own(settings, tmp_path: Path):
    settings.MEDIA_ROOT = str(tmp_path / "media")


def _drop_databases_of_dead_runs():
    with psycopg.connect(cluster.address("postgres"), autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            run = re.match(r"test_carboncore_(\d+)", name)
            if run and not _is_alive(int(run.group(1))):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
