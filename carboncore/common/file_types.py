"""Which files may be uploaded, told by what is in them and not by what they are called."""

import codecs
import io
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

import orjson

from carboncore.common.errors import InvalidInput

MAX_ARCHIVE_MEMBERS = 5_000
MAX_JSON_BYTES = 10_000_000
"""Parsed, a list of small things takes twenty times the memory that its text does."""

# A page or drawing under a harmless name: browsers have guessed wrong about those before.
_MARKUP = re.compile(r"\ufeff?\s*<(!doctype|!--|\?xml|html|head|body|script|svg|iframe|img|style)", re.IGNORECASE)


@dataclass(frozen=True)
class FileType:
    """One allowed type: its MIME type, the endings it may have, a test of its content, and what to do if it fails."""

    mime_type: str
    endings: tuple[str, ...]
    matches: Callable[[bytes], bool]
    hint: str = "Save it again in that format, or give it the ending of what it is."


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _office(member: str) -> Callable[[bytes], bool]:
    """Test for an Office document by its list of members; nothing is unpacked, so a zip bomb stays packed."""

    def matches(content: bytes) -> bool:
        # The list itself could be the bomb: each entry takes 50 bytes in the file and ten times that when read.
        if not content.startswith(b"PK\x03\x04") or content.count(b"PK\x01\x02") > MAX_ARCHIVE_MEMBERS:
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return member in archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, OSError, struct.error):
            return False

    return matches


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return "\x00" not in text and not _MARKUP.match(text)


def _is_json(content: bytes) -> bool:
    if len(content) > MAX_JSON_BYTES:
        return False
    try:
        orjson.loads(content.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return False
    return True


_TEXT_HINT = "Save it as plain text in UTF-8."
_JSON_HINT = f"It must be valid JSON in UTF-8 of at most {MAX_JSON_BYTES // 1_000_000} MB."

# Pages and drawings that can carry scripts (HTML, SVG) and programs are left out on purpose.
ALLOWED_TYPES: tuple[FileType, ...] = (
    FileType("application/pdf", (".pdf",), _starts(b"%PDF-")),
    FileType("image/png", (".png",), _starts(b"\x89PNG\r\n\x1a\n")),
    FileType("image/jpeg", (".jpg", ".jpeg"), _starts(b"\xff\xd8\xff")),
    FileType("image/tiff", (".tif", ".tiff"), _starts(b"II*\x00", b"MM\x00*")),
    FileType(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        (".xlsx",),
        _office("xl/workbook.xml"),
    ),
    FileType(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        (".docx",),
        _office("word/document.xml"),
    ),
    FileType("application/geo+json", (".geojson",), _is_json, _JSON_HINT),
    FileType("application/json", (".json",), _is_json, _JSON_HINT),
    FileType("text/csv", (".csv",), _is_text, _TEXT_HINT),
    FileType("text/plain", (".txt",), _is_text, _TEXT_HINT),
)
ALLOWED_ENDINGS = tuple(ending for file_type in ALLOWED_TYPES for ending in file_type.endings)


def sniffed_mime_type(*, file_name: str, content: bytes) -> str:
    """Return the MIME type of a whole file, when its ending and its content agree on an allowed one.

    Raises:
        InvalidInput: on `file`, saying what was expected.
    """
    ending = PurePath(file_name).suffix.lower()
    named = [file_type for file_type in ALLOWED_TYPES if ending in file_type.endings]
    if not named:
        raise InvalidInput({"file": [f"Files must end in one of {', '.join(ALLOWED_ENDINGS)}."]})
    if not named[0].matches(content):
        raise InvalidInput(
            {"file": [f"The content of this file is not what its ending {ending} says. {named[0].hint}"]}
        )
    return named[0].mime_type
