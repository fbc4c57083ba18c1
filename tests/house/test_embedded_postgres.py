"""The embedded PostgreSQL: started, found, stopped, and brought back after whatever may befall a laptop."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from carboncore import embedded_postgres, postgres_programs
from carboncore.embedded_postgres import EmbeddedPostgresError

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="concerns a start by root only")


@pytest.fixture
def folder():
    """A short path that PostgreSQL's own user can reach, unlike pytest's."""
    made = Path(tempfile.mkdtemp(prefix="cc-"))
    made.chmod(0o755)
    yield made
    for data_dir in made.rglob("postgres"):
        embedded_postgres.stop(data_dir)
    shutil.rmtree(made)


def ask(url, question):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question).fetchone()


def ensure_running_elsewhere(data_dir):
    code = "import sys; from pathlib import Path; from carboncore import embedded_postgres as e;"
    code += "print(e.ensure_running(Path(sys.argv[1]), durable=False))"
    return subprocess.run(
        [sys.executable, "-c", code, str(data_dir)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def kill_outright(pid):
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)


def test_starts_from_nothing_keeps_its_data_and_stops(folder):
    # given a folder with nothing in it
    data_dir = folder / "postgres"
    assert embedded_postgres.status(data_dir).initialised is False

    # when it is started, written to, stopped, and started again
    url = embedded_postgres.ensure_running(data_dir, durable=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE tree (name text)")
        connection.execute("INSERT INTO tree VALUES ('Baobab')")
    assert embedded_postgres.status(data_dir).pid is not None
    assert embedded_postgres.stop(data_dir) is True
    assert embedded_postgres.status(data_dir).pid is None
    assert embedded_postgres.stop(data_dir) is False

    # then the address was known beforehand and what was written is still there
    assert embedded_postgres.ensure_running(data_dir, durable=False) == url == embedded_postgres.url(data_dir)
    assert ask(url, "SELECT name FROM tree") == ("Baobab",)


def test_is_the_postgresql_that_the_project_builds_on(folder):
    url = embedded_postgres.ensure_running(folder / "postgres", durable=False)

    assert ask(url, "SELECT current_setting('server_version_num')::int >= 150000") == (True,)
    assert ask(url, "SELECT current_setting('server_encoding'), current_setting('TimeZone')") == ("UTF8", "UTC")
    assert ask(url, "SELECT lower('ÅÉÑ'), current_setting('listen_addresses')") == ("åéñ", "")
    for extension in ("btree_gist", "pg_trgm", "unaccent"):
        assert ask(url, f"SELECT count(*) FROM pg_available_extensions WHERE name = '{extension}'") == (1,)


def test_nobody_else_can_reach_its_data_or_its_socket(folder):
    data_dir = folder / "postgres"
    embedded_postgres.ensure_running(data_dir, durable=False)

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert next(data_dir.glob(".s.PGSQL.*")).exists()


def test_two_that_start_it_at_once_share_one_server(folder):
    data_dir = folder / "postgres"

    with ThreadPoolExecutor(4) as pool:
        urls = list(pool.map(ensure_running_elsewhere, [data_dir] * 4))

    assert set(urls) == {embedded_postgres.url(data_dir)}
    servers = [p for p in psutil.process_iter(["cmdline"]) if str(data_dir) in (p.info["cmdline"] or [])]
    assert len(servers) == 1


def test_outlives_the_process_that_started_it(folder):
    url = ensure_running_elsewhere(folder / "postgres")

    assert ask(url, "SELECT 1") == (1,)


def test_recovers_after_being_killed_outright(folder):
    # given a server that is killed in the middle of its work
    data_dir = folder / "postgres"
    url = embedded_postgres.ensure_running(data_dir)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE tree AS SELECT generate_series(1, 1000) AS number")
    kill_outright(embedded_postgres.status(data_dir).pid)

    # when it is asked for again at once
    embedded_postgres.ensure_running(data_dir)

    # then nothing that was committed is lost
    assert ask(url, "SELECT count(*) FROM tree") == (1000,)


def test_starts_although_another_program_has_the_number_of_the_dead_server(folder):
    # given the pid file of a server that died, whose number this test's own process has now
    data_dir = folder / "postgres"
    embedded_postgres.ensure_running(data_dir, durable=False)
    pid_file = (data_dir / "postmaster.pid").read_text().split("\n", 1)[1]
    embedded_postgres.stop(data_dir)
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{pid_file}")

    # when it is started
    url = embedded_postgres.ensure_running(data_dir, durable=False)

    # then it runs, as a process of its own
    assert ask(url, "SELECT 1") == (1,)
    assert embedded_postgres.status(data_dir).pid not in {None, os.getpid()}


def test_begins_again_after_an_interrupted_first_start(folder):
    # given the half-made cluster of a start that was killed
    draft = folder / "postgres.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    url = embedded_postgres.ensure_running(folder / "postgres", durable=False)

    assert ask(url, "SELECT 1") == (1,)
    assert not draft.exists()


def test_a_path_too_long_for_a_socket_still_works(folder):
    data_dir = folder / ("a-very-long-name-" * 6) / "postgres"

    url = embedded_postgres.ensure_running(data_dir, durable=False)

    assert ask(url, "SELECT 1") == (1,)
    socket_dir = postgres_programs.home_of(data_dir).socket_dir
    assert socket_dir != data_dir
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700


def test_refuses_a_socket_folder_that_somebody_else_has_prepared(folder):
    # given the folder for the socket, predictable as it is, made by another user beforehand
    data_dir = folder / ("a-very-long-name-" * 6) / "postgres"
    socket_dir = postgres_programs.home_of(data_dir).socket_dir
    socket_dir.mkdir()
    try:
        owner = postgres_programs.system_user().pw_uid if os.geteuid() == 0 else os.geteuid()
        if socket_dir.stat().st_uid == owner:
            pytest.skip("only root can make a folder that belongs to another user")

        # when the server is to start there, then it does not
        with pytest.raises(EmbeddedPostgresError, match="belongs to another user"):
            embedded_postgres.ensure_running(data_dir, durable=False)
    finally:
        socket_dir.rmdir()


def test_says_what_to_do_about_data_of_another_version(folder):
    data_dir = folder / "postgres"
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedPostgresError, match=r"written by PostgreSQL 9.*pg_dump"):
        embedded_postgres.ensure_running(data_dir)


@as_root
def test_started_by_root_from_a_closed_home_it_keeps_out_of_it_and_leaves_its_mode_alone(folder, capsys):
    # given a checkout in a home that nobody else may enter
    home = folder / "home"
    home.mkdir(mode=0o700)
    data_dir = home / "checkout" / "var" / "postgres"

    # when root starts the database there
    url = embedded_postgres.ensure_running(data_dir, durable=False)

    # then it runs, elsewhere, as another user, and says where
    moved = embedded_postgres.status(data_dir)
    try:
        assert ask(url, "SELECT 1") == (1,)
        assert moved.data_dir.is_relative_to("/var/lib")
        assert psutil.Process(moved.pid).username() == postgres_programs.SYSTEM_USER
        assert f"The database is kept in {moved.data_dir}" in capsys.readouterr().out
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    finally:
        embedded_postgres.stop(data_dir)
        shutil.rmtree(moved.data_dir.parent)


@as_root
def test_copies_the_programs_to_where_the_system_user_can_run_them(folder):
    # given a virtual environment in a closed home
    package = folder / "home" / "embedded_postgres"
    (package / "pginstall" / "bin").mkdir(parents=True)
    (package / "pginstall" / "bin" / "postgres").write_text("program")
    (folder / "home").chmod(0o700)

    copy = postgres_programs._copy_of_wheel(package, folder / "programs")

    assert (copy / "pginstall" / "bin" / "postgres").read_text() == "program"
    assert postgres_programs._first_closed_parent(copy / "pginstall" / "bin" / "postgres") is None
