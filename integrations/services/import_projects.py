"""Importing one export file: read twice, once to judge every row and once to write, in a single transaction."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from django.db import transaction

from integrations.errors import ImportFileRefused
from integrations.locks import import_lock
from integrations.registry_exports import (
    ExportFileError,
    ProjectRecord,
    RejectCode,
    Rejected,
    SourceCode,
    read_projects,
)
from integrations.services.import_summary import ImportSummary, Progress, silently
from integrations.services.rejects import RejectsWriter
from registry.services.catalogue_seed import STANDARD_OF_REGISTRY, project_types_seed
from registry.services.project_import import BATCH, ImportedProject, projects_import

# Berkeley compiles what the registries state; where their own export was imported, that one counts.
SECOND_HAND = frozenset({SourceCode.BERKELEY})


class _Undo(Exception):
    """Takes a dry run's changes back."""


def projects_import_file(
    *,
    source: SourceCode,
    stream: BinaryIO,
    dry_run: bool,
    keep_going: bool,
    publish: bool,
    rejects: io.TextIOBase,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a registry's project export, or nothing of it.

    With rejected rows nothing is changed, unless `keep_going`, which imports the others. A dry run does everything and
    takes it back, so its figures are exact. The same file a second time changes nothing.

    Args:
        source: whose export it is.
        stream: the CSV or XLSX file, seekable.
        dry_run: change nothing, report what would change.
        keep_going: import the good rows of a file with bad ones.
        publish: publish the projects that are in a public status.
        rejects: where rejected rows are written as CSV.
        progress: called with the rows done and the rows in all (0 while the file is first read).

    Raises:
        ImportFileRefused: the file cannot be read as that export; nothing was changed.
    """
    summary = ImportSummary()
    report = progress or silently
    try:
        _judge(source, stream, RejectsWriter(rejects), summary, report)  # type: ignore[arg-type]
        if summary.rejected and not keep_going:
            return summary
        with transaction.atomic():
            import_lock()
            project_types_seed()
            _write(source, stream, summary, publish=publish, report=report)
            if dry_run:
                raise _Undo
        summary.applied = True
    except _Undo:
        pass
    except ExportFileError as exc:
        raise ImportFileRefused(str(exc)) from exc
    return summary


def _judge(
    source: SourceCode, stream: BinaryIO, rejects: RejectsWriter, summary: ImportSummary, report: Progress
) -> None:
    for row in read_projects(source, stream):
        summary.rows_read += 1
        if isinstance(row, Rejected):
            rejects.write(row)
            summary.rejected += 1
            if row.code is RejectCode.UNKNOWN_STATUS:
                summary.unknown_statuses[row.value] += 1
            elif row.code is RejectCode.UNKNOWN_COUNTRY:
                summary.unknown_countries[row.value] += 1
        elif not row.type_is_mapped:
            summary.unmapped_types[row.origin_type or "(none)"] += 1
        if summary.rows_read % BATCH == 0:
            report(summary.rows_read, 0)


def _write(source: SourceCode, stream: BinaryIO, summary: ImportSummary, *, publish: bool, report: Progress) -> None:
    total = summary.rows_read - summary.rejected
    done = 0
    report(done, total)
    for batch in _batches(row for row in read_projects(source, stream) if isinstance(row, ProjectRecord)):
        outcome = projects_import(
            rows=[imported(record) for record in batch],
            source=source.value,
            second_hand=source in SECOND_HAND,
            publish=publish,
        )
        summary.created += outcome.created
        summary.changed += outcome.changed
        summary.unchanged += outcome.unchanged
        summary.published += outcome.published
        summary.kept_fields += outcome.kept_fields
        summary.skipped += outcome.skipped
        done += len(batch)
        report(done, total)


def _batches(records: Iterator[ProjectRecord]) -> Iterator[list[ProjectRecord]]:
    while batch := list(islice(records, BATCH)):
        yield batch


def imported(record: ProjectRecord) -> ImportedProject:
    """What the registry app takes in of a record that was read."""
    return ImportedProject(
        origin_registry=record.origin_registry,
        origin_id=record.origin_id,
        origin_status=record.origin_status[:100],
        origin_url=record.url,
        status=record.status,
        project_name=record.project_name,
        project_initiator=record.project_initiator or "Not stated by the registry",
        country_code=record.country_code,
        region=record.region,
        type_code=record.type_code,
        methodologies=record.methodologies,
        crediting_period_start=record.crediting_period_start,
        crediting_period_end=record.crediting_period_end,
        vintage_year=record.vintage_year,
        estimated_annual_reductions=record.estimated_annual_reductions,
        longitude=record.longitude,
        latitude=record.latitude,
        sdg_goals=record.sdg_goals,
        labels=tuple(label[:100] for label in record.labels),
        description=record.description,
        standard_code=STANDARD_OF_REGISTRY[record.origin_registry],
        validator_name=record.validator_name,
    )
