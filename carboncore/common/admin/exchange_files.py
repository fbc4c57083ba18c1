"""Reading the files that staff upload, and keeping them between a preview and its confirmation."""

import csv
import io
import json
import re
import struct
import uuid
import zipfile
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import tablib
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from import_export import tmp_storages
from import_export.formats import base_formats

MAX_ROWS = 10_000
MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_FOLDER = "waiting-imports"
_NAME = re.compile(r"[0-9a-f]{32}\Z")


class FileRefused(ValueError):
    """The uploaded file cannot be read; the message says what to do."""


def formula_safe(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula; other values stay."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def without_guard(value: Any) -> Any:
    """Take the apostrophe away that `formula_safe` put there, so that an export can be imported again."""
    if isinstance(value, str) and value.startswith("'") and value[1:].startswith(_FORMULA_STARTS):
        return value[1:]
    return value


def too_many_rows(rows: int, limit: int) -> str:
    """Say that a file has too many rows, and what to do."""
    return f"The file has {rows:,} rows; up to {limit:,} can be imported here. {_ELSEWHERE}"


class _Limited:
    """Refuses what is too large before it is read row by row, and guards cells against formulas."""

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        if len(in_stream) > MAX_BYTES:
            raise FileRefused(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. {_ELSEWHERE}")
        dataset = self.read(in_stream)
        if not dataset.headers:
            raise FileRefused("The file has no first row with the names of the columns.")
        if len(dataset) > MAX_ROWS:
            raise FileRefused(too_many_rows(len(dataset), MAX_ROWS))
        return dataset

    def read(self, in_stream: Any) -> tablib.Dataset:
        raise NotImplementedError

    def _escape_formulae(self, dataset: tablib.Dataset) -> None:
        for _ in range(len(dataset)):
            dataset.append([formula_safe(cell) for cell in dataset.lpop()])


_ELSEWHERE = "Split it, or use manage.py import_registry for a registry's own export."


def _dataset(headers: Iterable[Any], rows: Iterable[Iterable[Any]]) -> tablib.Dataset:
    names = [str(name or "").strip() for name in headers]
    data = tablib.Dataset(headers=names)
    for row in rows:
        cells = [without_guard(cell) for cell in row]
        if any(cell not in (None, "") for cell in cells):
            data.append([*cells, *[""] * (len(names) - len(cells))][: len(names)])
    return data


class Csv(_Limited, base_formats.CSV):
    """UTF-8, with or without a byte-order mark; separated by commas, semicolons or tabs."""

    def read(self, in_stream: Any) -> tablib.Dataset:
        try:
            text = in_stream.decode("utf-8-sig") if isinstance(in_stream, bytes) else in_stream
        except UnicodeDecodeError:
            raise FileRefused("The file is not in UTF-8. In a spreadsheet, save it as “CSV UTF-8”.") from None
        if "\x00" in text:
            raise FileRefused("The file is not text. Choose the format that it really has.")
        first_line = text.split("\n", 1)[0]
        separator = max(",;\t", key=first_line.count)
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
        return _dataset(rows[0] if rows else [], rows[1:])


class Xlsx(_Limited, base_formats.XLSX):
    """The first sheet of a workbook; formulas count as the values they had when the file was saved."""

    def read(self, in_stream: Any) -> tablib.Dataset:
        import openpyxl  # here, because it takes a quarter of a second and few requests need it

        if unpacked_bytes(in_stream) > MAX_UNPACKED_BYTES:
            raise FileRefused(
                f"The workbook unpacks to more than {MAX_UNPACKED_BYTES // 1024 // 1024} MB. {_ELSEWHERE}"
            )
        try:
            book = openpyxl.load_workbook(io.BytesIO(in_stream), read_only=True, data_only=True)
            rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(max_row=MAX_ROWS + 2)]
        except Exception as error:
            raise FileRefused("This is not an Excel workbook (.xlsx), or it is damaged.") from error
        return _dataset(rows[0] if rows else [], rows[1:])


def unpacked_bytes(content: bytes) -> int:
    """Return how large a ZIP file says that it becomes; reading it stops there. 0 for what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, OSError, struct.error):
        return 0


class Json(_Limited, base_formats.JSON):
    """An array of objects. No cell is escaped: JSON is no spreadsheet, and its values are kept exactly."""

    def read(self, in_stream: Any) -> tablib.Dataset:
        try:
            rows = json.loads(in_stream)
        except (ValueError, RecursionError):
            raise FileRefused("This is not JSON.") from None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FileRefused("The JSON must be an array of objects, one for each row.")
        names = list(dict.fromkeys(name for row in rows for name in row))
        return _dataset(names, ([row.get(name) for name in names] for row in rows))

    def _escape_formulae(self, dataset: tablib.Dataset) -> None:
        """Leave the values as they are."""


class WaitingFiles(tmp_storages.BaseStorage):
    """Keeps an upload between its preview and its confirmation in the media storage, which every host reads."""

    def save(self, data: Any) -> None:
        """Keep the upload under a random name, and clear away what nobody confirmed within a day."""
        _clear_old_files()
        self.name = uuid.uuid4().hex
        default_storage.save(f"{_FOLDER}/{self.name}", ContentFile(data if isinstance(data, bytes) else data.encode()))

    def read(self) -> bytes:
        """Return the upload.

        Raises:
            FileRefused: it is no longer there, or the name is none of ours.
        """
        try:
            with default_storage.open(self._path(), "rb") as file:
                return bytes(file.read())
        except FileNotFoundError:
            raise FileRefused("The uploaded file is no longer there. Upload it again.") from None

    def remove(self) -> None:
        """Forget the upload."""
        default_storage.delete(self._path())

    def _path(self) -> str:
        if not _NAME.fullmatch(self.name or ""):
            raise FileRefused("The uploaded file is no longer there. Upload it again.")
        return f"{_FOLDER}/{self.name}"


def _clear_old_files() -> None:
    try:
        _, names = default_storage.listdir(_FOLDER)
    except FileNotFoundError:
        return
    limit = timezone.now() - timedelta(days=1)
    for name in names:
        path = f"{_FOLDER}/{name}"
        if default_storage.get_modified_time(path) < limit:
            default_storage.delete(path)
