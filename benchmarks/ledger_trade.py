"""How many purchases by invoice a second, against pgbench sending the same statements to the same cluster.

`ledger_hot.py` and `ledger_wide.py` say over how many projects. One run makes a throw-away, durable PostgreSQL, fills a
market, starts the server as `scripts/run` does, records what one purchase sends, and lets both buy in turn.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
import psycopg.rows

from benchmarks import purchase_script
from benchmarks.list_projects import ROOT, say, server_environment, serving
from benchmarks.purchase_load import LARGEST_KG, PRICE
from carboncore import embedded_postgres
from carboncore.embedded_postgres import home_of
from carboncore.postgres_programs import programs_for

PROJECTS, CONNECTIONS = 200, 16
# The purchase that is recorded: numbers that nothing else in it has.
_RECORDED_PROJECT, _RECORDED_QUANTITY, _PURCHASES_BEFORE = 173, "4.321", 60
_HONEST = {"201", "409 not_enough_credits"}


@dataclass(frozen=True)
class Market:
    """A running, throw-away PostgreSQL with a database in which every project sells, and the buyers' tokens."""

    folder: Path
    cluster: Path
    tokens: list[str]

    def copy(self, name: str) -> str:
        """Return the address of a copy of its database."""
        with psycopg.connect(embedded_postgres.url(self.cluster, "postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{embedded_postgres.DATABASE}"')
        return embedded_postgres.url(self.cluster, name)


def main(*, projects: int, target: float) -> int:
    """Measure, print, and return 1 when the target is missed or anything but a sale or "sold out" was answered."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0, help="Length of one measurement.")
    parser.add_argument("--rounds", type=int, default=3, help="Interleaved rounds; the medians count.")
    parser.add_argument("--script", action="store_true", help="Print what pgbench is given, and end.")
    options = parser.parse_args()
    # Requests are counted, as on every server, but here no count is ever reached.
    os.environ["RATE_LIMITS"] = "user-write=999999999/h"
    folder = Path(tempfile.mkdtemp(prefix="carboncore-benchmark-"))
    folder.chmod(0o755)
    cluster = folder / "postgres"
    try:
        embedded_postgres.ensure_running(cluster)
        trade = Market(folder, cluster, opened(folder, cluster))
        script = record(trade)
        if options.script:
            say(script)
            return 0
        return measure(trade, script, projects, target, options)
    finally:
        embedded_postgres.stop(cluster)
        shutil.rmtree(folder, ignore_errors=True)


def measure(trade: Market, script: str, projects: int, target: float, options: argparse.Namespace) -> int:
    """Let the server and pgbench buy in turn, each in a database of its own that began alike."""
    url, file = trade.copy("ours"), trade.folder / "purchase.sql"
    file.write_text(script)
    rival = partial(bench, trade.cluster, trade.copy("rival"), file, projects)
    rates: dict[str, list[float]] = {"server": [], "pgbench": []}
    costs: dict[str, list[float]] = {"server": [], "pgbench": []}
    rounds = []
    with serving(trade.folder, url) as port:
        load(port, projects, trade.tokens, 2.0)
        rival(2.0)
        for _ in range(options.rounds):
            before = processor_seconds(trade.cluster)
            rounds.append(found := load(port, projects, trade.tokens, options.seconds))
            between, sold = processor_seconds(trade.cluster), sum(found["answers"].values())
            rates["pgbench"].append(rival(options.seconds))
            after = processor_seconds(trade.cluster)
            rates["server"].append(sold / found["seconds"])
            costs["server"].append((between - before) / sold * 1000)
            costs["pgbench"].append((after - between) / (rates["pgbench"][-1] * round(options.seconds)) * 1000)
            say(f"  server {rates['server'][-1]:7.0f}/s   pgbench {rates['pgbench'][-1]:7.0f}/s   {found['answers']}")
        sold_out = load(port, projects, trade.tokens, 2.0, kg=900_000_000)["answers"]
    ours, theirs = statistics.median(rates["server"]), statistics.median(rates["pgbench"])
    median, tail = (statistics.median(found[name] for found in rounds) for name in ("median_ms", "p99_ms"))
    said = "reached" if ours / theirs >= target else "MISSED"
    say(
        f"{projects} project(s), {CONNECTIONS} connections: {ours:.0f} purchases a second (median answer"
        f" {median:.1f} ms, 99 % within {tail:.0f} ms), pgbench {theirs:.0f};"
        f" ratio {ours / theirs:.2f}, target {target}: {said}."
    )
    spent = {who: statistics.median(each) for who, each in costs.items()}
    say(f"Processor time each: {spent['server']:.2f} ms with all of the server, {spent['pgbench']:.2f} ms by pgbench.")
    problems = verified(trade.folder, url)
    say(f"When little is left: {sold_out}. {problems}")
    honest = all(found["answers"].keys() <= {"201"} for found in rounds) and sold_out.keys() <= _HONEST
    return 0 if honest and ours / theirs >= target and not problems.startswith("verify_ledger FAILED") else 1


def processor_seconds(cluster: Path) -> float:
    """Return what PostgreSQL, the server and every ended or running child of this process have used so far."""
    postmaster = psutil.Process(int((home_of(cluster).data_dir / "postmaster.pid").read_text().split()[0]))
    spent = 0.0
    for root in (postmaster, psutil.Process()):
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                spent += sum(process.cpu_times()[:4])
    return spent


def opened(folder: Path, cluster: Path) -> list[str]:
    """Make the database that the others are copies of; return the buyers' tokens."""
    environment = server_environment(folder, embedded_postgres.url(cluster))
    manage = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(manage, env=environment | {"DEBUG": "true"}, check=True)
    fill = [sys.executable, str(ROOT / "benchmarks" / "market.py"), str(PROJECTS), str(CONNECTIONS)]
    done = subprocess.run(fill, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


def load(port: int, projects: int, tokens: list[str], seconds: float, *, kg: int = 0) -> dict[str, Any]:
    """Return what a load from a process of its own was answered (see `purchase_load`)."""
    command = [sys.executable, str(ROOT / "benchmarks" / "purchase_load.py"), "127.0.0.1", str(port), str(seconds)]
    done = subprocess.run([*command, str(projects), str(kg), *tokens], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bench(cluster: Path, url: str, file: Path, projects: int, seconds: float) -> float:
    """Return the transactions a second that pgbench reaches with the script, prepared, on as many connections."""
    program = programs_for(home_of(cluster)).folder / "pgbench"
    variables = {"started": 0, "projects": projects, "largest_kg": LARGEST_KG}
    command = [
        *(str(program), "--no-vacuum", "--protocol=prepared", "--client", str(CONNECTIONS), "--jobs", "2"),
        *("--time", str(round(seconds)), "--file", str(file)),
        *(f"--define={name}={value}" for name, value in variables.items()),
        url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or rate is None or "number of failed transactions: 0 " not in done.stdout:
        sys.exit(f"pgbench: {done.stdout}\n{done.stderr[-3000:]}")
    return float(rate[1])


def record(trade: Market) -> str:
    """Return the script of one purchase, as the server sends it today."""
    url = trade.copy("recorded")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE recorded SET log_statement = 'all'")
    log, purchases = home_of(trade.cluster).data_dir / "server.log", []
    with serving(trade.folder, url) as port:
        for _ in range(_PURCHASES_BEFORE):
            offset, key = log.stat().st_size, str(uuid.uuid4())
            buy(port, trade.tokens[-1], key)
            purchases.append((key, purchase_script.log_since(log, offset)))
    recorded = [purchase_script.statements(text) for _, text in purchases if "ERROR:  " not in text]
    chosen = purchase_script.usual(recorded)
    key = next(key for key, _ in purchases if any(f"'{key}'" in value for s in chosen for value in s.values))
    with psycopg.connect(url) as connection:
        facts = facts_of(connection, key)
    return purchase_script.script(chosen, purchase_script.known_values(facts))


def buy(port: int, token: str, key: str) -> None:
    """Buy the recorded quantity of the recorded project."""
    order = {
        "project_id": _RECORDED_PROJECT,
        "quantity": _RECORDED_QUANTITY,
        "price_per_credit": PRICE,
        "currency": "EUR",
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/purchases",
        json.dumps(order).encode(),
        {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()  # noqa: S310 - our own server, begun above


def facts_of(connection: psycopg.Connection, key: str) -> dict[str, str | int]:
    """Return what belonged to the purchase that was made under this Idempotency-Key."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row).execute(_FACTS, [key])
    found = cursor.fetchone()
    if found is None:
        raise purchase_script.Unrecorded("The recorded purchase is not in the database.")
    return found


def verified(folder: Path, url: str) -> str:
    """Replay the whole ledger that the purchases left behind; return what `verify_ledger` says at its end."""
    command = [sys.executable, str(ROOT / "manage.py"), "verify_ledger"]
    environment = server_environment(folder, url)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return (
        done.stdout.strip().splitlines()[-1]
        if done.returncode == 0
        else f"verify_ledger FAILED: {done.stdout}{done.stderr}"
    )


_FACTS = """
    SELECT k.key, k.scope, t.id AS purchase, t.public_id, t.project_id AS project, t.to_account_id AS account,
        t.quantity_kg AS kg, u.id AS buyer, u.public_id AS buyer_uuid, e.id AS entry, e.position,
        encode(e.hash, 'hex') AS hash, encode(e.previous_hash, 'hex') AS previous_hash, l.first_kg,
        s.public_id AS session
    FROM transactions_idempotencykey AS k
    JOIN transactions_transaction AS t ON t.public_id = (k.response_body ->> 'id')::uuid
    JOIN transactions_transactionentry AS te ON te.transaction_id = t.id
    JOIN transactions_ledgerentry AS e ON e.id = te.entry_id
    JOIN transactions_ledgerline AS l ON l.entry_id = e.id
    JOIN accounts_user AS u ON u.id = t.to_user_id
    JOIN accounts_signinsession AS s ON s.user_id = u.id
    WHERE k.key = %s
"""
