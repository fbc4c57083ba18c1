"""Making a backup: everything of one moment, while the registry goes on working."""

import fcntl
import os
import platform
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psycopg
from django.conf import settings

from carboncore.operations.backup import database
from carboncore.operations.backup.errors import BackupError
from carboncore.operations.backup.manifest import Manifest, Part
from carboncore.operations.backup.media import files_below, pack
from carboncore.operations.backup.sealing import CHUNK, SCHEME, Keys, PartWriter

NAME = re.compile(r"carboncore-\d{8}T\d{6}Z")
DATABASE, MEDIA = "database", "media"
# Told of each step: its name, and how many bytes of it are done.
Report = Callable[[str, int], None]


@dataclass
class _Backup:
    """The backup that is being made."""

    folder: Path
    keys: Keys | None
    report: Report
    parts: dict[str, Part] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[PartWriter]:
        """Open a part to write to; it is on the disk and in the list of parts when the block ends."""
        path = self.folder / (f"{name}.sealed" if self.keys else f"{name}.{'dump' if name == DATABASE else 'tar'}")
        with path.open("xb") as file:
            writer = PartWriter(file, self.keys.of_part(name) if self.keys else None)
            yield writer
            digest = writer.finish()
            file.flush()
            os.fsync(file.fileno())
        self.parts[name] = Part(path.name, digest, writer.stored)


def backup_make(*, to: Path, secret: str, report: Report = lambda _step, _bytes: None) -> Path:
    """Write a whole backup into a new folder below `to` and return it; without a `secret` it is not encrypted.

    It has its name from the moment on at which it is whole and on the disk: whatever interrupts this, and however
    hard, no half backup is taken for one.

    Raises:
        BackupError: the database cannot be read, the folder not written, or another backup is being made there.
    """
    now = datetime.now(UTC)
    try:
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _only_one(to):
            for left_over in to.glob(".carboncore-*.partial"):  # nobody else is writing here
                shutil.rmtree(left_over)
            final = to / f"carboncore-{now:%Y%m%dT%H%M%SZ}"
            if final.exists():
                raise BackupError(f"{final} is there already: wait a second and try again.")
            draft = to / f".{final.name}.partial"
            draft.mkdir(mode=0o700)
            try:
                _fill(draft, now, secret, report)
                draft.rename(final)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            _sync(to)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {error}.") from error
    return final


def backups_in(folder: Path) -> list[Path]:
    """Return the whole backups of a folder, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name) and (path / "manifest.json").exists())


def backups_prune(*, folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups and return what was removed; each loses its manifest first."""
    gone = backups_in(folder)[:-keep] if keep > 0 else []
    for path in gone:
        (path / "manifest.json").unlink()
        shutil.rmtree(path)
    return gone


def _fill(folder: Path, now: datetime, secret: str, report: Report) -> None:
    salt = secrets.token_bytes(16)
    backup = _Backup(folder, Keys(secret, salt) if secret else None, report)
    with database.session() as own, own.transaction():
        own.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        major = database.server_major(own)
        snapshot = own.execute("SELECT pg_export_snapshot() AS name").fetchone()
        assert snapshot is not None  # noqa: S101 - the function always answers
        _dump(backup, snapshot["name"], major)
        tables = _counted(own, report)
        ledger, migrations = database.ledger_position(own), database.last_migrations(own)
        version = own.info.parameter_status("server_version") or str(major)
    # After the snapshot: a file is stored before the row that names it, so each row's file is there by now.
    media = _media(backup)
    Manifest(
        created_at=now.isoformat(timespec="seconds"),
        versions={
            "carboncore": _own_version(),
            "django": django.get_version(),
            "python": platform.python_version(),
            "postgresql": version,
        },
        migrations=migrations,
        tables=tables,
        ledger=ledger,
        media=media,
        parts=backup.parts,
        salt=salt.hex() if secret else "",
        encryption=SCHEME if secret else "",
    ).write(folder, backup.keys)
    _sync(folder / "manifest.json")
    _sync(folder)


def _counted(own: psycopg.Connection[dict[str, Any]], report: Report) -> dict[str, int]:
    report("counting rows", 0)
    return database.table_counts(own)


def _dump(backup: _Backup, snapshot: str, major: int) -> None:
    arguments = (f"--snapshot={snapshot}", "--format=custom", "--no-unlogged-table-data", "--no-password")
    with (
        backup.part(DATABASE) as writer,
        database.running("pg_dump", *arguments, major=major, stdin=None, stdout=subprocess.PIPE) as pipe,
    ):
        done = 0
        while chunk := pipe.read(CHUNK):
            writer.write(chunk)
            done += len(chunk)
            backup.report(DATABASE, done)


def _media(backup: _Backup) -> dict[str, int]:
    root = Path(settings.MEDIA_ROOT)
    with backup.part(MEDIA) as writer:
        return pack(root, files_below(root), writer, lambda done: backup.report(MEDIA, done))


def _own_version() -> str:
    text = (settings.BASE_DIR / "pyproject.toml").read_text("utf-8")
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found.group(1) if found else "unknown"


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                f"Another backup is being made in {folder}: wait for it, or name another folder."
            ) from None
        yield


def _sync(path: Path) -> None:
    """Have the disk hold what was written: the name of a backup must not outlive its contents in a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
