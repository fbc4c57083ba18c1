"""Move data sources' credentials and other secrets to the active key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from carboncore.common.errors import RegistryError
from integrations.services.credential_rotation import credentials_rotate


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Encrypt every stored secret (credentials of data sources, OAuth clients, webhooks) under the first key of"
        " CREDENTIAL_KEYS. Put the new key in front, keep the old ones behind it, restart the servers, run this, and"
        " take the old ones out when it reports nothing unreadable. It may be stopped and run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        try:
            with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task("Moving secrets", total=None)
                outcome = credentials_rotate(report=lambda done, total: bar.update(task, completed=done, total=total))
        except RegistryError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{outcome.moved:,} moved, {outcome.already:,} were there already, {outcome.unreadable:,} unreadable"
        )
        if outcome.unreadable:
            raise CommandError(
                "Some secrets are under a key that is not in CREDENTIAL_KEYS: put it back and run again."
            )
