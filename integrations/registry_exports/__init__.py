"""Registries' project exports read into records: pure parsing, no database.

`read_projects` streams one file; `SOURCES` lists what can be read. `docs/importing.md` tells the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from integrations.registry_exports import (
    acr,
    art_trees,
    berkeley,
    car,
    cercarbono,
    gold_standard,
    isometric,
    puro,
    verra,
)
from integrations.registry_exports.reading import open_table
from integrations.registry_exports.records import (
    ExportFileError,
    ProjectRecord,
    RejectCode,
    Rejected,
    RowError,
    SourceCode,
    Table,
)
from integrations.registry_exports.source import Source, finished, row_or_rejected

__all__ = [
    "SOURCES",
    "ExportFileError",
    "ProjectRecord",
    "RejectCode",
    "Rejected",
    "SourceCode",
    "read_projects",
]

SOURCES: dict[SourceCode, Source] = {
    module.SOURCE.code: module.SOURCE
    for module in (verra, gold_standard, acr, car, art_trees, cercarbono, isometric, puro, berkeley)
}


def read_projects(source: SourceCode | str, stream: BinaryIO) -> Iterator[ProjectRecord | Rejected]:
    """Read a registry's project export, CSV or XLSX, row by row.

    Every row below the header gives a `ProjectRecord` or a `Rejected` with its line, reason and cells; only
    Puro's, whose rows are issuances, are folded together, and come at the end. A row that repeats an earlier
    row's id is rejected.

    Args:
        source: which registry the file comes from.
        stream: a seekable binary file, left open.

    Raises:
        ExportFileError: the file cannot be read as that registry's export at all. With broken quoting far
        down the
            file it is raised after the rows above have been given; whoever writes them must be able to take
            them back.
    """
    declared = SOURCES.get(SourceCode(source))
    if declared is None:
        raise ExportFileError("No project export of this source can be read, only its credits.")
    with open_table(stream, declared.required, declared.sheets) as (table, rows):
        first_lines: dict[tuple[str, str], int] = {}
        folded: dict[str, ProjectRecord] = {}
        for line, cells in rows:
            result = _read_row(declared, table, line, cells)
            if isinstance(result, ProjectRecord) and declared.merge is not None:
                known = folded.get(result.origin_id)
                folded[result.origin_id] = declared.merge(known, result) if known else result
                continue
            if isinstance(result, ProjectRecord):
                result = _unless_repeated(result, first_lines, table, cells)
            yield result
        yield from folded.values()


def _read_row(declared: Source, table: Table, line: int, cells: list[str]) -> ProjectRecord | Rejected:
    row = row_or_rejected(table, line, cells, declared.date_order)
    if isinstance(row, Rejected):
        return row
    try:
        return finished(declared.project(row))
    except RowError as exc:
        return Rejected(line, exc.reason, row.as_dict(table.header), exc.code, exc.value)


def _unless_repeated(
    record: ProjectRecord, first_lines: dict[tuple[str, str], int], table: Table, cells: list[str]
) -> ProjectRecord | Rejected:
    key = (record.origin_registry, record.origin_id)
    first = first_lines.setdefault(key, record.line)
    if first == record.line:
        return record
    raw = dict(zip(table.header, cells, strict=False))
    reason = f"{record.origin_id} stands on line {first} already"
    return Rejected(record.line, reason, raw, RejectCode.DUPLICATE_ROW, record.origin_id)
