"""Reading a file once, in pieces: its fingerprint, its size, its encoding, and whether its lines are lines."""

import codecs
import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from integrations.uploads.layout import FileRefused

LONGEST_LINE = 1_000_000  # bytes; a row of a table of readings has a hundred
_CHUNK = 1 << 20
_RESAVE = "Open it in a spreadsheet or an editor, save it as “CSV UTF-8” or XLSX, and upload that."
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class FileFacts:
    """What the bytes tell; `encoding` is a codec of Python's, or `xlsx`."""

    sha256: str
    size_bytes: int
    encoding: str

    @property
    def mime_type(self) -> str:
        """The type by content, whatever the sender says."""
        return _XLSX if self.encoding == "xlsx" else "text/csv"


def file_facts(stream: BinaryIO) -> FileFacts:
    """Read the file to its end and leave it at its beginning; holds one piece of it at a time.

    Raises:
        FileRefused: it is empty, no table, in an encoding that is not read, or has a line that is none.
    """
    stream.seek(0)
    head = stream.read(_CHUNK)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileRefused("The file is empty. Choose the file with the readings.")
    encoding = _by_beginning(head)
    digest, size, rest, is_utf8 = hashlib.sha256(), 0, 0, encoding == "utf-8-sig"
    decoder = codecs.getincrementaldecoder("utf-8" if is_utf8 else "latin-1")("strict")
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if encoding == "xlsx":
            continue
        rest = _line_rest(chunk, rest)
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    stream.seek(0)
    if encoding == "utf-8-sig" and not is_utf8:
        encoding = "cp1252"
    return FileFacts(digest.hexdigest(), size, encoding)


def _line_rest(chunk: bytes, rest: int) -> int:
    """Return how long the last line is so far; refuses one that does not end."""
    lines = chunk.replace(b"\r", b"\n").split(b"\n")
    lengths = [rest + len(lines[0]), *map(len, lines[1:])]
    if max(lengths) > LONGEST_LINE:
        raise FileRefused(
            f"The file has a line of more than {LONGEST_LINE:,} bytes, so it is no table of readings. "
            "Export it again with one reading in each line."
        )
    return lengths[-1]


def _by_beginning(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRefused(f"The file is in UTF-32, which is not read. {_RESAVE}")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:4096]
    half, even, odd = len(sample) // 2, sample[0::2].count(0), sample[1::2].count(0)
    if half and odd > half * 0.7 and even == 0:
        return "utf-16-le"
    if half and even > half * 0.7 and odd == 0:
        return "utf-16-be"
    if b"\x00" in head:
        raise FileRefused("The file is neither text nor a workbook. Upload the readings as CSV or XLSX.")
    return "utf-8-sig"
