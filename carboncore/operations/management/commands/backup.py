"""Write a backup of the database and the uploaded files, or check one that is there."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from carboncore.operations.backup.errors import BackupError
from carboncore.operations.backup.making import backup_make, backups_prune
from carboncore.operations.backup.restoring import backup_open, backup_verify
from carboncore.operations.progress import backup_key, steps
from carboncore.postgres_programs import EmbeddedPostgresError


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Write a backup: the database (pg_dump) and the uploaded files of one moment, with checksums, encrypted when"
        " BACKUP_KEY is set. The registry may go on working meanwhile. With --verify, check one instead."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="Folder for the backups; default: backups in VAR_DIR.")
        parser.add_argument("--keep", type=int, default=0, metavar="N", help="Then remove all but the newest N.")
        parser.add_argument("--verify", type=Path, metavar="BACKUP", help="Read this backup whole and say if it is.")
        parser.add_argument("--key-file", type=Path, help="File that holds the key; default: BACKUP_KEY.")
        parser.add_argument("--quiet", action="store_true", help="Print only the result.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(stderr=True, quiet=options["quiet"])
        try:
            secret = backup_key(options["key_file"])
            with steps(console) as report:
                if options["verify"]:
                    backup = backup_open(folder=options["verify"], secret=secret)
                    backup_verify(backup=backup, report=report)
                    self.stdout.write(f"Whole: {options['verify']}, of {backup.manifest.created_at}.")
                    return
                if options["keep"] < 0:
                    raise BackupError("--keep takes a number of backups, 1 or more.")
                folder = options["to"] or settings.VAR_DIR / "backups"
                made = backup_make(to=folder, secret=secret, report=report)
                gone = backups_prune(folder=folder, keep=options["keep"])
        except (BackupError, EmbeddedPostgresError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made))
        if not secret:
            self.stderr.write("It is not encrypted: set BACKUP_KEY before it leaves this machine.")
        for path in gone:
            self.stderr.write(f"Removed {path}.")
