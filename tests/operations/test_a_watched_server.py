"""A real server with two processes: what it tells balancers, Prometheus and staff, and what its logs do not tell."""

import json
import os
import re
import signal
import threading
import uuid

import psutil
import psycopg
import pytest

from tests.operations.servers import METRICS_TOKEN, ROOT, until

PROJECTS = 'carboncore_http_request_duration_seconds_count{method="GET",route="/api/v1/projects",status="200"}'


def database(server):
    return psycopg.connect(server.environment["DATABASE_URL"], autocommit=True)


def names_of(server):
    return {re.split(r"[ {]", series)[0] for series in server.metrics()}


def failures(server):
    return server.metrics().get('carboncore_database_errors_total{kind="connection"}', 0)


def test_it_is_alive_whatever_the_database_does(server):
    answer = server.get("/health")

    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert server.ask("POST", "/health", b"").status in (403, 405)


def test_the_figures_of_all_processes_are_added_up_and_survive_one_of_them(server):
    # given 40 reads, each over a connection of its own, so that the kernel spreads them over the processes
    before = server.metrics().get(PROJECTS, 0)
    for _ in range(40):
        assert server.get("/api/v1/projects").status == 200

    # then the sum is exact, whichever process is asked, and more than one has had a part
    assert {server.metrics()[PROJECTS] - before for _ in range(6)} == {40}
    (folder,) = (server.var / "metrics").iterdir()
    assert len(list(folder.glob("histogram_*.db"))) >= 2
    assert server.metrics()["carboncore_http_requests_in_flight"] == 1

    # when one of them is killed and another takes its place
    victim = next(
        child for child in psutil.Process(server.web.pid).children() if (folder / f"histogram_{child.pid}.db").exists()
    )
    os.kill(victim.pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(victim.pid) or victim.status() == psutil.STATUS_ZOMBIE)
    until(lambda: server.get("/health").status == 200)

    # then nothing that it had counted is lost
    assert until(lambda: server.metrics().get(PROJECTS)) - before == 40


def test_the_figures_are_for_whoever_has_the_token(server):
    assert server.get("/metrics").status == 401
    assert server.get("/metrics", "a-token-that-is-wrong-but-long").status == 401
    assert server.get("/metrics", METRICS_TOKEN).headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_every_figure_that_an_alert_looks_at_is_there(server):
    # given a server at which something of each kind has happened, and a worker that has verified the ledger
    server.post("/api/v1/admin/login", {"email": "nobody@example.org", "password": "wrong-7731"})
    server.manage("verify_ledger", "--quiet")
    worker = server.start_worker()
    try:
        until(lambda: "carboncore_worker_heartbeat_age_seconds" in server.metrics())
        names = names_of(server)
    finally:
        worker.terminate()
        worker.wait()

    asked = set(re.findall(r"carboncore_\w+", (ROOT / "ops/alerts.yml").read_text()))

    # then only the failures of the database are missing, because there was none
    assert asked - names <= {"carboncore_database_errors_total"}
    assert server.metrics()['carboncore_refusals_total{action="session.refused"}'] >= 1


def test_connections_that_are_cut_are_counted_and_made_anew(server):
    before = failures(server)
    with database(server) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    until(lambda: [server.get("/api/v1/projects").status for _ in range(20)] == [200] * 20)

    assert failures(server) > before


def test_ready_tells_the_public_which_and_the_guarded_why(server):
    # given no job worker
    with database(server) as connection:
        connection.execute("DELETE FROM procrastinate_workers")

    public, guarded = server.get("/health/ready"), server.get("/health/ready", METRICS_TOKEN)

    assert (public.status, guarded.status) == (503, 503)
    assert public.json() == {
        "status": "failed",
        "checks": {"database": "ok", "migrations": "ok", "worker": "failed", "ledger": "ok", "disk": "ok"},
    }
    assert guarded.json()["details"]["worker"] == "no job worker runs; start manage.py procrastinate worker"

    # and a balancer may ask for less, by names that there are
    assert server.get("/health/ready?checks=database,disk").json()["checks"] == {"database": "ok", "disk": "ok"}
    assert server.get("/health/ready?checks=databas").status == 400

    # when a worker runs
    worker = server.start_worker()
    try:
        until(lambda: server.get("/health/ready").status == 200)
    finally:
        worker.terminate()
        worker.wait()


