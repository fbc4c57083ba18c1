"""Fill the catalogue of integrations."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.catalogue import integrations_load


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Load the catalogue of data sources' providers (integrations/data/catalogue). Only entries that are missing are"
        " added, so that it can be run again at any time; what staff changed stays. `seed` runs it as well."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        added = integrations_load()
        self.stdout.write(f"integrations: {added:,} added" if added else "integrations: nothing to add")
