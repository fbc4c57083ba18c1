"""How many project lists, searches, filtered lists and single projects a second, against two rivals.

`python benchmarks/list_projects.py` makes a throw-away PostgreSQL with 10,000 projects (and 1,000 and 100,000 for the
growth of the search), installs the rivals into a folder of its own, starts the three servers the same way (granian,
2 workers) and asks each in turn, several rounds. It prints requests a second and the ratios that count.
"""

import argparse
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402

from benchmarks import dataset  # noqa: E402
from carboncore import embedded_postgres  # noqa: E402
from carboncore.supervisor import web_server  # noqa: E402

RIVALS = ["fastapi==0.115.*", "sqlalchemy==2.0.*", "psycopg[binary]==3.3.*", "granian==2.8.*"]
SCENARIOS = {
    "list of 100": ["/projects"],
    "text search": ["/projects?search=forest", "/projects?search=kami", "/projects?search=mangrove+kenya"],
    "country filter": ["/projects?country=BR", "/projects?country=KE", "/projects?country=CL"],
    "one project by id": [f"/projects/{number}" for number in (1, 77, 513, 4_999, 7_001, 9_990)],
}
# Of every size the same five rows: a fuller page would measure the page, not the search.
SEARCHES = [f"/projects?limit=5&search={words}" for words in ("forest", "mangrove+kenya", "brazil+solar", "wind+china")]
CONNECTIONS = 8
BARE_TARGET, USUAL_TARGET, GROWTH_TARGET = 0.7, 3.0, 1.5


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=4.0, help="Length of one measurement.")
    parser.add_argument("--rounds", type=int, default=3, help="Interleaved rounds; the median counts.")
    parser.add_argument("--only", choices=["rivals", "growth", "count"], help="One part only.")
    parser.add_argument("--without-fastapi", action="store_true", help="Leave the slow rival out.")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carboncore-benchmark-"))
    folder.chmod(0o755)
    met = True
    try:
        sizes = [10_000] if options.only in {"rivals", "count"} else [1_000, 10_000, 100_000]
        urls = databases(folder, sizes)
        if options.only in {None, "rivals"}:
            met &= against_rivals(folder, urls[10_000], options)
        if options.only in {None, "count"}:
            cost_of_count(folder, urls[10_000], options)
        if options.only in {None, "growth"}:
            met &= growth(folder, urls, options)
    finally:
        embedded_postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if met else 1


