"""Which encoding an export is in: UTF-8, UTF-16 or Windows-1252, told apart strictly, or refused."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from integrations.registry_exports.records import ExportFileError

_CHUNK = 1 << 20
_RESAVE = "Open it in a spreadsheet or editor, save it as “CSV UTF-8” or XLSX, and try again."

# Bytes Windows-1252 leaves undefined, and control characters no table of text contains.
_NOT_WINDOWS_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Four different letters beyond ASCII in a row do not occur in the languages Windows-1252 serves; they are how Cyrillic,
# Greek or East Asian text in another encoding looks when it is read as Windows-1252. (A row of dashes is no such sign.)
_FOREIGN_RUN = re.compile(rb"([\x80-\xff])(?!\1{3})[\x80-\xff]{3}")
_UTF8_SEQUENCE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")


def detect_encoding(stream: BinaryIO) -> str:
    """Name the codec of a CSV file and leave the stream at its start.

    UTF-8 (with or without byte-order mark) is proved by decoding the whole file; UTF-16 by its byte-order
    mark or by its zero bytes; Windows-1252 is accepted only for bytes that make sense in it, since it can
    decode nearly anything.

    Raises:
        ExportFileError: the file is empty, or in none of these encodings; the message names the line.
    """
    stream.seek(0)
    head = stream.read(4096)
    stream.seek(0)
    if not head.strip():
        raise ExportFileError("The file is empty. Download the export again.")
    utf16 = _utf16_codec(head)
    if utf16:
        _prove(stream, utf16)
        return utf16
    if b"\x00" in head:
        raise ExportFileError("The file is not text: it contains zero bytes. Choose the registry's CSV or XLSX export.")
    failure = _utf8_failure(stream)
    if failure is None:
        return "utf-8-sig"
    _prove_windows_1252(stream, utf8_failed_on=failure)
    return "cp1252"


def _utf16_codec(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise ExportFileError(f"The file is in UTF-32, which is not read. {_RESAVE}")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half and zeros_odd > half * 0.7 and zeros_even == 0:
        return "utf-16-le"
    if half and zeros_even > half * 0.7 and zeros_odd == 0:
        return "utf-16-be"
    return ""


def _prove(stream: BinaryIO, codec: str) -> None:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as exc:
        raise ExportFileError(f"The file begins as UTF-16 but is broken further on. {_RESAVE}") from exc
    finally:
        stream.seek(0)


def _utf8_failure(stream: BinaryIO) -> int | None:
    """The line on which the file stops being UTF-8, or None when all of it is."""
    stream.seek(0)
    try:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
        return None
    finally:
        stream.seek(0)


def _prove_windows_1252(stream: BinaryIO, *, utf8_failed_on: int) -> None:
    for number, line in enumerate(stream, start=1):
        if _NOT_WINDOWS_1252.search(line) or _FOREIGN_RUN.search(line):
            raise ExportFileError(
                f"The file is in no encoding that is read here (UTF-8, UTF-16 or Windows-1252): "
                f"line {number} has bytes that fit none of them. {_RESAVE}"
            )
        if _UTF8_SEQUENCE.search(line) and _is_utf8(line):
            raise ExportFileError(
                f"The file mixes encodings: line {utf8_failed_on} is not UTF-8, line {number} is. {_RESAVE}"
            )
    stream.seek(0)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
