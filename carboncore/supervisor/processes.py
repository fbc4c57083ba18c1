"""The processes the supervisor looks after: start, notice a crash, start again, stop."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Service:
    """One long-running process with its log file; started again, ever more slowly, when it ends by itself."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    pause: float = FIRST_PAUSE
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _start_again_at: float | None = field(default=None)

    @property
    def pid(self) -> int | None:
        """Return the number of the running process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process in a session of its own, so that a Ctrl-C reaches it by way of the supervisor only."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - the supervisor has one thread
            )
        self._started = time.monotonic()
        self._start_again_at = None

    def ended(self) -> int | None:
        """Return the exit code if the process has ended by itself, else None."""
        return self._process.poll() if self._process else None

    def keep_alive(self) -> None:
        """Start the process again if it has ended, after a pause that doubles until it has run for a minute."""
        code = self.ended()
        if code is None:
            return
        if self._start_again_at is None:
            self._plan_restart(code)
        elif time.monotonic() >= self._start_again_at:
            self.start()

    def _plan_restart(self, code: int) -> None:
        self._kill_group()  # its children would go on serving beside the ones that are started next
        now = time.monotonic()
        if now - self._started > STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        say(f"The {self.name} ended ({code}); it is started again in {self.pause:.0f} s. See {self.log}")
        self._start_again_at = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        """Tell the process to finish what it is doing and end."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait_until_stopped(self) -> None:
        """Wait for the end; whoever is left after 20 seconds, children included, is killed."""
        if not self._process:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"The {self.name} does not stop by itself and is killed.")
        self.kill()

    def kill(self) -> None:
        """End the process and its children at once."""
        if self._process:
            self._kill_group()
            self._process.wait()

    def _kill_group(self) -> None:
        if self._process:
            with suppress(ProcessLookupError):  # nobody is left in it
                os.killpg(self._process.pid, signal.SIGKILL)


def say(line: str) -> None:
    """Print a line of progress at once, whether or not anybody watches a terminal."""
    print(line, flush=True)


def _die_with_parent() -> None:
    """Have Linux end this process when the supervisor is killed outright, so that nothing holds the port after it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
