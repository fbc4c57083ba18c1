"""Does the server go on serving others while somebody floods, guesses, dawdles and stuffs it?

`python benchmarks/abuse.py` makes a throw-away PostgreSQL and starts the server as `scripts/run` does, on loopback.
Six clients behave (each its own address), first alone and then beside each attack; their 95th percentile beside it may
be three times the quiet one just before. No process may die, no answer to them may fail, memory must stay flat.
"""

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402

from benchmarks.list_projects import databases, say, serving  # noqa: E402
from carboncore import embedded_postgres  # noqa: E402

TIMES, GROWTH = 3.0, 1.25
PAUSE = 0.03  # seconds between two requests of one behaving client
JUNK, JUNK_A_SECOND = 10_000, 400


def main() -> int:
    """Measure, print, and return 1 when the server does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0, help="Length of each quiet and each attacked stretch.")
    parser.add_argument("--only", choices=list(ATTACKS), help="One attack only.")
    parser.add_argument("--role", choices=["clients", *ATTACKS], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        role: Callable[[int, float], object] = behave if options.role == "clients" else ATTACKS[options.role]
        print(json.dumps(role(options.port, options.seconds)))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="carboncore-abuse-"))
    folder.chmod(0o755)
    os.environ["RATE_LIMITS"] = "public-read=3000/m"  # what a server has that is told nothing
    try:
        with serving(folder, databases(folder, [1_000])[1_000]) as port:
            return int(not under_attack(port, options))
    finally:
        embedded_postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


def under_attack(port: int, options: argparse.Namespace) -> bool:
    """Measure one attack after the other; return whether everything held."""
    server = next(process for process in psutil.Process().children() if "granian" in " ".join(process.cmdline()))
    for name in ("clients", "guessing", "slow", "oversized"):  # until all threads have been needed once
        run(name, port, 3.0)
    workers, memory = [process.pid for process in server.children()], resident(server)
    held = True
    say(f"\n{'':20}{'quiet p95':>12}{'attacked p95':>14}{'times':>8}{'failed':>8}   what the attackers got")
    for name in [options.only] if options.only else ATTACKS:
        quiet = run("clients", port, options.seconds)
        attacker = start(name, port, options.seconds + 2)
        time.sleep(1)
        beside = run("clients", port, options.seconds)
        got = json.loads(attacker.communicate()[0])
        times = beside["p95"] / quiet["p95"]
        held &= times <= TIMES and not beside["failed"] and not faults(got)
        line = f"{name:20}{quiet['p95']:9.1f} ms{beside['p95']:11.1f} ms{times:8.2f}{beside['failed']:8}   "
        say(line + ", ".join(f"{status}: {number:,}" for status, number in sorted(got.items())))
    alive = [process.pid for process in server.children()] == workers
    growth = resident(server) / memory
    held &= alive and growth <= GROWTH
    say(f"Processes: {'all alive' if alive else 'SOME DIED'}. Memory: {growth:.2f} times that before (up to {GROWTH}).")
    say(f"Target, {TIMES:.0f} times the quiet p95 and nothing failed: {'reached' if held else 'MISSED'}.")
    return held


def faults(got: dict[str, int]) -> list[str]:
    """Return the statuses that tell of a fault; 503 says no in time, which is the point."""
    return [status for status in got if status.startswith("5") and status != "503"]


def resident(server: psutil.Process) -> int:
    """Return the bytes that the server and its workers hold."""
    return sum(int(process.memory_info().rss) for process in [server, *server.children()])


def start(role: str, port: int, seconds: float) -> subprocess.Popen[str]:
    """Start a role in a process of its own, so that nobody waits for another's Python."""
    command = [sys.executable, __file__, "--role", role, "--port", str(port), "--seconds", str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run(role: str, port: int, seconds: float) -> dict[str, float]:
    """Run a role to its end; return what it found."""
    found: dict[str, float] = json.loads(start(role, port, seconds).communicate()[0])
    return found


# --- those who behave


def behave(port: int, seconds: float) -> dict[str, float]:
    """Read as six people do, write now and then; return the 95th percentile in ms and how many answers failed."""
    took: list[float] = []
    statuses: Counter[str] = Counter()
    until = time.monotonic() + seconds
    base = random.randrange(1, 200)

    def one(number: int) -> None:
        address = f"127.1.{base}.{number + 1}"
        paths = ["/projects?limit=20", "/projects/77", "/project-types", "/projects?search=forest&limit=5", "/"]
        for turn in count():
            if time.monotonic() > until:
                return
            body = b"{}" if turn % 25 == 24 else None
            begun = time.perf_counter()
            status = ask(port, paths[turn % 5] if body is None else "/purchases", body, address=address)
            took.append((time.perf_counter() - begun) * 1000)
            statuses["ok" if status == ("200" if body is None else "400") else status] += 1
            time.sleep(PAUSE)

    together(one, 6)
    failed = {status: number for status, number in statuses.items() if status != "ok"}
    if failed:
        print(failed, file=sys.stderr)
    return {"p95": statistics.quantiles(took, n=20)[-1], "failed": sum(failed.values()), "asked": len(took)}


def together(work: Callable[[int], None], people: int) -> None:
    """Run `work(0)`, `work(1)`, … at the same time, to the end of all."""
    threads = [threading.Thread(target=work, args=[number]) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask(port: int, path: str, body: bytes | None = None, *, address: str, method: str = "", extra: str = "") -> str:
    """Send one request from an address of loopback; return the status, or what became of it instead."""
    head = (
        f"{method or ('GET' if body is None else 'POST')} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    )
    if body is not None:
        head += f"Content-Type: application/json\r\nIdempotency-Key: {random.random()}\r\n"
        head += "" if "Content-Length" in extra else f"Content-Length: {len(body)}\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(address, 0)) as connection:
            # When the server says no before all was sent, what it said can be read.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(f"{head}{extra}\r\n".encode() + (body or b""))
            answer = connection.recv(65_536)
            while connection.recv(65_536):
                pass
    except TimeoutError:
        return "timed out"
    except OSError:
        return "closed"
    return answer[9:12].decode("latin-1") or "closed"


# --- those who do not


def junk(port: int, seconds: float) -> dict[str, int]:
    """Send 10,000 requests that mean nothing, 400 a second as a scanner does; each is also work for this machine."""
    got: Counter[str] = Counter()
    left, dice, until = iter(range(JUNK)), random.Random(1), time.monotonic() + seconds + 2 * JUNK / JUNK_A_SECOND
    begun = time.monotonic()
    words = ["wp-login.php", ".env", "staff/", "admin/projects", "projects/'%20OR%201=1", "..%2f..%2fetc/passwd", "%00"]
    words += [
        "api/v1/purchases",
        "ledger/entries?cursor=x",
        "projects?limit=-1",
        "holding-accounts",
        "%ff%fe",
        "retirements",
    ]

    def one(_: int) -> None:
        for number in left:
            if time.monotonic() > until:
                return
            time.sleep(max(0.0, begun + number / JUNK_A_SECOND - time.monotonic()))
            method = dice.choice(["GET", "GET", "GET", "POST", "PUT", "DELETE", "TRACE", "PROPFIND", "X" * 30])
            body = None if method == "GET" else dice.randbytes(dice.randrange(300))
            path = f"/{dice.choice(words)}{dice.randrange(9)}"
            got[ask(port, path, body, method=method, address=f"127.2.0.{number % 4 + 1}")] += 1

    together(one, 8)
    return dict(got)


def guessing(port: int, seconds: float) -> dict[str, int]:
    """Guess passwords of many people at once, from 16 addresses."""
    got: Counter[str] = Counter()
    until = time.monotonic() + seconds

    def one(number: int) -> None:
        for turn in count():
            if time.monotonic() > until:
                return
            body = json.dumps({"email": f"p{number}.{turn // 4}@registry.test", "password": f"guess-{turn}"}).encode()
            got[ask(port, "/admin/login", body, address=f"127.3.0.{number + 1}")] += 1

    together(one, 16)
    return dict(got)


def slow(port: int, seconds: float) -> dict[str, int]:
    """Open 400 connections that send a header a second and 100, from ten addresses, that send a body byte a second."""
    heads = [dial(port, 4, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n") for _ in range(400)]
    opening = b"POST /purchases HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    opening += b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
    bodies = [dial(port, 10 + number % 10, opening) for number in range(100)]
    until, dead = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        for group, piece in ((heads, b"X-a: b\r\n"), (bodies, b" ")):
            for connection in group:
                try:
                    connection.sendall(piece)
                except OSError:
                    dead += 1
                    group.remove(connection)
        time.sleep(1)
    return {"connections sent away": dead, "still open": len(heads) + len(bodies)}


def dial(port: int, number: int, opening: bytes) -> socket.socket:
    """Open a connection from an address of loopback and begin a request."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(f"127.4.0.{number + 1}", 0))
    connection.sendall(opening)
    return connection


def oversized(port: int, seconds: float) -> dict[str, int]:
    """Send bodies that are too long, too deep, packed, or without end."""
    got: Counter[str] = Counter()
    until = time.monotonic() + seconds
    megabytes = b" " * 6_000_000
    tries: list[tuple[bytes, str]] = [
        (megabytes, ""),
        (b"{", "Content-Length: 100000000000\r\n"),
        (b"[" * 1_000_000, ""),
        (b'{"quantity": ' + b"9" * 1_000_000 + b"}", ""),
        (b"\x1f\x8b" + megabytes[:100_000], "Content-Encoding: gzip\r\n"),
        (b"{}", "X-Junk: " + "x" * 100_000 + "\r\n"),
        (b"{}", "".join(f"X-{number}: x\r\n" for number in range(500))),
    ]

    def one(number: int) -> None:
        for turn in count(number):
            if time.monotonic() > until:
                return
            body, extra = tries[turn % len(tries)]
            got[ask(port, "/admin/login", body, extra=extra, address=f"127.5.{turn // 50 % 250}.{number + 1}")] += 1
            time.sleep(0.02)

    together(one, 6)
    return dict(got)


ATTACKS = {"junk": junk, "guessing": guessing, "slow": slow, "oversized": oversized}

if __name__ == "__main__":
    sys.exit(main())
