"""Import one or more exports of another registry: projects, or credits issued, retired and cancelled there."""

import sys
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from carboncore.common.errors import RegistryError
from integrations.choices import ImportKind, ImportSource
from integrations.models import ImportRun
from integrations.services import import_run_perform, import_run_start
from integrations.services.import_summary import ImportSummary


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Import exports (CSV or XLSX) of another registry: of its projects, or of the credits it issued, retired or"
        " cancelled; the header tells which. A file with rejected rows changes nothing unless"
        " --keep-going is given. The same file a second time changes nothing. Exit code 0: all went in; 1: rows were"
        " rejected or a file was refused; 2: wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=ImportSource.values, help="Whose export it is.")
        parser.add_argument("files", nargs="+", metavar="FILE", help="The export, CSV or XLSX, as downloaded.")
        parser.add_argument(
            "--kind",
            choices=ImportKind.values,
            default="",
            help="What the files are about, where their header does not tell (Puro's issuances give both).",
        )
        parser.add_argument("--dry-run", action="store_true", help="Show exactly what would change; change nothing.")
        parser.add_argument(
            "--keep-going", action="store_true", help="Import the good rows of a file although others are rejected."
        )
        parser.add_argument("--publish", action="store_true", help="Publish the projects that are in a public status.")
        parser.add_argument(
            "--rejects",
            metavar="PATH",
            help="Where to write rejected rows as CSV (one file only); by default beside you, FILE.rejects.csv.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [Path(name) for name in options["files"]]
        if missing := [str(path) for path in paths if not path.is_file()]:
            raise CommandError(f"No such file: {', '.join(missing)}.", returncode=2)
        if options["rejects"] and len(paths) > 1:
            raise CommandError("--rejects names one file; import the exports one by one to use it.", returncode=2)
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        # Every file is tried, whatever became of the one before it.
        whole = [self._import(path, options, console) for path in paths]
        if not all(whole):
            sys.exit(1)

    def _import(self, path: Path, options: dict[str, Any], console: Console) -> bool:
        try:
            with path.open("rb") as stream:
                run = import_run_start(
                    source=options["source"],
                    file_name=path.name,
                    stream=stream,
                    dry_run=options["dry_run"],
                    keep_going=options["keep_going"],
                    publish=options["publish"],
                    kind=options["kind"],
                )
                summary = self._perform(run, stream)
        except RegistryError as error:
            self.stderr.write(self.style.ERROR(f"{path.name}: {_words(error)}"))
            return False
        rejects = _rejects_copy(run, path, options["rejects"]) if summary.rejected else None
        _show(console, run, summary, rejects)
        return summary.rejected == 0

    def _perform(self, run: ImportRun, stream: Any) -> ImportSummary:
        # Progress goes to the error stream, so that what the command answers can be piped.
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(f"Reading {run.file_name}", total=None)

            def report(done: int, total: int) -> None:
                words = f"Importing {run.file_name}" if total else f"Reading {run.file_name}"
                bar.update(task, completed=done, total=total or None, description=words)

            return import_run_perform(run=run, stream=stream, progress=report)


def _words(error: RegistryError) -> str:
    reasons = [reason for listed in getattr(error, "errors", {}).values() for reason in listed]
    return " ".join(dict.fromkeys([error.message, *reasons]))


def _rejects_copy(run: ImportRun, path: Path, wanted: str | None) -> Path:
    target = Path(wanted) if wanted else Path(f"{path.stem}.rejects.csv")
    with run.rejects.open("rb") as kept:
        target.write_bytes(kept.read())
    return target


def _show(console: Console, run: ImportRun, summary: ImportSummary, rejects: Path | None) -> None:
    table = Table(title=f"{run.get_source_display()}: {run.file_name}", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = {
        "rows read": summary.rows_read,
        "created": summary.created,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "skipped": len(summary.skipped),
        "rejected": summary.rejected,
    }
    if run.kind == ImportKind.PROJECTS:
        rows |= {"published": summary.published, "fields left to staff": summary.kept_fields}
    for label, count in rows.items():
        table.add_row(label, f"{count:,}")
    console.print(table)
    console.print(run.message, soft_wrap=True, markup=False)
    for name, found in summary.findings.items():
        for value, count in found.items():
            console.print(f"  {name.replace('_', ' ')}: {value} ({count:,})", soft_wrap=True, markup=False)
    if rejects is not None:
        console.print(f"Rejected rows with their reasons: {rejects}", soft_wrap=True, markup=False)
