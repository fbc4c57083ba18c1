"""Which files may be uploaded, told by what is in them and not by what they are called."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

import orjson

from carboncore.common.errors import InvalidInput


@dataclass(frozen=True)
class FileType:
    """One allowed type: its MIME type, the endings it may have, and a test of its content."""

    mime_type: str
    endings: tuple[str, ...]
    matches: Callable[[bytes], bool]


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _office(member: str) -> Callable[[bytes], bool]:
    def matches(content: bytes) -> bool:
        if not content.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return member in archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False

    return matches


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _is_json(content: bytes) -> bool:
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True


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
    FileType("application/geo+json", (".geojson",), _is_json),
    FileType("application/json", (".json",), _is_json),
    FileType("text/csv", (".csv",), _is_text),
    FileType("text/plain", (".txt",), _is_text),
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
        raise InvalidInput({"file": [f"The content of this file is not what its ending {ending} says."]})
    return named[0].mime_type
