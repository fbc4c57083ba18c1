"""Read the whole audit trail and say whether anything was altered, put in or taken away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from carboncore.audit.models import EventLink
from carboncore.audit.selectors.replay import seal_digest_known
from carboncore.audit.services import audit_seal, audit_verify
from carboncore.common.context import Entrance, acting


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Read every event of the audit trail and check its hash chains and seals. Exits with 1 and names the first"
        " bad event when something was altered, put in or taken away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Print only the result.")
        parser.add_argument("--seal", action="store_true", help="Seal the trail afterwards, if it is clean.")
        parser.add_argument(
            "--expect-seal",
            metavar="DIGEST",
            default="",
            help="Fail unless there is a seal of this digest, as the log of an earlier night noted it.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(stderr=True, quiet=options["quiet"])
        columns = (
            SpinnerColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} events"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("events", total=EventLink.objects.count())
            result, problems = audit_verify(on_progress=lambda events: progress.update(task, completed=events))
        for problem in problems:
            self.stdout.write(f"  {problem}")
        if result.problems:
            raise CommandError(
                f"{result.problems:,} problems in {result.events:,} events. The first: {result.first_problem}"
            )
        if options["expect_seal"] and not seal_digest_known(options["expect_seal"]):
            raise CommandError(
                f"There is no seal of the digest {options['expect_seal'][:64]}: it was taken away, together with what"
                " it sealed, or the digest is mistyped."
            )
        self.stdout.write(f"Clean: {result.events:,} events, none altered, put in or taken away.")
        if options["seal"]:
            with acting(None, Entrance.COMMAND):
                seal = audit_seal()
            self.stdout.write(f"Seal {seal.number}: {bytes(seal.digest).hex()}")
