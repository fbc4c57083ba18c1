"""Replay the whole ledger and say whether every block, balance and figure follows from it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from transactions.models import LedgerEntry
from transactions.services.verification import ledger_verify


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Replay every ledger entry and check hash chains, the state machine, tiling, balances and project"
        " figures. Exits with 1 and names the first bad entry when anything does not follow."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Print only the result.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(stderr=True, quiet=options["quiet"])
        columns = (
            SpinnerColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} entries"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("entries", total=LedgerEntry.objects.count())
            result, problems = ledger_verify(on_progress=lambda entries: progress.update(task, completed=entries))
        for problem in problems:
            self.stdout.write(f"  {problem}")
        if result.problems:
            raise CommandError(
                f"{result.problems:,} problems in {result.entries:,} entries of {result.batches:,} batches."
                f" The first: {result.first_problem}"
            )
        self.stdout.write(
            f"Clean: {result.entries:,} entries of {result.batches:,} batches, every kilogram accounted for."
        )
