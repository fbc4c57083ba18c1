"""`scripts/run` behind its environment: what it starts, what it survives, and that nothing is left when it stops."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from carboncore import embedded_postgres, environment
from carboncore.supervisor import __main__ as supervisor
from carboncore.supervisor import claim as claims
from carboncore.supervisor.claim import CannotStartError, Claim, Record, refuse_busy_port
from carboncore.supervisor.processes import LONGEST_PAUSE, Service

ROOT = Path(__file__).resolve().parents[2]


def until(happened, seconds=60.0):
    """Wait for what another process does; fails when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := happened():
            return result
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status_of(url):
    try:
        return urllib.request.urlopen(url, timeout=10).status  # noqa: S310 - loopback
    except urllib.error.HTTPError as answer:
        return answer.code
    except OSError:
        return None


class Checkout:
    """Starts CarbonCore with all its data in a folder of the test's own."""

    def __init__(self):
        self.var = Path(tempfile.mkdtemp(prefix="cc-"))
        self.var.chmod(0o755)
        self.port = free_port()
        self.started = []

    def run(self, **variables):
        """Start it in the background; its output goes to a file."""
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        output = (self.var / f"output-{len(self.started)}").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", "carboncore.supervisor"],
            cwd=ROOT,
            env={**clean, "VAR_DIR": str(self.var), "PORT": str(self.port), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        process.said = lambda: Path(output.name).read_text()
        self.started.append((process, output))
        return process

    def up(self, **variables):
        """Start it and wait until it says that it answers."""
        process = self.run(**variables)
        until(lambda: "CarbonCore runs." in process.said() or process.poll() is not None, 180)
        assert process.poll() is None, process.said()
        return process

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def record(self):
        return json.loads((self.var / "run.json").read_text())

    def close(self):
        for process, output in self.started:
            if process.poll() is None:
                process.terminate()
                process.wait(60)
            output.close()
        embedded_postgres.stop(self.var / "postgres")
        shutil.rmtree(self.var)


@pytest.fixture
def checkout():
    made = Checkout()
    yield made
    made.close()


def test_from_nothing_to_answers_and_back_to_nothing(checkout):
    # given a machine on which nothing has run yet, when it is started
    first = checkout.up()

    # then it answers, has made one super admin and shown the password once, and shows no debug page
    assert status_of(checkout.url("/staff/login/")) == 200
    assert status_of(checkout.url("/static/carboncore/icon.svg")) == 200
    assert status_of(checkout.url("/no/such/page")) == 404
    password = re.search(r"^\s+password\s+(\S+)$", first.said(), re.MULTILINE).group(1)
    assert len(password) >= 16
    for log in (checkout.var / "log").iterdir():
        assert password not in log.read_text()

    # and a second one of the same checkout is refused, whatever the port
    second = checkout.run(PORT=str(free_port()))
    assert second.wait(30) == 2
    assert f"already runs, as process {first.pid} at {checkout.url('')}" in second.said()

    # when it is stopped
    services = checkout.record()["services"]
    first.send_signal(signal.SIGINT)

    # then everything it started is gone, the database too
    assert first.wait(60) == 0
    assert first.said().endswith("Stopping …\nStopped.\n")
    assert not any(psutil.pid_exists(pid) for pid in services)
    assert embedded_postgres.status(checkout.var / "postgres").pid is None
    assert status_of(checkout.url("/")) is None
    assert not (checkout.var / "run.json").exists()

    # and a second start keeps the data and the account, says nothing of a password
    again = checkout.up()
    assert "password" not in again.said()
    assert "First start" not in again.said()

    # when the supervisor is killed outright, its services follow it or are ended by the next one
    left = checkout.record()["services"]
    again.kill()
    again.wait()
    third = checkout.up()
    until(lambda: not any(psutil.pid_exists(pid) for pid in left), 10)

    # when a service dies, it comes back, with none of its children left beside it
    web = checkout.record()["services"][0]
    children = psutil.Process(web).children()
    os.kill(web, signal.SIGKILL)
    until(lambda: checkout.record()["services"][0] != web)
    until(lambda: status_of(checkout.url("/staff/login/")) == 200)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    # and the next stop takes the database down as well, although the killed one had started it
    third.terminate()
    assert third.wait(60) == 0
    assert embedded_postgres.status(checkout.var / "postgres").pid is None


def test_a_database_that_ran_before_goes_on_running(checkout):
    # given a database that somebody started by hand, and the mark of a migration that cannot work
    url = embedded_postgres.ensure_running(checkout.var / "postgres", durable=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE accounts_user (surprise text)")

    # when CarbonCore is started on it
    process = checkout.run()

    # then it says what failed and what to do, with its exit code, and leaves the database as it was
    assert process.wait(120) == 1
    assert "`manage.py migrate --no-input` failed" in process.said()
    assert "The database stays as the last complete migration left it." in process.said()
    assert embedded_postgres.status(checkout.var / "postgres").pid is not None


def test_a_taken_port_is_refused_before_anything_is_started(checkout):
    with socket.create_server(("127.0.0.1", checkout.port)):
        process = checkout.run()

        assert process.wait(30) == 2

    assert f"Port {checkout.port} of 127.0.0.1 cannot be used" in process.said()
    assert f"PORT={checkout.port + 1} scripts/run" in process.said()
    assert embedded_postgres.status(checkout.var / "postgres").initialised is False


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80 80", "१२"])
def test_a_port_that_is_none_is_refused(checkout, port):
    process = checkout.run(PORT=port)

    assert process.wait(30) == 2
    assert "is no port: give a number from 1 to 65535" in process.said()


def test_the_server_opens_what_commands_encrypted_and_no_key_is_made_up_beside_an_operators_own(tmp_path, monkeypatch):
    # given a laptop on which nothing was configured
    monkeypatch.setattr(environment, "VAR_DIR", tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgres://nowhere/none")
    for name in ("SECRET_KEY", "CREDENTIAL_KEYS"):
        monkeypatch.delenv(name, raising=False)
    record = Record(1, "", started_database=False, services=[])

    given = supervisor._variables(Claim(tmp_path), record, 8000)["CREDENTIAL_KEYS"]

    # then a command, which runs with DEBUG there, has the key that the server was given
    monkeypatch.setattr(environment, "DEBUG", True)
    of_commands = environment.credential_keys()
    monkeypatch.setattr(environment, "DEBUG", False)
    monkeypatch.setenv("CREDENTIAL_KEYS", given)
    assert environment.credential_keys() == of_commands
    assert [(name, len(key)) for name, key in of_commands.items()] == [("local", 32)]
    # and somebody with a SECRET_KEY of their own has to name their own keys
    monkeypatch.delenv("CREDENTIAL_KEYS")
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    assert "CREDENTIAL_KEYS" not in supervisor._variables(Claim(tmp_path), record, 8000)


def test_a_port_shared_by_reuse_counts_as_taken():
    # given a listener that lets others share its port, as the web server's workers do
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(CannotStartError, match="another program listens there"):
            refuse_busy_port("127.0.0.1", port)

    refuse_busy_port("127.0.0.1", port)  # and is free again afterwards


def test_a_process_that_has_got_the_number_of_a_dead_service_is_left_alone(tmp_path):
    # given the record of a killed supervisor that names this very test's process group
    (tmp_path / "run.json").write_text(
        json.dumps({"pid": 1, "address": "http://127.0.0.1:1", "started_database": False, "services": [os.getpgrp()]})
    )

    # when the next supervisor claims the checkout
    claim = Claim(tmp_path)
    record = claim.take("http://127.0.0.1:2")

    # then this process still lives to say so
    assert record == Record(os.getpid(), "http://127.0.0.1:2", started_database=False, services=[])
    assert claims._is_ours(os.getpgrp()) is False
    claim.release()
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize("damage", ["", "[]", '{"pid": 1, "surprise": 2}'])
def test_a_damaged_record_is_no_hindrance(tmp_path, damage):
    (tmp_path / "run.json").write_text(damage)

    claim = Claim(tmp_path)

    assert claim.take("http://127.0.0.1:2").services == []
    claim.release()


def test_a_service_that_keeps_ending_is_started_ever_more_slowly(tmp_path, monkeypatch, capsys):
    # given a service that ends at once, and a clock of the test's own
    now = [1000.0]
    monkeypatch.setattr("carboncore.supervisor.processes.time.monotonic", lambda: now[0])
    service = Service("job worker", [sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ), tmp_path / "log")
    service.start()

    # when it has ended eight times
    waited = []
    for _ in range(8):
        service._process.wait()
        service.keep_alive()
        waited.append(service._start_again_at - now[0])
        now[0] = service._start_again_at
        service.keep_alive()

    # then each pause is twice the one before, up to half a minute
    assert waited == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert "The job worker ended (3); it is started again in 1 s." in capsys.readouterr().out

    # and after a minute of running well it begins with a second again
    service._process.wait()
    now[0] += 61
    service.keep_alive()
    assert service._start_again_at - now[0] == 1


def test_a_service_that_does_not_stop_is_killed(tmp_path, monkeypatch):
    # given a service that ignores being asked
    monkeypatch.setattr("carboncore.supervisor.processes.STOP_SECONDS", 0.2)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    service = Service("web server", [sys.executable, "-c", deaf], dict(os.environ), tmp_path / "log")
    service.start()
    until(lambda: "deaf" in (tmp_path / "log").read_text())

    # when it is stopped
    service.ask_to_stop()
    service.wait_until_stopped()

    assert service.ended() == -signal.SIGKILL
