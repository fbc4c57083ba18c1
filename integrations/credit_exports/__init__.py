"""Registries' issuance and retirement exports read into records: pure parsing, no database.

`find_layout` recognises an export by its header, `read_credits` streams it. `docs/importing.md` tells the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from integrations.credit_exports import (
    acr,
    art_trees,
    car,
    carb,
    cercarbono,
    gold_standard,
    isometric,
    puro,
    verra,
)
from integrations.credit_exports.layout import CreditLayout, finished
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports.reading import open_table
from integrations.registry_exports.records import ExportFileError, Rejected, RowError, SourceCode
from integrations.registry_exports.source import row_or_rejected

__all__ = ["LAYOUTS", "CreditKind", "CreditRecord", "StatedRow", "find_layout", "read_credits"]

LAYOUTS: dict[SourceCode, tuple[CreditLayout, ...]] = {
    SourceCode.VERRA: verra.LAYOUTS,
    SourceCode.GOLD_STANDARD: gold_standard.LAYOUTS,
    SourceCode.ACR: acr.LAYOUTS,
    SourceCode.CAR: car.LAYOUTS,
    SourceCode.ART_TREES: art_trees.LAYOUTS,
    SourceCode.CERCARBONO: cercarbono.LAYOUTS,
    SourceCode.ISOMETRIC: isometric.LAYOUTS,
    SourceCode.PURO: puro.LAYOUTS,
    SourceCode.CARB: carb.LAYOUTS,
}


@dataclass(frozen=True, slots=True)
class StatedRow:
    """What one row states, in order; no records for a row about zero credits. `raw` are its cells as found."""

    line: int
    records: tuple[CreditRecord, ...]
    raw: Mapping[str, str]


def find_layout(source: SourceCode | str, stream: BinaryIO) -> CreditLayout:
    """The credit export of that registry which the file's header fits.

    Raises:
        ExportFileError: none of them; the message names what is missing for the first.
    """
    refusals = []
    for layout in LAYOUTS.get(SourceCode(source), ()):
        try:
            with open_table(stream, layout.required, layout.sheets):
                return layout
        except ExportFileError as refusal:
            refusals.append((layout.title, str(refusal)))
    if not refusals:
        raise ExportFileError("No credit export of this source can be read, only its project export.")
    titles = ", ".join(title for title, _ in refusals)
    raise ExportFileError(f"The file is none of this registry's credit exports ({titles}). {refusals[0][1]}")


def read_credits(source: SourceCode | str, stream: BinaryIO) -> Iterator[StatedRow | Rejected]:
    """Read a registry's credit export, CSV or XLSX, row by row.

    Every row below the header gives a `StatedRow` or a `Rejected`.

    Raises:
        ExportFileError: the file is no credit export of that registry; with broken quoting far down it is raised after
            the rows above have been given.
    """
    layout = find_layout(source, stream)
    seen: Counter[tuple[CreditKind, str]] = Counter()
    with open_table(stream, layout.required, layout.sheets) as (table, rows):
        for line, cells in rows:
            row = row_or_rejected(table, line, cells, layout.date_order)
            if isinstance(row, Rejected):
                yield row
                continue
            raw = row.as_dict(table.header)
            try:
                records = [finished(record) for record in layout.credits(row)]
            except RowError as exc:
                yield Rejected(line, exc.reason, raw, exc.code, exc.value)
                continue
            if layout.repeatable:
                records = [_numbered(record, seen) for record in records]
            yield StatedRow(line, tuple(records), raw)


def _numbered(record: CreditRecord, seen: Counter[tuple[CreditKind, str]]) -> CreditRecord:
    """Two issuances of one project, vintage and day are two: the second's key says so."""
    seen[record.kind, record.block_key] += 1
    times = seen[record.kind, record.block_key]
    return record if times == 1 else replace(record, block_key=f"{record.block_key}#{times}")
