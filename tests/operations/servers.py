"""A real server with two web processes, its own PostgreSQL and, if wanted, a job worker: what these tests look at."""

import json
import os
import secrets
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

from carboncore import embedded_postgres

ROOT = Path(__file__).resolve().parents[2]
METRICS_TOKEN = "a-token-for-the-metrics-of-tests"


def until(happened, seconds=60.0):
    """Wait for what other processes do; fails when they never do."""
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


class Answer:
    """One answer: its status, its text, its headers."""

    def __init__(self, status, body, headers):
        self.status, self.text, self.headers = status, body.decode(errors="replace"), headers

    def json(self):
        return json.loads(self.text)


class Server:
    """Everything in a folder of its own; started with `start`, gone with `close`."""

    def __init__(self, **variables):
        self.var = Path(tempfile.mkdtemp(prefix="cc-"))
        self.var.chmod(0o755)
        self.port = free_port()
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "DATABASE_URL": embedded_postgres.ensure_running(self.var / "postgres", durable=False),
            "VAR_DIR": str(self.var),
            "DEBUG": "false",
            "HTTPS": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "JWT_SIGNING_KEY": secrets.token_urlsafe(64),
            "METRICS_TOKEN": METRICS_TOKEN,
            "DJANGO_SETTINGS_MODULE": "carboncore.settings",
            "PYTHONPATH": str(ROOT),
            **variables,
        }
        self.processes = []
        self.web = None

    @property
    def log(self):
        return (self.var / "web.log").read_text(errors="replace")

    def lines(self):
        """Return the lines of the log that are JSON, read."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def manage(self, *arguments, check=True, **variables):
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def python(self, code):
        """Run Python with Django set up in this server's environment; returns what it printed."""
        code = "import django; django.setup()\n" + code
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, workers=2):
        """Start the web server and wait until it answers."""
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--workers", str(workers), "--blocking-threads", "4"),
            *("--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning"),
            "carboncore.wsgi:application",
        ]
        self.web = self._spawn(command, "web.log")
        until(lambda: self.get("/health").status == 200 or self.web.poll() is not None)
        assert self.web.poll() is None, self.log
        return self

    def start_worker(self):
        """Start a job worker."""
        return self._spawn([sys.executable, "manage.py", "procrastinate", "worker"], "worker.log")

    def get(self, path, token=None, **headers):
        return self.ask("GET", path, None, token, **headers)

    def post(self, path, body, token=None, **headers):
        return self.ask("POST", path, body, token, **headers)

    def ask(self, method, path, body=None, token=None, **headers):
        """Ask over a connection of its own; status 0 when there was no answer."""
        sent = {"Content-Type": "application/json", "Connection": "close", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
                return Answer(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), error.headers)
        except OSError as error:
            return Answer(0, str(error).encode(), {})

    def metrics(self):
        """Scrape; returns a mapping from a series, as it is written, to its value; empty when there was no answer."""
        answer = self.get("/metrics", METRICS_TOKEN)
        text = answer.text if answer.status == 200 else ""
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {series: float(value) for series, value in pairs}

    def _spawn(self, command, log):
        with (self.var / log).open("ab") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        embedded_postgres.stop(self.var / "postgres")
        shutil.rmtree(embedded_postgres.status(self.var / "postgres").data_dir, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)
