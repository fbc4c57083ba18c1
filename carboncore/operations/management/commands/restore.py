"""Bring a backup back into an empty database, and show that it is all there."""

from pathlib import Path
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from carboncore.operations.backup import database
from carboncore.operations.backup.errors import BackupError
from carboncore.operations.backup.restoring import backup_open, backup_restore
from carboncore.operations.progress import backup_key, steps
from carboncore.operations.state import read_state
from carboncore.postgres_programs import EmbeddedPostgresError

_VERIFIERS = ("verify_ledger", "verify_audit")


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Bring a backup back: proves it whole, loads it into this server's empty database and media folder in one"
        " transaction, compares the rows of every table, and replays the ledger and the audit trail."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, help="The folder that `manage.py backup` printed.")
        parser.add_argument("--key-file", type=Path, help="File that holds the key; default: BACKUP_KEY.")
        parser.add_argument(
            "--force", metavar="WORDS", default="", help="'replace NAME' drops what is in the database NAME first."
        )
        parser.add_argument("--quiet", action="store_true", help="Print only the result.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(stderr=True, quiet=options["quiet"])
        words = f"replace {database.name()}"
        if options["force"] not in ("", words):
            raise CommandError(
                f"--force takes the words '{words}', so that nobody replaces another database by mistake."
            )
        try:
            backup = backup_open(folder=options["backup"], secret=backup_key(options["key_file"]))
            with steps(console) as report:
                counts = backup_restore(backup=backup, replace=bool(options["force"]), report=report)
        except (BackupError, EmbeddedPostgresError) as error:
            raise CommandError(str(error)) from error
        rows, media = sum(counts.values()), backup.manifest.media["files"]
        self.stdout.write(f"Restored {rows:,} rows of {len(counts)} tables and {media:,} files, as they were counted.")
        self._replay(options["quiet"])

    def _replay(self, quiet: bool) -> None:
        if missing := read_state().migrations_missing:
            raise CommandError(
                f"The backup is of an older version ({len(missing)} migrations behind). It is loaded; now run manage.py"
                f" migrate, then {' and '.join(f'manage.py {name}' for name in _VERIFIERS)}."
            )
        for name in _VERIFIERS:
            if name in get_commands():
                call_command(name, quiet=quiet, stdout=self.stdout, stderr=self.stderr)
