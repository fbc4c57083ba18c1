"""1,000 data sources due at once, read by workers from a provider that answers in 200 ms.

    python benchmarks/sync_due.py [--sources 1000] [--workers 2] [--concurrency 8]

The provider is a process of its own that sends a week of half-hours for each request after 200 ms. Each source was
read before, so a sync is one request, 336 readings checked and stored, the log, the audit event and the next turn.
Ideal is what the waiting alone takes: sources ÷ (workers × concurrency) × 0.2 s. Measured is from queueing to the last
run's end, with real worker processes (`manage.py procrastinate worker`) that run already.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django

from benchmarks.ledger_history import databases
from carboncore import local_database

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 0.2
HALF_HOUR = timedelta(minutes=30)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=8)
    options = parser.parse_args()
    ports: Queue[int] = Queue()
    provider = Process(target=provide, args=(ports,), daemon=True)
    provider.start()
    port = ports.get()
    os.environ["OUTGOING_ALLOWED_HOSTS"] = f"127.0.0.1:{port}"
    local_database.start_for_command(["manage.py", "migrate"])
    django.setup()
    logging.disable(logging.WARNING)
    name = f"bench_sync_{os.getpid()}"
    with databases(name):
        from django.core.management import call_command
        from django.db import transaction

        call_command("migrate", verbosity=0)
        with transaction.atomic():
            connect(options.sources, f"http://127.0.0.1:{port}")
        measured, spent = run(name, options, provider.pid or 0)
    provider.terminate()
    tell(options, measured, spent)


def tell(options: argparse.Namespace, measured: float, spent: dict[str, float]) -> None:
    """Print the seconds beside the ideal, and what the processors were used for."""
    ideal = options.sources / (options.workers * options.concurrency) * SECONDS
    print(f"{options.sources:,} sources, {options.workers} workers, {options.concurrency} at a time each")
    print(f"ideal:    {ideal:6.1f} s   (waiting for the provider, and nothing else)")
    times, speed = measured / ideal, options.sources / measured
    print(f"measured: {measured:6.1f} s   {times:.2f} times the ideal, {speed:.0f} syncs/s")
    shares = ", ".join(f"{who} {seconds / options.sources * 1000:.1f}" for who, seconds in spent.items())
    bound = sum(spent.values()) / (os.cpu_count() or 1)
    print(f"processor time of one sync in ms: {shares}; all of it on {os.cpu_count()} processors: {bound:.1f} s")


def provide(ports: "Queue[int]") -> None:
    """Serve a week of half-hours after 200 ms, for each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            begins, ends = (datetime.strptime(query[key], "%Y%m%d%H%M") for key in ("start", "end"))  # noqa: DTZ007
            begins = begins.replace(minute=begins.minute // 30 * 30)
            stamps = [begins + number * HALF_HOUR for number in range(int((ends - begins) / HALF_HOUR) + 1)]
            values = [{"primaryValue": 0.25, "timestamp": f"{stamp:%Y-%m-%d %H:%M}"} for stamp in stamps]
            body = json.dumps({"unit": "kWh", "devices": [{"deviceId": "1", "values": values}]}).encode()
            time.sleep(SECONDS)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    ports.put(server.server_port)
    server.serve_forever()


def connect(count: int, url: str) -> None:
    """Make that many sources that were read a week ago, and are due."""
    from accounts.models import User
    from integrations.choices import SyncStatus, SyncType
    from integrations.models import Connection, Integration, Reading, SyncRun
    from integrations.reading_records import interval_id
    from integrations.services.credentials import credentials_store

    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    owner = User.objects.create_user(email="owner@example.org", username="owner", password=os.urandom(16).hex())
    row, _ = Integration.objects.update_or_create(
        slug="bench",
        defaults={
            "name": "Bench", "provider": "Bench", "category": "energy", "type": "api_key", "status": "production",
            "adapter": "n3rgy", "base_url": url, "description": "-", "setup_complexity": "easy",
            "estimated_setup_time": "-",
        },
    )  # fmt: skip
    for number in range(count):
        point = str(1_000_000_000_000 + number)
        source = Connection.objects.create(
            integration=row, owner=owner, display_name=point, account_reference=point, settings={"mpxn": point},
            status="active", next_sync_at=now - timedelta(minutes=1),
        )  # fmt: skip
        credentials_store(connection=source, secrets={"apiKey": "key"})
        SyncRun.objects.create(
            connection=source, sync_type=SyncType.SCHEDULED, status=SyncStatus.SUCCESS, finished_at=now
        )
        Reading.objects.create(
            connection=source, reading_type="electricity_consumption", series=f"{point}/1",
            external_id=interval_id(f"{point}/1", now - HALF_HOUR),
            starts_at=now - HALF_HOUR, ends_at=now, quantity=Decimal(1), unit="kWh",
        )  # fmt: skip


def run(name: str, options: argparse.Namespace, provider: int) -> tuple[float, dict[str, float]]:
    """Return the seconds from queueing all syncs to the end of the last, and the processor's seconds of each side."""
    from django.db.models import Max

    from integrations.choices import SyncStatus
    from integrations.models import SyncRun
    from integrations.services.syncing import syncs_due_start

    command = [sys.executable, "manage.py", "procrastinate", "worker", "-q", "syncs", "-p", "0.2"]
    workers = [
        subprocess.Popen(
            [*command, "-c", str(options.concurrency)],
            cwd=ROOT,
            env=environment(name),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(options.workers)
    ]
    processes = [worker.pid for worker in workers]
    try:
        until_listening(options.workers)
        before = processor_seconds(processes, provider)
        began = time.time()
        runs = syncs_due_start()
        if len(runs) != options.sources:
            raise SystemExit(f"{len(runs)} syncs were queued instead of {options.sources}.")
        ours = SyncRun.objects.filter(pk__in=[each.pk for each in runs])
        waiting = {"status__in": [SyncStatus.QUEUED, SyncStatus.RUNNING]}
        while ours.filter(**waiting).exists():
            time.sleep(0.2)
        after = processor_seconds(processes, provider)
        failed = ours.exclude(status=SyncStatus.SUCCESS).first()
        if failed is not None:
            raise SystemExit(f"A sync ended as {failed.status}: {failed.error_message}")
        last: Any = ours.aggregate(Max("finished_at"))["finished_at__max"]
        return float(last.timestamp() - began), {who: after[who] - before[who] for who in after}
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(30)


def until_listening(workers: int) -> None:
    """Wait until that many workers have told PostgreSQL that they are there."""
    from django.db import connection

    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers")
            if cursor.fetchone()[0] >= workers:
                return
        time.sleep(0.2)
    raise SystemExit("The workers did not start.")


def processor_seconds(workers: list[int], provider: int) -> dict[str, float]:
    """Return what each side has used of the processors so far: PostgreSQL with the processes that it has ended."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = _ticks(cursor.fetchone()[0])[0]
    server_parts = [_ticks(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()]
    served = sum(own for parent, own, _ in server_parts if parent == server) + sum(_ticks(server)[1:])
    second = os.sysconf("SC_CLK_TCK")
    worked = sum(_ticks(worker)[1] for worker in workers)
    used = {"workers": worked, "PostgreSQL": served, "the provider's double": _ticks(provider)[1]}
    return {who: ticks / second for who, ticks in used.items()}


def _ticks(process: int) -> tuple[int, int, int]:
    """Return a process's parent, its own ticks, and those of its ended children; nothing of one that has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0, 0
    return int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


def environment(name: str) -> dict[str, str]:
    """Return the environment of a worker on the benchmark's own database."""
    from carboncore import embedded_postgres

    address = os.environ["DATABASE_URL"]
    if local_database.DATA_DIR:
        address = embedded_postgres.url(local_database.DATA_DIR, name)
    return {**os.environ, "DATABASE_URL": address, "LOG_LEVEL": "ERROR"}


if __name__ == "__main__":
    main()
