"""Looks after the embedded PostgreSQL of this checkout."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carboncore import embedded_postgres, environment, local_database


class Command(BaseCommand):
    """`manage.py database`."""

    help = (
        "Show, start or stop the embedded PostgreSQL of this checkout, or print its address (for psql, pg_dump or "
        "another program). `status` and `url` exit with 1 when it does not run."
    )
    # It must work while the database is down, so nothing here asks it anything.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the one action."""
        parser.add_argument("action", choices=["status", "start", "stop", "url"], help="What to do or to show.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what came of it."""
        action: str = options["action"]
        given = environment.env.str("DATABASE_URL", default="")
        if given and action != "stop":
            self.stderr.write("DATABASE_URL is set, so CarbonCore itself uses that database and not this one.")
        try:
            getattr(self, f"_{action}")()
        except embedded_postgres.EmbeddedPostgresError as error:
            raise CommandError(str(error)) from error

    def _start(self) -> None:
        self.stdout.write(embedded_postgres.ensure_running(local_database.DATA_DIR))

    def _stop(self) -> None:
        ran = embedded_postgres.stop(local_database.DATA_DIR)
        self.stdout.write("Stopped." if ran else "It did not run.")

    def _status(self) -> None:
        now = embedded_postgres.status(local_database.DATA_DIR)
        self.stdout.write(f"data     {now.data_dir}{'' if now.initialised else ' (made at the first start)'}")
        self.stdout.write(f"address  {now.url}")
        if now.pid is None:
            raise CommandError("It does not run.", returncode=1)
        self.stdout.write(f"runs     as process {now.pid}")

    def _url(self) -> None:
        now = embedded_postgres.status(local_database.DATA_DIR)
        self.stdout.write(now.url)
        if now.pid is None:
            raise CommandError("It does not run: manage.py database start", returncode=1)
