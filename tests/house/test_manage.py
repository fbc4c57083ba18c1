"""`manage.py`: when it starts the database, when it does not, and what its exit codes say."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from carboncore import embedded_postgres, local_database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def laptop():
    """Run a command as on a laptop that was told nothing; its data is in a folder of its own."""
    var = Path(tempfile.mkdtemp(prefix="cc-"))
    var.chmod(0o755)
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    def run(*command, **variables):
        return subprocess.run(
            [sys.executable, ROOT / "manage.py", *command],
            cwd="/",
            env={**clean, "VAR_DIR": str(var), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    run.data_dir = var / "postgres"
    yield run
    embedded_postgres.stop(run.data_dir)
    shutil.rmtree(var)


def test_a_command_that_needs_the_database_finds_it_running(laptop):
    done = laptop(
        "shell", "-v", "0", "-c", "from django.db import connection as c; print(c.cursor().connection.info.status)"
    )

    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
    assert embedded_postgres.status(laptop.data_dir).pid is not None


def test_asking_for_help_starts_nothing(laptop):
    for command in (["--help"], ["migrate", "--help"], ["check"]):
        assert laptop(*command).returncode == 0
    assert embedded_postgres.status(laptop.data_dir).initialised is False


def test_the_database_is_looked_after_by_hand(laptop):
    # down
    down = laptop("database", "status")
    assert down.returncode == 1
    assert "It does not run." in down.stderr

    # up
    started = laptop("database", "start")
    assert started.returncode == 0
    with psycopg.connect(started.stdout.strip()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert laptop("database", "url").stdout == started.stdout
    assert "runs     as process" in laptop("database", "status").stdout

    # and down again
    assert laptop("database", "stop").stdout.strip() == "Stopped."
    assert laptop("database", "stop").stdout.strip() == "It did not run."


def test_an_incomplete_server_is_refused_in_words_and_not_by_a_traceback(laptop):
    done = laptop("migrate", DEBUG="false")

    assert done.returncode == 1
    assert done.stderr.startswith("CarbonCore does not start with DEBUG off until this is set:\n  - SECRET_KEY")
    assert "Traceback" not in done.stderr


def test_a_given_database_without_debug_is_taken_for_a_server(laptop):
    # whoever names a database must also say that it is for development, or give the secrets
    done = laptop("migrate", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert done.returncode == 1
    assert "SECRET_KEY is missing" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        (["manage.py"], False),
        (["manage.py", "help", "migrate"], False),
        (["manage.py", "--version"], False),
        (["manage.py", "migrate", "-h"], False),
        (["manage.py", "collectstatic", "--no-input"], False),
        (["manage.py", "migrate"], True),
        (["manage.py", "runserver", "8001"], True),
        (["manage.py", "procrastinate", "worker"], True),
    ],
)
def test_which_commands_need_a_database(arguments, needs):
    assert local_database._needs_database(arguments) is needs
