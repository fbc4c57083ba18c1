"""Load the catalogue and a first set of real projects."""

from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from registry.services.catalogue_seed import (
    methodologies_seed,
    project_types_seed,
    projects_seed,
    standards_seed,
    validators_seed,
)


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Load project types, standards, methodologies, verification bodies and some 250 real projects (sources and"
        " licences: registry/data/README.md). Only what is missing is added, so that it can be run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Loading the catalogue", total=None)
            added = {
                "project types": project_types_seed(),
                "standards": standards_seed(),
                "methodologies": methodologies_seed(),
                "verification bodies": validators_seed(),
            }
            added["projects"] = projects_seed(
                report=lambda done, total: bar.update(task, completed=done, total=total, description="Loading projects")
            )
        for label, count in added.items():
            self.stdout.write(f"{label}: {count:,} added" if count else f"{label}: nothing to add")
