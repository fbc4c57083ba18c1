"""The UK government's flat file as an officer uploads it, XLSX or CSV: its factors as a set of their own."""

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from typing import BinaryIO

from integrations.emission_choices import GwpBasis, SetStatus
from integrations.errors import FactorFileRefused
from integrations.factor_files.desnz import FlatRow, factor_rows
from integrations.factor_files.rows import FactorFile, SetHead, check_rows
from integrations.registry_exports.reading import open_table, plain_header
from integrations.registry_exports.records import ExportFileError

_COLUMNS = ("ID", "Scope", "Level 1", "Level 2", "Level 3", "Level 4", "Column Text", "UOM", "GHG/Unit")
_FACTOR = re.compile(r"ghg conversion factor ([0-9]{4})\Z")
_SHEETS = ("Factors by Category",)


def read_flat_file(*, stream: BinaryIO, version: str, current: bool) -> FactorFile:
    """Return the set that the official flat file holds; its year stands over its factors.

    Raises:
        FactorFileRefused: it is not the flat file, or a row of it cannot be read, and why.
    """
    try:
        with open_table(stream, _COLUMNS, _SHEETS) as (table, rows):
            header = [plain_header(name) for name in table.header]
            years = [(place, found[1]) for place, name in enumerate(header) if (found := _FACTOR.match(name))]
            if len(years) != 1:
                raise FactorFileRefused("One column must be called “GHG Conversion Factor” and the year.")
            column, year = years[0][0], int(years[0][1])
            places = [header.index(plain_header(name)) for name in _COLUMNS]
            found_rows = factor_rows(_flat_rows(rows, places, column))
    except ExportFileError as error:
        raise FactorFileRefused(str(error)) from error
    check_rows(found_rows)
    stream.seek(0)
    return FactorFile(_head(year, version, current=current), found_rows, _digest(stream))


def _flat_rows(rows: Iterable[tuple[int, list[str]]], places: list[int], column: int) -> Iterable[FlatRow]:
    for _, cells in rows:
        padded = [*cells, *[""] * (max(*places, column) + 1 - len(cells))]
        key, scope, one, two, three, four, text, unit, gas = (padded[place].strip() for place in places)
        if key:
            yield FlatRow(key, scope, (one, two, three, four), text, unit, gas, padded[column])


def _head(year: int, version: str, *, current: bool) -> SetHead:
    return SetHead(
        publisher="DESNZ",
        name="UK Government GHG Conversion Factors for Company Reporting",
        version=version,
        year=year,
        gwp_basis=GwpBasis.AR5,
        licence=f"Open Government Licence v3.0, © Crown copyright {year}",
        source=f"gov.uk, greenhouse gas reporting: conversion factors {year}, flat file as uploaded",
        valid_from=date(year, 1, 1),
        valid_to=date(year, 12, 31),
        status=SetStatus.CURRENT if current else SetStatus.EARLIER,
        rank=10,
    )


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
