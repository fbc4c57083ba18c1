"""Load the catalogue, a first set of real projects, and a demonstration of the ledger."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from carboncore.audit.services import audit_seal, audit_verify
from integrations.services.catalogue import integrations_load
from integrations.services.demonstration import demonstration_seed
from integrations.services.factors import factor_sets_load
from registry.services.catalogue_seed import (
    methodologies_seed,
    project_types_seed,
    projects_seed,
    standards_seed,
    validators_seed,
)
from transactions.services.verification import ledger_verify


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Load project types, standards, methodologies, verification bodies, sets of emission factors and some 250 real"
        " projects (sources and licences: registry/data/README.md, integrations/data/factors). Only what is missing is"
        " added, so that it can be run again at any time."
        " Where no credits were issued yet, five projects that are named as a demonstration are issued credits, which"
        " are sold, refunded, passed on, retired and cancelled; real projects get none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--catalogue-only", action="store_true", help="Leave the demonstration out: for a registry in real use."
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
                "integrations": integrations_load(),
            }
            added["factor sets"] = sum(factor_sets_load().values())
            added["projects"] = projects_seed(
                report=lambda done, total: bar.update(task, completed=done, total=total, description="Loading projects")
            )
        for label, count in added.items():
            self.stdout.write(f"{label}: {count:,} added" if count else f"{label}: nothing to add")
        if not options["catalogue_only"]:
            self._demonstrate()

    def _demonstrate(self) -> None:
        with _quiet("transactions"):  # each of its movements would be logged as if it were news
            made = demonstration_seed()
        if made.left_out:
            self.stdout.write(f"demonstration: left out, for {made.left_out}")
        elif made.projects:
            self.stdout.write(
                f"demonstration: {made.projects} projects, {made.batches} batches, {made.retirements} retirements added"
            )
            self._verify()
        else:
            self.stdout.write("demonstration: nothing to add")

    def _verify(self) -> None:
        """So that the public proof page and the dashboard have something to tell at the first look."""
        result, _ = ledger_verify()
        outcome = "clean" if result.problems == 0 else f"{result.problems} problems, first: {result.first_problem}"
        self.stdout.write(f"ledger: {result.entries} entries of {result.batches} batches verified, {outcome}")
        trail, problems = audit_verify()
        if not problems:
            with _quiet("carboncore.audit"):  # the seal's digest is for a server's log, not for this list
                audit_seal()
        found = "clean" if not problems else f"{trail.problems} problems, first: {trail.first_problem}"
        self.stdout.write(f"audit trail: {trail.events} events verified, {found}")


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Log only what is wrong meanwhile."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
