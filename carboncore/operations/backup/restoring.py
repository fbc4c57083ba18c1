"""Bringing a backup back: proven whole before anything is touched, into an empty place, and compared afterwards."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from carboncore.operations.backup import database
from carboncore.operations.backup.errors import BackupDamaged, BackupError
from carboncore.operations.backup.making import DATABASE, MEDIA, Report
from carboncore.operations.backup.manifest import Manifest, Part, read_manifest
from carboncore.operations.backup.media import unpack
from carboncore.operations.backup.sealing import CHUNK, Keys, opened


@dataclass(frozen=True)
class Backup:
    """A backup whose manifest has been read and believed."""

    folder: Path
    manifest: Manifest
    keys: Keys | None

    def part(self, name: str) -> Part:
        """Return one part's entry, in a folder that a name of the manifest cannot leave."""
        part = self.manifest.parts.get(name)
        if part is None or Path(part.file).name != part.file or not (self.folder / part.file).is_file():
            raise BackupDamaged(f"The part “{name}” of {self.folder} is missing: take another copy of this backup.")
        return part

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the plain bytes of a part."""
        with (self.folder / self.part(name).file).open("rb") as file:
            yield from opened(file, self.keys.of_part(name) if self.keys else None, name)


def backup_open(*, folder: Path, secret: str) -> Backup:
    """Read the manifest.

    Raises:
        BackupDamaged: it is missing, or not what was written.
        WrongKey: the backup needs another key.
    """
    manifest, keys = read_manifest(folder, secret)
    return Backup(folder, manifest, keys)


def backup_verify(*, backup: Backup, thorough: bool = True, report: Report = lambda _step, _bytes: None) -> None:
    """Read the whole backup and prove each part; a thorough look has PostgreSQL read the dump and opens the archive.

    Raises:
        BackupDamaged: a part is missing, cut short, altered, or not readable.
    """
    for name in (DATABASE, MEDIA):
        _prove(backup, name, report)
    if not thorough:
        return
    with database.running(
        "pg_restore", "--file=-", major=_major_of(backup), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as pipe:
        for chunk in backup.chunks(DATABASE):
            pipe.write(chunk)
    found = unpack(backup.chunks(MEDIA), None)
    if found != backup.manifest.media:
        raise BackupDamaged(f"The media hold {found}, and {backup.manifest.media} were written.")


def backup_restore(
    *, backup: Backup, replace: bool = False, report: Report = lambda _step, _bytes: None
) -> dict[str, int]:
    """Load a backup into this server's database and media folder; returns the rows of each table, compared.

    Both have to be empty, and nobody else connected, unless `replace` says that what is there may go; media that were
    there are then kept beside the new ones. The database is loaded in one transaction: it is all there or none of it.

    Raises:
        BackupDamaged: it is not whole; nothing was changed.
        BackupError: the place is not empty or in use, and nothing was changed; or PostgreSQL failed, as it says.
    """
    backup_verify(backup=backup, thorough=False, report=report)
    media_root = Path(settings.MEDIA_ROOT)
    with database.session() as own:
        _refuse_occupied(own, media_root, replace=replace)
        draft = media_root.with_name(f".{media_root.name}.restoring")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o750)
        try:
            unpack(backup.chunks(MEDIA), draft)
            if not database.is_empty(own):
                database.make_empty(own)
            _load(backup, database.server_major(own), report)
            _swap(draft, media_root)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        report("comparing", 0)
        own.execute("ANALYZE")
        return _compared(own, backup.manifest)


def _prove(backup: Backup, name: str, report: Report) -> None:
    part = backup.part(name)
    path = backup.folder / part.file
    if path.stat().st_size != part.bytes:
        raise BackupDamaged(
            f"{path} has {path.stat().st_size:,} bytes and was written with {part.bytes:,}: take another copy."
        )
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(f"checking {name}", done)
    if digest.hexdigest() != part.sha256:
        raise BackupDamaged(f"{path} is not what was written: take another copy of this backup.")
    if backup.keys is not None:
        for _ in backup.chunks(name):
            pass  # each chunk proves itself


def _refuse_occupied(own: psycopg.Connection[dict[str, Any]], media_root: Path, *, replace: bool) -> None:
    if others := database.other_sessions(own):
        raise BackupError(
            f"{others} other connection(s) to the database “{database.name()}” are open: stop the web server and the"
            " job workers first. Nothing was changed."
        )
    if replace:
        return
    if not database.is_empty(own):
        raise BackupError(
            f"The database “{database.name()}” is not empty. Restore into a new one, or, if all that is in it may go,"
            f" say so: --force 'replace {database.name()}'. Nothing was changed."
        )
    if media_root.exists() and any(media_root.iterdir()):
        raise BackupError(
            f"The folder {media_root} is not empty. Move it away, name another MEDIA_ROOT, or say"
            f" --force 'replace {database.name()}'. Nothing was changed."
        )


def _load(backup: Backup, major: int, report: Report) -> None:
    arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments")
    target = ("--no-password", f"--dbname={database.name()}")
    with database.running(
        "pg_restore", *arguments, *target,
        major=max(major, _major_of(backup)), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    ) as pipe:  # fmt: skip
        done = 0
        for chunk in backup.chunks(DATABASE):
            pipe.write(chunk)
            done += len(chunk)
            report(DATABASE, done)


def _swap(draft: Path, media_root: Path) -> None:
    if media_root.exists():
        if any(media_root.iterdir()):
            media_root.rename(media_root.with_name(f"{media_root.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
        else:
            media_root.rmdir()
    draft.rename(media_root)


def _compared(own: psycopg.Connection[dict[str, Any]], manifest: Manifest) -> dict[str, int]:
    counts, ledger = database.table_counts(own), database.ledger_position(own)
    different = sorted(name for name in {*counts, *manifest.tables} if counts.get(name) != manifest.tables.get(name))
    if different:
        raise BackupError(
            f"After loading, these tables have other numbers of rows than written: {', '.join(different)}."
        )
    if ledger != manifest.ledger:
        raise BackupError("After loading, the ledger's chains end elsewhere than where they did.")
    return counts


def _major_of(backup: Backup) -> int:
    return int(backup.manifest.versions["postgresql"].split(".")[0])
