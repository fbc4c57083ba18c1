"""Load the project's sets of emission factors."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carboncore.common.errors import RegistryError
from integrations.factor_files.compact import file_names
from integrations.services.factors import factor_sets_load


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Load the sets of emission factors that come with the project (sources and licences stand in the files,"
        " integrations/data/factors). What is loaded already stays; a file that was changed under the same version is"
        " refused. Results change only when they are calculated again on purpose."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--set", action="append", choices=file_names(), default=[], dest="names", help="Only this set; repeatable."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = factor_sets_load(names=options["names"])
        except RegistryError as error:
            raise CommandError(error.message) from error
        for name, new in loaded.items():
            self.stdout.write(f"{name}: {'loaded' if new else 'there already'}")
