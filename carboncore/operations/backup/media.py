"""The uploaded files: into one stream and back, none through a name that leads elsewhere."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from carboncore.operations.backup.errors import BackupDamaged


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class ChunkReader:
    """Makes a stream to read from of an iterator of chunks, as `tarfile` wants it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; fewer only at the end."""
        parts, have = [self._rest], len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]


def files_below(root: Path) -> list[Path]:
    """Return the regular files below a folder, in the order of their names; links are not followed."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def pack(root: Path, files: list[Path], sink: _Sink, on_bytes: "Progress") -> dict[str, int]:
    """Write the files into `sink`; one that is deleted meanwhile is left out. Returns how many there are, and bytes."""
    packed = total = 0
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for path in files:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue
            with source:
                info = archive.gettarinfo(str(path), str(path.relative_to(root)), fileobj=source)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                archive.addfile(info, source)
            packed, total = packed + 1, total + info.size
            on_bytes(total)
    return {"files": packed, "bytes": total}


def unpack(chunks: Iterator[bytes], folder: Path | None) -> dict[str, int]:
    """Write the files of a stream into `folder`, or only read them where there is none; returns what there was.

    Raises:
        BackupDamaged: the stream is no archive of files, or one of them would land outside.
    """
    source: IO[bytes] = ChunkReader(chunks)  # type: ignore[assignment]
    unpacked = total = 0
    try:
        with tarfile.open(fileobj=source, mode="r|") as archive:
            for member in archive:
                if not member.isfile():
                    raise BackupDamaged(f"The media hold something that is no file: {member.name[:100]}")
                if folder is not None:
                    archive.extract(member, folder, filter="data")
                unpacked, total = unpacked + 1, total + member.size
    except tarfile.TarError as error:
        raise BackupDamaged(f"The media cannot be read ({error}): take another copy of this backup.") from None
    return {"files": unpacked, "bytes": total}


class Progress(Protocol):
    """Told how far a step has come, in bytes."""

    def __call__(self, done: int, /) -> None: ...
