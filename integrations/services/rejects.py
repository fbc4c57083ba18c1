"""The rejects file: every rejected row with its line, its reason and its cells as they were."""

import csv
import re
from typing import TextIO

from integrations.registry_exports import Rejected

# A spreadsheet would run these as formulas; an apostrophe before them makes them text.
_FORMULA = re.compile(r"^\s*[=+@\t\r]|^\s*-(?![\d.,\s]*$)")


class RejectsWriter:
    """Writes rejected rows to a CSV; the header comes from the first of them."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)
        self.count = 0

    def write(self, row: Rejected) -> None:
        """Add one row; the cells are made harmless to a spreadsheet that opens the file."""
        if self.count == 0:
            self._writer.writerow(["line", "reason", *row.raw])
        self.count += 1
        self._writer.writerow([row.line, row.reason, *(harmless(cell) for cell in row.raw.values())])


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before anything a spreadsheet would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