def databases(folder: Path, sizes: list[int]) -> dict[int, str]:
    """Return the address of a filled database for each size."""
    cluster = folder / "postgres"
    embedded_postgres.ensure_running(cluster, durable=False)
    template = embedded_postgres.url(cluster)
    say("Migrating …")
    manage = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(manage, env=server_environment(folder, template) | {"DEBUG": "true"}, check=True)
    urls = {}
    for size in sizes:
        name = f"projects_{size}"
        with psycopg.connect(embedded_postgres.url(cluster, "postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{embedded_postgres.DATABASE}"')
        urls[size] = embedded_postgres.url(cluster, name)
        say(f"Filling a database with {size:,} projects …")
        dataset.fill(urls[size], size)
    return urls


def against_rivals(folder: Path, url: str, options: argparse.Namespace) -> bool:
    """Measure the three servers in turn; return whether the targets are reached."""
    python = rivals_python() if not options.without_fastapi else None
    with serving(folder, url) as ours, serving(folder, url, "benchmarks.rivals.bare:application") as bare:
        ports = {"ours": ours, "bare": bare}
        if python is None:
            return report(measure(ports, options))
        with serving(folder, url, "benchmarks.rivals.fastapi_app:app", interface="asgi", python=python) as usual:
            return report(measure({**ports, "fastapi": usual}, options))


def measure(ports: dict[str, int], options: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Return requests a second by scenario and server, one number a round."""
    found: dict[str, dict[str, list[float]]] = {name: {server: [] for server in ports} for name in SCENARIOS}
    for name, paths in SCENARIOS.items():
        for port in ports.values():
            load(port, paths, 1.0)
        for _ in range(options.rounds):
            for server, port in ports.items():
                found[name][server].append(load(port, paths, options.seconds))
    return found


def report(found: dict[str, dict[str, list[float]]]) -> bool:
    """Print the table of medians and ratios."""
    servers = list(next(iter(found.values())))
    say(f"\n{'':20}" + "".join(f"{server:>12}" for server in servers) + "   ours/bare   ours/fastapi")
    met = True
    for name, rates in found.items():
        middle = {server: statistics.median(values) for server, values in rates.items()}
        to_bare = statistics.median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True))
        met &= to_bare >= BARE_TARGET
        line = f"{name:20}" + "".join(f"{middle[server]:12.0f}" for server in servers) + f"{to_bare:12.2f}"
        if "fastapi" in rates:
            to_usual = statistics.median(a / b for a, b in zip(rates["ours"], rates["fastapi"], strict=True))
            met &= to_usual >= USUAL_TARGET
            line += f"{to_usual:15.1f}"
        say(line)
    say(f"Targets: {BARE_TARGET} of bare, {USUAL_TARGET:.0f} times fastapi: {'reached' if met else 'MISSED'}.")
    return met


def cost_of_count(folder: Path, url: str, options: argparse.Namespace) -> None:
    """Print what an exact total costs the list."""
    with serving(folder, url) as port:
        load(port, ["/projects"], 1.0)
        pairs = [
            (load(port, ["/projects"], options.seconds), load(port, ["/projects?count=true"], options.seconds))
            for _ in range(options.rounds)
        ]
    share = statistics.median(counted / plain for plain, counted in pairs)
    say(f"\nAn exact total (`count=true`) leaves {share:.0%} of the list's throughput.")


def growth(folder: Path, urls: dict[int, str], options: argparse.Namespace) -> bool:
    """Print how the search grows with the number of projects, and return whether it stays within the target."""
    rates: dict[int, list[float]] = {size: [] for size in urls}
    with (
        serving(folder, urls[1_000]) as small,
        serving(folder, urls[10_000]) as middle,
        serving(folder, urls[100_000]) as large,
    ):
        ports = {1_000: small, 10_000: middle, 100_000: large}
        for port in ports.values():
            load(port, SEARCHES, 1.0)
        for _ in range(options.rounds):
            for size, port in ports.items():
                rates[size].append(load(port, SEARCHES, options.seconds))
        say("\nSearch by number of projects (requests a second)")
        for path in SEARCHES:
            each = [load(port, [path], options.seconds / 2) for port in ports.values()]
            say(f"  {path:44}" + "".join(f"{rate:10.0f}" for rate in each))
    slower = statistics.median(a / b for a, b in zip(rates[1_000], rates[100_000], strict=True))
    for size, values in rates.items():
        say(f"  {size:>8,}: {statistics.median(values):8.0f}")
    said = "reached" if slower <= GROWTH_TARGET else "MISSED"
    say(f"At 100,000 a search takes {slower:.2f} times that at 1,000 (target {GROWTH_TARGET}): {said}.")
    return slower <= GROWTH_TARGET


@contextmanager
def serving(
    folder: Path,
    url: str,
    target: str = "carboncore.wsgi:application",
    *,
    interface: str = "wsgi",
    python: str = sys.executable,
) -> Iterator[int]:
    """Run a server the way `scripts/run` runs ours, and yield its port."""
    port = free_port()
    command = [
        *(python, "-m", "granian", *web_server.OPTIONS),
        *(web_server.WSGI if interface == "wsgi" else ["--interface", interface]),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        *("--working-dir", str(ROOT), target),
    ]
    with (folder / f"{port}.log").open("wb") as log:
        server = subprocess.Popen(command, env=server_environment(folder, url), stdout=log, stderr=log)
    try:
        wait_until_up(port, folder / f"{port}.log")
        yield port
    finally:
        server.terminate()
        server.wait()


def server_environment(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of a production server on that database."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": SECRETS[0],
        "JWT_SIGNING_KEY": SECRETS[1],
        "ALLOWED_HOSTS": "127.0.0.1",
        # Counted like everybody else's, and never refused: the clients are one address.
        "RATE_LIMITS": os.environ.get("RATE_LIMITS") or "public-read=900000000/h",
        "DEBUG": "false",
        "HTTPS": "false",
        "VAR_DIR": str(folder),
        "MALLOC_ARENA_MAX": "2",
        "PYTHONPATH": str(ROOT),
    }


SECRETS = (secrets.token_urlsafe(64), secrets.token_urlsafe(64))


def rivals_python() -> str:
    """Return a Python that has the rivals' packages, installed once beside this checkout's other throw-away files."""
    home = ROOT / "var" / "benchmark-rivals"
    python = home / "bin" / "python"
    if not (home / "installed").exists():
        say("Installing the rivals …")
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *RIVALS], check=True)
        (home / "installed").touch()
    return str(python)


def load(port: int, paths: list[str], seconds: float) -> float:
    """Return answers a second of the server at `port`, asked by a process of its own."""
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "load.py"),
        "127.0.0.1",
        str(port),
        str(CONNECTIONS),
        str(seconds),
    ]
    done = subprocess.run([*command, *paths], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{paths}: {done.stderr}")
    return float(done.stdout)


def wait_until_up(port: int, log: Path) -> None:
    """Wait until a project can be read."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/projects/1", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"The server did not come up:\n{log.read_text()[-4000:]}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