def test_performance_is_the_contracts_shape_with_the_figures_of_all_processes(server):
    token = server.known["token"]
    for _ in range(10):
        server.get("/projects/999999999")
    before = server.get("/api/v1/performance", token).json()
    for _ in range(10):
        server.get("/projects/999999999")

    after = server.get("/api/v1/performance", token).json()

    assert set(after) == {"summary", "endpoints", "system"}
    assert set(after["summary"]) == {"total_requests", "avg_response_time", "error_rate", "endpoint_count"}
    assert set(after["system"]) == {"cpu_avg", "memory_avg", "disk_avg"}
    assert after["summary"]["total_requests"] - before["summary"]["total_requests"] == 11
    one = "GET /projects/{key}"
    assert after["endpoints"][one]["count"] - before["endpoints"][one]["count"] == 10
    errors = [each["endpoints"][one]["error_rate"] * each["endpoints"][one]["count"] for each in (before, after)]
    assert errors[0] == pytest.approx(errors[1])  # not found is no error of the server
    assert 0 < after["endpoints"][one]["avg_response_time"] < 5
    assert after["summary"]["endpoint_count"] == len(after["endpoints"])
    assert sum(each["count"] for each in after["endpoints"].values()) == after["summary"]["total_requests"]
    assert all(0 <= percent <= 100 for percent in after["system"].values())
    assert after["system"]["memory_avg"] > 0


# --- logs -----------------------------------------------------------------------------------------------

EMAIL, GUEST = "officer-7731@staff.example", "guest-7731@buyers.example"
PASSWORD, WRONG, NEW = "Correct-Horse-7731", "Wrong-Horse-7731", "Newer-Horse-7731"
LINK = "bGluay03NzMx-token-of-a-link-7731"


@pytest.fixture(scope="module")
def visited(server):
    """Sign-ins, a registration, a purchase, a webhook, a reset, odd addresses, and an error with all of it in hand."""
    server.post("/api/v1/admin/login", {"email": EMAIL, "password": PASSWORD})
    server.post("/api/v1/admin/login", {"email": EMAIL, "password": WRONG})
    server.post("/api/v1/users/register", {"email": GUEST, "username": "guest7731", "password": NEW})
    server.post("/api/v1/users/login", {"email": GUEST, "password": NEW})
    server.post("/api/v1/users/password/forgotten", {"email": GUEST})
    server.post("/api/v1/users/password/reset", {"token": LINK, "password": NEW})
    order = {
        "project_id": server.known["project"],
        "quantity": "1",
        "price_per_credit": "12.5000",
        "currency": "EUR",
        "guest_email": GUEST,
    }
    bought = server.post("/api/v1/purchases", order, **{"Idempotency-Key": str(uuid.uuid4())})
    assert bought.status == 201, bought.text
    server.post("/api/v1/webhooks/stripe", {"id": "evt_7731"}, **{"Stripe-Signature": "t=1,v1=5257a869e7731"})
    server.get(f"/staff/login/?next=/staff/&email={GUEST}")
    server.get(f"/account/confirm/{LINK}")
    server.get(f"/api/v1/projects?search={GUEST}")
    server.get("/api/v1/admin/projects", server.known["token"], Cookie=f"sessionid={LINK}")
    server.get("/api/v1/admin/projects", "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3NzMxIn0.")
    with database(server) as connection:
        connection.execute("ALTER TABLE transactions_transaction RENAME TO elsewhere")
        connection.execute("ALTER TABLE registry_project RENAME TO elsewhere_too")
        try:
            failed = server.post("/api/v1/purchases", order, **{"Idempotency-Key": str(uuid.uuid4())})
            read = server.get(f"/api/v1/projects?search={GUEST}", **{"X-Request-ID": "asked-by-the-test-7731"})
        finally:
            connection.execute("ALTER TABLE elsewhere RENAME TO transactions_transaction")
            connection.execute("ALTER TABLE elsewhere_too RENAME TO registry_project")
    assert (failed.status, read.status) == (500, 500)
    secret = json.loads(bought.text).get("client_secret", "")
    return [EMAIL, GUEST, PASSWORD, WRONG, NEW, LINK, "5257a869e7731", *([secret] if secret else [])]


