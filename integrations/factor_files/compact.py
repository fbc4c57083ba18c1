"""The project's own files of factors: a head of `# name: value` lines, then CSV."""

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from integrations.emission_choices import GwpBasis, Line, SetStatus
from integrations.errors import FactorFileRefused
from integrations.factor_files.rows import FactorFile, FactorRow, SetHead, check_rows, read_number

FOLDER = Path(__file__).parents[1] / "data" / "factors"
COLUMNS = (
    *("key", "activity", "label", "line", "region", "unit", "kg_co2e", "co2", "ch4", "n2o", "scope", "category"),
)


def file_names() -> list[str]:
    """Return the names of the sets that the project carries, the oldest first."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def read_own(name: str) -> FactorFile:
    """Return one of the project's own sets.

    Raises:
        FactorFileRefused: there is none of this name, or it cannot be read.
    """
    if name not in file_names():
        raise FactorFileRefused(f"There is no set “{name[:60]}”; there are {', '.join(file_names())}.")
    return read_compact((FOLDER / f"{name}.csv").read_bytes())


def read_compact(content: bytes) -> FactorFile:
    """Return the set that a compact file holds.

    Raises:
        FactorFileRefused: saying which line cannot be read and why.
    """
    text = content.decode("utf-8")
    lines = text.splitlines()
    told = dict(line[1:].strip().split(": ", 1) for line in lines if line.startswith("#"))
    table = csv.DictReader(io.StringIO("\n".join(line for line in lines if not line.startswith("#"))))
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise FactorFileRefused(f"The columns must be {', '.join(COLUMNS)}.")
    rows = [_row(values) for values in table]
    check_rows(rows)
    return FactorFile(_head(told), rows, hashlib.sha256(content).hexdigest())


def write_compact(head: SetHead, rows: Sequence[FactorRow]) -> str:
    """Return the text of a compact file; reading it gives the same set."""
    out = io.StringIO()
    for name in SetHead.__slots__:
        value = getattr(head, name)
        if value not in (None, ""):
            out.write(f"# {name}: {value}\n")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow(["" if (value := getattr(row, name)) is None else _plain(value) for name in COLUMNS])
    return out.getvalue()


def _plain(value: object) -> str:
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def _head(told: dict[str, str]) -> SetHead:
    try:
        return SetHead(
            publisher=told["publisher"],
            name=told["name"],
            version=told["version"],
            year=int(told["year"]),
            gwp_basis=GwpBasis(told["gwp_basis"]),
            licence=told["licence"],
            source=told["source"],
            valid_from=date.fromisoformat(told["valid_from"]),
            valid_to=date.fromisoformat(told["valid_to"]) if "valid_to" in told else None,
            status=SetStatus(told["status"]),
            rank=int(told["rank"]),
            note=told.get("note", ""),
        )
    except (KeyError, ValueError) as error:
        raise FactorFileRefused(f"The head of the file is not complete: {error}.") from None


def _row(values: dict[str, str]) -> FactorRow:
    where = values["key"]
    gases = {gas: read_number(values[gas], where) if values[gas] else None for gas in ("co2", "ch4", "n2o")}
    try:
        return FactorRow(
            key=values["key"],
            activity=values["activity"],
            label=values["label"],
            line=Line(values["line"]),
            region=values["region"],
            unit=values["unit"],
            kg_co2e=read_number(values["kg_co2e"], where),
            scope=int(values["scope"]),
            category=int(values["category"]) if values["category"] else None,
            **gases,
        )
    except ValueError as error:
        raise FactorFileRefused(f"{where}: {error}.") from None
