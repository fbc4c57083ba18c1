"""List likely double listings across registries."""

import json
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from integrations.choices import ConflictVerdict
from integrations.listing_similarity import DEFAULT_MIN_SCORE
from integrations.models import ListingConflict
from integrations.services import conflicts_find
from registry.models import Project


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Find projects that two registries may both list, and keep them with their score and reasons for a person to"
        " judge in the admin; verdicts given before are kept. Exit code 0 whether or not any are found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--min-score",
            type=int,
            default=DEFAULT_MIN_SCORE,
            help=f"The least score, 0 to 100, to report (default {DEFAULT_MIN_SCORE}).",
        )
        parser.add_argument("--json", action="store_true", help="Print the conflicts as a JSON array.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["min_score"] <= 100:
            raise CommandError("--min-score is a number from 0 to 100.", returncode=2)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Comparing listings", total=None)
            found = conflicts_find(
                min_score=options["min_score"],
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        keys = {key for conflict in found for key in (conflict.project_a_id, conflict.project_b_id)}
        projects = Project.objects.in_bulk(keys)
        if options["json"]:
            shapes = [_shape(conflict, projects) for conflict in found]
            self.stdout.write(json.dumps(shapes, ensure_ascii=False, indent=2))
        else:
            _show(Console(file=cast("IO[str]", self.stdout), highlight=False), found, projects)


def _shape(conflict: ListingConflict, projects: dict[int, Project]) -> dict[str, Any]:
    return {
        "score": conflict.score,
        "verdict": conflict.verdict,
        "projects": [
            {
                "id": key,
                "origin_registry": projects[key].origin_registry,
                "origin_id": projects[key].origin_id,
                "name": projects[key].project_name,
            }
            for key in (conflict.project_a_id, conflict.project_b_id)
        ],
        "reasons": conflict.reasons,
    }


def _show(console: Console, found: list[ListingConflict], projects: dict[int, Project]) -> None:
    if not found:
        console.print("No likely double listings.")
        return
    table = Table("score", "first", "second", "reasons", "verdict", show_lines=True)
    for conflict in found:
        first, second = projects[conflict.project_a_id], projects[conflict.project_b_id]
        table.add_row(
            str(conflict.score),
            f"{first.origin_id}\n{first.project_name}",
            f"{second.origin_id}\n{second.project_name}",
            "\n".join(f"{reason['points']:+d} {reason['text']}" for reason in conflict.reasons),
            ConflictVerdict(conflict.verdict).label,
        )
    console.print(table)
    waiting = sum(conflict.verdict == ConflictVerdict.OPEN for conflict in found)
    console.print(f"{len(found):,} likely double listings, {waiting:,} of them not judged yet.")