def secrets_of(server):
    named = ("SECRET_KEY", "JWT_SIGNING_KEY", "METRICS_TOKEN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
    return [server.known["token"], *(server.environment[name] for name in named)]


def test_no_log_holds_a_secret_or_a_person(server, visited):
    text = "\n".join(path.read_text(errors="replace") for path in server.var.glob("*.log"))

    assert '"event":"request"' in text
    assert [canary for canary in [*visited, *secrets_of(server)] if canary in text] == []


def test_each_request_leaves_one_line_that_says_what_it_was(server, visited):
    lines = [line for line in server.lines() if line["event"] == "request"]

    by_route = {(line["method"], line["route"], line["status"]): line for line in lines}
    read = by_route["GET", "/api/v1/projects", 200]
    assert set(read) == {
        "timestamp", "level", "logger", "event", "request_id", "method", "route", "status", "duration_ms",
        "queries", "database_ms",
    }  # fmt: skip
    assert read["level"] == "info"
    assert 1 in {line["queries"] for line in lines if line["route"] == "/api/v1/projects"}
    assert 0 < read["database_ms"] < read["duration_ms"]
    assert by_route["GET", "/api/v1/admin/projects", 200]["user_id"] == server.known["officer"]
    assert by_route["GET", "/api/v1/admin/projects", 401]["level"] == "warning"
    assert by_route["POST", "/api/v1/purchases", 500]["level"] == "error"
    assert re.fullmatch(r"[0-9a-f]{32}", read["request_id"])


def test_an_error_tells_its_reason_once_and_a_refusal_none(server, visited):
    lines = server.lines()
    failed = [line for line in lines if line.get("request_id") == "asked-by-the-test-7731"]

    assert [line["event"] for line in failed] == ["API request failed", "request"]
    assert "UndefinedTable" in failed[0]["exception"]
    refused = {line["request_id"] for line in lines if line["event"] == "request" and 400 <= line["status"] < 500}
    assert not [line for line in lines if line.get("request_id") in refused and "exception" in line]


def test_an_id_that_would_forge_the_log_is_not_taken(server):
    given = server.get("/health", **{"X-Request-ID": "0123-abcd_EFGH"})
    odd = server.get("/health", **{"X-Request-ID": 'x"} {"event":"forged'})

    assert given.headers["X-Request-ID"] == "0123-abcd_EFGH"
    assert re.fullmatch(r"[0-9a-f]{32}", odd.headers["X-Request-ID"])


def test_a_slow_query_is_told_without_its_values(server):
    # given a table that somebody keeps locked for a moment
    with database(server) as connection, connection.transaction():
        connection.execute("LOCK TABLE registry_project")
        reader = threading.Thread(target=lambda: server.get("/api/v1/projects/floresta-7731"))
        reader.start()
        until(
            lambda: connection.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND clock_timestamp() - waitstart > interval '300 ms'"
            ).fetchone()[0]
        )
    reader.join()

    (line,) = [line for line in server.lines() if line["event"] == "slow_query" and "registry_project" in line["sql"]]
    assert line["level"] == "warning"
    assert line["duration_ms"] >= 300
    assert "7731" not in line["sql"]
    assert line["sql"].startswith("SELECT ")


# --- error reports --------------------------------------------------------------------------------------


def test_an_error_is_reported_with_its_reason_and_without_people(server, visited, reports):
    event = until(lambda: next((e for e in reports.events if "UndefinedTable" in json.dumps(e)), None))

    text = "\n".join(reports.texts)
    assert event["request"] == {"method": event["request"]["method"]}
    assert "vars" not in json.dumps(event["exception"])
    assert [canary for canary in [*visited, *secrets_of(server)] if canary in text] == []
    assert not {"server_name", "extra"} & set(event)
