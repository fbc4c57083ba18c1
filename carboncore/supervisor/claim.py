"""One supervisor per checkout: who it is, what it has started, and what a killed one has left behind."""

import fcntl
import json
import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import psutil

# An argument that each of the services is started with, and hardly anything else.
SERVICE_MARKS = {"carboncore.wsgi:application", "procrastinate"}


class CannotStartError(Exception):
    """CarbonCore cannot start here and now; the message says what to do."""


@dataclass
class Record:
    """What `var/run.json` tells the next supervisor, in case this one gets no chance to tidy up."""

    pid: int
    address: str
    started_database: bool = False
    services: list[int] = field(default_factory=list)


class Claim:
    """Holds the right to run this checkout for as long as the process lives."""

    def __init__(self, var_dir: Path) -> None:
        self._lock_path = var_dir / "run.lock"
        self._record_path = var_dir / "run.json"
        self._lock: IO[str] | None = None

    def take(self, address: str) -> Record:
        """Claim the checkout, ending first what a killed supervisor left running.

        Raises:
            CannotStartError: another supervisor runs it.
        """
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock_path.open("w")
        before = self._read()
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = f"as process {before.pid} at {before.address}" if before else "but tells nothing of itself yet"
            raise CannotStartError(
                f"This checkout already runs, {where}. Stop that one first (Ctrl-C in its terminal), or use it."
            ) from None
        if before:
            for pid in before.services:
                _end_left_over(pid)
        record = Record(os.getpid(), address, started_database=before.started_database if before else False)
        self.write(record)
        return record

    def write(self, record: Record) -> None:
        """Keep what has been started so far."""
        draft = self._record_path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(record)))
        draft.replace(self._record_path)

    def release(self) -> None:
        """Say that nothing is left behind."""
        self._record_path.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    def _read(self) -> Record | None:
        try:
            return Record(**json.loads(self._record_path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def refuse_busy_port(host: str, port: int) -> None:
    """Make sure that nobody else listens there.

    The web server asks the kernel to share its port among its workers, so it would not notice: the two servers would
    silently take turns in answering.

    Raises:
        CannotStartError: the port is taken, or this user may not have it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStartError(
                f"Port {port} of {host} cannot be used ({error.strerror}): another program listens there, or it needs "
                f"more rights. Stop that program, or choose another port: PORT={port + 1} scripts/run"
            ) from error


def _end_left_over(group: int) -> None:
    """Stop a service of a killed supervisor with its children; each service leads a process group of its own."""
    for wanted, seconds in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
        if not _is_ours(group):
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, wanted)
        until = time.monotonic() + seconds
        while _is_ours(group) and time.monotonic() < until:
            time.sleep(0.1)


def _is_ours(group: int) -> bool:
    """Say whether the group still runs, and has not meanwhile become somebody else's under the same number."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and SERVICE_MARKS.intersection(process.cmdline()):
                return True
    return False
