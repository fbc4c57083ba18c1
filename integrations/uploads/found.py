"""What the beginning of a file shows, as it is kept and shown to the person who uploaded it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.uploads.cells import CellRefused
from integrations.uploads.layout import FileRefused, Layout
from integrations.uploads.rows import RowReader

_LONGEST_CELL = 200


@dataclass(frozen=True)
class Found:
    """The column names with their line, the first rows, and the proposal with what a person should look at."""

    header_line: int
    header: tuple[str, ...]
    delimiter: str
    rows: list[list[str]]
    layout: Layout
    warnings: list[str] = field(default_factory=list)

    def to_json(self, *, encoding: str) -> dict[str, Any]:
        """Return it as it is kept with the upload."""
        return {
            "encoding": encoding.removesuffix("-sig"),
            "delimiter": self.delimiter,
            "header_line": self.header_line,
            "header": [name[:_LONGEST_CELL] for name in self.header],
            "rows": [[cell[:_LONGEST_CELL] for cell in cells] for cells in self.rows],
            "proposal": self.layout.to_json(),
            "warnings": self.warnings,
        }


def understood(preview: Mapping[str, Any], layout: Layout, now: datetime) -> list[dict[str, Any]]:
    """Return how the preview's rows are read under a layout: a reading or a reason for each."""
    rows: Sequence[Sequence[str]] = preview["rows"]
    try:
        reader = RowReader(layout, preview["header"], now)
    except (FileRefused, KeyError):
        return []
    shown: list[dict[str, Any]] = []
    for cells in rows:
        try:
            staged = reader.read(cells)
        except CellRefused as refusal:
            shown.append({"reason": str(refusal)})
        else:
            shown.append(
                {name: getattr(staged, name) for name in ("series", "starts_at", "ends_at", "quantity", "unit")}
            )
    return shown
