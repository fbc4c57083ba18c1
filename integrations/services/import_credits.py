"""Importing one export of issued, retired or cancelled credits: all of it, or nothing."""

import io
from itertools import islice
from typing import BinaryIO

from django.db import transaction

from integrations.credit_exports import CreditRecord, StatedRow, read_credits
from integrations.errors import ImportFileRefused
from integrations.locks import import_lock
from integrations.registry_exports import ExportFileError, RejectCode, Rejected, SourceCode
from integrations.services.import_summary import ImportSummary, Progress, silently
from integrations.services.rejects import RejectsWriter
from transactions.services.origin_credits import (
    BATCH,
    OriginOutcome,
    StatedCredits,
    origin_credits_import,
    origin_credits_mark,
)

NO_CREDITS = "zero credits"


class _Undo(Exception):
    """Takes an import back: a dry run's, or that of a file with rejected rows."""


def credits_import_file(
    *,
    source: SourceCode,
    stream: BinaryIO,
    dry_run: bool,
    keep_going: bool,
    rejects: io.TextIOBase,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a registry's credit export, or nothing of it.

    With rejected rows nothing is changed, unless `keep_going`, which imports the others. A row goes in whole or not at
    all. Unknown projects and credits that are here already, told otherwise, are rejected too. A dry run does everything
    and takes it back. The same file a second time changes nothing.

    Args:
        source: whose export it is.
        stream: the CSV or XLSX file, seekable.
        dry_run: change nothing, report what would change.
        keep_going: import the good rows of a file with bad ones.
        rejects: where rejected rows are written as CSV.
        progress: called with the rows done and the rows in all (an estimate).

    Raises:
        ImportFileRefused: the file cannot be read as that export; nothing was changed.
    """
    summary = ImportSummary()
    try:
        with transaction.atomic():
            import_lock()
            _write(source, stream, RejectsWriter(rejects), summary, progress or silently)  # type: ignore[arg-type]
            if dry_run or (summary.rejected and not keep_going):
                raise _Undo
        summary.applied = True
    except _Undo:
        if summary.rejected and not keep_going:
            summary.created = summary.changed = summary.unchanged = 0
            summary.stated_kg.clear()
    except ExportFileError as exc:
        raise ImportFileRefused(str(exc)) from exc
    return summary


def _write(
    source: SourceCode, stream: BinaryIO, rejects: RejectsWriter, summary: ImportSummary, report: Progress
) -> None:
    mark = origin_credits_mark()
    size = stream.seek(0, io.SEEK_END)
    rows = read_credits(source, stream)
    while batch := list(islice(rows, BATCH)):
        refused = _take_in([row for row in batch if isinstance(row, StatedRow)], mark, summary)
        # In the file's order, whoever refused them.
        for row in batch:
            rejected = row if isinstance(row, Rejected) else refused.get(row.line)
            if rejected is not None:
                rejects.write(rejected)
                summary.rejected += 1
                summary.reject_codes[rejected.code.value] += 1
        summary.rows_read += len(batch)
        report(summary.rows_read, _estimated(stream, size, summary.rows_read))


def _take_in(rows: list[StatedRow], mark: int, summary: ImportSummary) -> dict[int, Rejected]:
    """Import the rows; those that are refused come back by line, and nothing of them is kept."""
    refused: dict[int, Rejected] = {}
    while True:
        taken = [row for row in rows if row.line not in refused]
        records = [record for row in taken for record in row.records]
        outcome = _tried(records, mark)
        if not outcome.refused:
            break
        raw = {row.line: row.raw for row in rows}
        for refusal in outcome.refused:
            line = records[refusal.index].line
            code = RejectCode.OVERLAP if refusal.overlaps else RejectCode.UNKNOWN_PROJECT
            refused.setdefault(line, Rejected(line, refusal.reason, raw[line], code))
    summary.created += outcome.created
    summary.changed += outcome.changed
    summary.unchanged += outcome.unchanged
    summary.skipped += [(f"line {row.line}", NO_CREDITS) for row in taken if not row.records]
    for record in records:
        summary.stated_kg[record.kind.value] += record.quantity_kg
    return refused


def _tried(records: list[CreditRecord], mark: int) -> OriginOutcome:
    """Import the records, or none: a row may state several things, and when one is refused the others must not stay."""
    with transaction.atomic():
        outcome = origin_credits_import(rows=[stated(record) for record in records], mark=mark)
        if outcome.refused:
            transaction.set_rollback(True)
    return outcome


def _estimated(stream: BinaryIO, size: int, rows_read: int) -> int:
    """About how many rows the file has, by how far it has been read."""
    position = stream.tell()
    return max(rows_read, rows_read * size // position) if position else 0


def stated(record: CreditRecord) -> StatedCredits:
    """What the transactions app takes in of a record that was read."""
    return StatedCredits(
        line=record.line,
        kind=record.kind.value,
        origin_registry=record.origin_registry,
        project_registry=record.project_registry or record.origin_registry,
        origin_id=record.origin_id,
        project_url=record.project_url,
        block_key=record.block_key,
        first=record.first,
        last=record.last,
        serial=record.serial,
        quantity_kg=record.quantity_kg,
        buffer_kg=record.buffer_kg,
        vintage=record.vintage,
        period_start=record.period_start,
        period_end=record.period_end,
        issued_on=record.issued_on,
        ended_on=record.ended_on,
        beneficiary=record.beneficiary,
        account_holder=record.account_holder,
        reason=record.reason,
        note=record.note,
        labels=record.labels,
    )
