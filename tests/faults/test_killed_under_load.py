"""A real server under purchase load and a real PostgreSQL, both killed again and again: money and credits agree after.

The server is granian with a database of its own; Stripe is the local double, which goes on while all else dies. Buyers
try again with the same Idempotency-Key, as good clients do, and some give up. Nothing sleeps for luck: each kill comes
when the buyers have got further by a few steps.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import psycopg
import pytest

from carboncore import embedded_postgres
from tests.doubles.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeDouble

ROOT = Path(__file__).resolve().parents[2]
KILLS_OF_THE_SERVER, KILLS_OF_POSTGRESQL = 10, 3
BUYERS, STEPS_BETWEEN_KILLS = 4, 12
PRICE, QUANTITY, CENTS = "12.5000", "10", 12_500


def until(happened, seconds=90.0):
    """Wait for what other processes do; fails when they never do."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := happened():
            return result
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class House:
    """A server, its database and its environment, in a folder of their own."""

    def __init__(self, stripe):
        self.var = Path(tempfile.mkdtemp(prefix="cc-"))
        self.var.chmod(0o755)
        self.data = self.var / "postgres"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}/api/v1"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "DATABASE_URL": embedded_postgres.ensure_running(self.data),
            "VAR_DIR": str(self.var),
            "DEBUG": "true",
            "HTTPS": "false",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "JWT_SIGNING_KEY": secrets.token_urlsafe(64),
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "STRIPE_API_BASE": stripe.base,
            "GUEST_OPEN_PURCHASES": "1000",
            "LOG_LEVEL": "ERROR",
        }
        self.server = None

    def run(self, *arguments):
        """Run Python in this environment; returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self):
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "--blocking-threads", "4"),
            *("--log-level", "error", "carboncore.wsgi:application"),
        ]
        environment = {**self.environment, "CARBONCORE_PROCESS": "web"}
        with (self.var / "web.log").open("ab") as log:
            self.server = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        until(lambda: post(f"{self.base}/purchases", {}, "probe")[0] == 400)

    def kill_server(self):
        """Kill the server and its worker without a word."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def kill_postgresql(self):
        """Kill the postmaster; its children find out by themselves."""
        pid = embedded_postgres.status(self.data).pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: embedded_postgres.status(self.data).pid is None)
        embedded_postgres.ensure_running(self.data)

    def close(self):
        if self.server is not None and self.server.poll() is None:
            self.kill_server()
        embedded_postgres.stop(self.data)
        shutil.rmtree(embedded_postgres.status(self.data).data_dir, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)


def post(url, body, key):
    """Post JSON; returns (status, body), (0, {}) when there was no answer."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}
    except (OSError, ValueError):
        return 0, {}


class Buyers:
    """Guests who buy, pay and confirm until they are told to stop."""

    def __init__(self, house, stripe, project_id):
        self.house, self.stripe, self.project_id = house, stripe, project_id
        self.steps, self.stopping, self._lock = 0, threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._buy, args=(number,)) for number in range(BUYERS)]

    def step(self):
        with self._lock:
            self.steps += 1

    def _buy(self, number):
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            order = {
                "project_id": self.project_id,
                "quantity": QUANTITY,
                "price_per_credit": PRICE,
                "currency": "EUR",
                "guest_email": f"guest{number}@example.org",
            }
            bought = self._tried(f"{self.house.base}/purchases", order, tries=50)
            if bought is None or "client_secret" not in bought:
                continue
            intent_id = bought["client_secret"].split("_secret_")[0]
            if turn % 5 == 0:
                continue  # never pays: its reservation will expire
            self.stripe.pay(intent_id)
            if turn % 3 == 0:
                self._hear_from_stripe(intent_id)
            elif turn % 4:
                self._tried(f"{self.house.base}/purchases/{bought['id']}/confirm", {}, tries=5)

    def _hear_from_stripe(self, intent_id):
        for event in list(self.stripe.events):
            if event["data"]["object"]["id"] == intent_id:
                self.stripe.deliver(event, f"{self.house.base}/webhooks/stripe")
                self.step()

    def _tried(self, url, body, *, tries):
        key = str(uuid.uuid4())
        for _ in range(tries):
            status, answer = post(url, body, key)
            if status in (200, 201):
                self.step()
                return answer
            if self.stopping.wait(0.1):
                return None
        return None


@pytest.fixture
def stripe():
    double = StripeDouble().start()
    yield double
    double.stop()


@pytest.fixture
def house(stripe):
    made = House(stripe)
    try:
        yield made
    finally:
        made.close()


SETUP = """
import django; django.setup()
from tests.purchase_factories import selling_batch
print(selling_batch(quantity_kg=1_000_000_000).project_id)
"""
ROUNDS = """
import django; django.setup()
from datetime import timedelta
from transactions.models import Transaction
from transactions.services.purchases import payments_reconcile, reservations_expire
Transaction.objects.filter(status="reserved").update(expires_at="2026-01-01T00:00:00Z")
for _ in range(2):
    reservations_expire()
    done = payments_reconcile(wait=timedelta(0))
print(done.failed)
"""
PURCHASES = """
SELECT t.stripe_payment_intent_id, t.status, t.quantity_kg,
       (SELECT coalesce(sum(l.end_kg - l.first_kg), 0) FROM transactions_transactionentry x
        JOIN transactions_ledgerentry e ON e.id = x.entry_id AND e.kind = 'sale'
        JOIN transactions_ledgerline l ON l.entry_id = e.id WHERE x.transaction_id = t.id)
FROM transactions_transaction t WHERE t.transaction_type = 'purchase'
"""


def test_after_kills_of_server_and_database_every_payment_has_its_credits_or_its_refund(house, stripe):
    house.environment["DJANGO_SETTINGS_MODULE"] = "carboncore.settings"
    house.run("manage.py", "migrate", "--verbosity", "0")
    project_id = int(house.run("-c", SETUP).split()[-1])
    house.start()
    buyers = Buyers(house, stripe, project_id)
    for thread in buyers.threads:
        thread.start()
    try:
        for number in range(KILLS_OF_THE_SERVER + KILLS_OF_POSTGRESQL):
            goal = buyers.steps + STEPS_BETWEEN_KILLS
            until(lambda goal=goal: buyers.steps >= goal)
            if number % 4 == 3:
                house.kill_postgresql()
            else:
                house.kill_server()
                house.start()
    finally:
        buyers.stopping.set()
        for thread in buyers.threads:
            thread.join()
    house.kill_server()

    assert house.run("-c", ROUNDS).split()[-1] == "0"
    house.run("manage.py", "verify_ledger", "--quiet")
    with psycopg.connect(house.environment["DATABASE_URL"]) as connection:
        purchases = connection.execute(PURCHASES).fetchall()
    by_intent = {intent_id: (status, quantity, sold) for intent_id, status, quantity, sold in purchases if intent_id}
    for intent_id, (status, quantity, sold) in by_intent.items():
        assert sold == (quantity if status == "completed" else 0)
        assert stripe.taken(intent_id) == (CENTS if status == "completed" else 0)
    for intent_id in stripe.intents:
        assert intent_id in by_intent or stripe.taken(intent_id) == 0
    statuses = [status for _, status, *_ in purchases]
    assert set(statuses) <= {"completed", "expired", "refunded", "cancelled"}
    assert statuses.count("completed") > KILLS_OF_THE_SERVER
    assert "expired" in statuses
