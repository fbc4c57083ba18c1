"""`scripts/run` after its environment is there: brings everything up, tells where it is, and takes it down again."""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import psycopg

from carboncore import embedded_postgres, environment, local_database, local_secrets
from carboncore.supervisor import web_server
from carboncore.supervisor.claim import CannotStartError, Claim, Record, refuse_busy_port
from carboncore.supervisor.processes import Service, say

HOST = "127.0.0.1"
ANSWER_SECONDS = 90
LOGS = environment.VAR_DIR / "log"
MANAGE = [sys.executable, str(environment.BASE_DIR / "manage.py")]


class _AskedToStop(BaseException):
    """Somebody pressed Ctrl-C, closed the terminal or sent SIGTERM."""


def main() -> int:
    """Run until asked to stop; returns the exit code: 0 stopped, 1 something failed, 2 cannot start here and now."""
    port = _arguments().port
    address = f"http://{HOST}:{port}"
    claim = Claim(environment.VAR_DIR)
    _on_signals(_raise_asked_to_stop)
    services: list[Service] = []
    record = None
    try:
        record = claim.take(address)
        refuse_busy_port(HOST, port)
        variables = _variables(claim, record, port)
        _prepare_database(variables)
        services = _services(variables, port)
        _serve(services, claim, record, address)
    except _AskedToStop:
        return 0
    except (CannotStartError, embedded_postgres.EmbeddedPostgresError) as error:
        say(f"\nCarbonCore does not start: {error}")
        return 2
    except _FailedError as error:
        say(f"\n{error}")
        return 1
    finally:
        _take_down(services, claim, record)


class _FailedError(Exception):
    """A step on the way up failed; the message says which and what to do."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/run",
        description="Run CarbonCore on this machine: PostgreSQL, the web server and the job worker. Ctrl-C stops them.",
        epilog="Everything it can be told otherwise (PORT, DATABASE_URL, …) is described in .env.example.",
    )
    parser.add_argument(
        "--port", type=_port, default=os.environ.get("PORT") or "8000", help="default: $PORT, or else 8000"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def _variables(claim: Claim, record: Record, port: int) -> dict[str, str]:
    """Return the environment of a production server on loopback; what the user has set stays as it is."""
    variables = {
        "DEBUG": "false",
        "HTTPS": "false",  # there is no certificate for 127.0.0.1, and nothing leaves this machine
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",  # what certificates and the proof page tell people to open
        **local_secrets.ensure(environment.VAR_DIR),
        **{name: value for name, value in os.environ.items() if value},
        "DJANGO_SETTINGS_MODULE": "carboncore.settings",
        "PYTHONPATH": str(environment.BASE_DIR),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # or each of the many threads keeps memory of its own that no other one gets
    }
    if not os.environ.get("SECRET_KEY"):  # a laptop: data sources and webhooks work there without anybody's doing
        variables.setdefault("CREDENTIAL_KEYS", environment.local_credential_key(variables["SECRET_KEY"]))
    if not variables.get("DATABASE_URL"):
        if embedded_postgres.status(local_database.DATA_DIR).pid is None:
            say("Starting PostgreSQL …")
            record.started_database = True
            claim.write(record)
        variables["DATABASE_URL"] = embedded_postgres.ensure_running(local_database.DATA_DIR)
    return variables


def _prepare_database(variables: dict[str, str]) -> None:
    say("Bringing the database up to date …")
    _manage(
        variables,
        *("migrate", "--no-input"),
        advice="The database stays as the last complete migration left it. Read the message above; if this checkout "
        "is older than the data, update it. To begin afresh, move the folder var/postgres away.",
    )
    if _is_first_start(variables["DATABASE_URL"]):
        say("First start: loading the demo data …")
        _manage(variables, "seed", advice="Read the message above and start again; it goes on where it stopped.")
        _manage(variables, "create_super_admin", advice="Run `manage.py create_super_admin` by hand.")


def _is_first_start(database_url: str) -> bool:
    """Say whether nobody has an account yet: the super admin is the last thing a first start makes."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT EXISTS (SELECT 1 FROM accounts_user)").fetchone()
    return row is not None and not row[0]


def _manage(variables: dict[str, str], *command: str, advice: str) -> None:
    done = subprocess.run([*MANAGE, *command], env=variables, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise _FailedError(f"`manage.py {' '.join(command)}` failed ({done.returncode}). {advice}")


def _services(variables: dict[str, str], port: int) -> list[Service]:
    web = [
        *(sys.executable, "-m", "granian", *web_server.WSGI, *web_server.OPTIONS),
        *("--host", HOST, "--port", str(port)),
        *("--respawn-failed-workers", "--log-level", "warning"),
        *("--working-dir", str(environment.BASE_DIR), "carboncore.wsgi:application"),
    ]
    worker = [*MANAGE, "procrastinate", "worker", "--shutdown-graceful-timeout", "10", "--concurrency"]
    return [
        Service("web server", web, variables, LOGS / "web.log"),
        Service("job worker", [*worker, "2"], variables, LOGS / "worker.log"),
        # Syncs wait for providers nearly all the time, and must not keep mails and imports waiting.
        Service("sync worker", [*worker, "16", "--queues", "syncs"], variables, LOGS / "syncs.log"),
    ]


def _serve(services: list[Service], claim: Claim, record: Record, address: str) -> NoReturn:
    for service in services:
        _begin_log(service)
        service.start()
    record.services = [service.pid for service in services if service.pid]
    claim.write(record)
    say("Starting the web server and the job workers …")
    _wait_for_answer(services[0], address)
    say(
        f"\nCarbonCore runs.\n  Home       {address}/\n  Staff      {address}/staff/\n"
        f"  API docs   {address}/api/docs\n  Logs       {LOGS}\nCtrl-C stops it.\n"
    )
    while True:
        time.sleep(0.2)
        for service in services:
            service.keep_alive()
        running = [service.pid for service in services if service.pid]
        if running != record.services:
            record.services = running
            claim.write(record)


def _begin_log(service: Service) -> None:
    """Keep the log of the last run beside the one that begins; older ones go."""
    if service.log.exists():
        service.log.replace(service.log.with_suffix(".previous.log"))


def _wait_for_answer(web: Service, address: str) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        if web.ended() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/", timeout=5).close()  # noqa: S310 - always http, to loopback
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return
            raise _FailedError(f"The web server answers with an error ({answer.code}). See {web.log}") from answer
        except OSError:
            time.sleep(0.1)
        else:
            return
    end = "\n".join(web.log.read_text(errors="replace").splitlines()[-20:])
    raise _FailedError(f"The web server did not come up. The end of {web.log}:\n{end}")


def _take_down(services: list[Service], claim: Claim, record: Record | None) -> None:
    """Stop what was started, in the reverse order; a second Ctrl-C stops waiting."""
    if record is None:
        return
    _on_signals(lambda *_: _kill(services))
    if services:
        say("Stopping …")
    for service in services:
        service.ask_to_stop()
    for service in services:
        service.wait_until_stopped()
    if record.started_database:
        embedded_postgres.stop(local_database.DATA_DIR)
    claim.release()
    say("Stopped.")


def _kill(services: list[Service]) -> None:
    for service in services:
        service.kill()


def _on_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def _raise_asked_to_stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _AskedToStop


if __name__ == "__main__":
    sys.exit(main())
