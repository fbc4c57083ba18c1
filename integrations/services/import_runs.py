"""Import runs: accepting an upload, running it now or as a job, and recording how it goes."""

import hashlib
import io
import tempfile
from typing import BinaryIO, Self, cast

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import connections, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from carboncore.audit.choices import Outcome
from carboncore.audit.services import changes_since, event_record
from carboncore.common.context import current_actor
from carboncore.common.errors import InvalidInput, RegistryError
from integrations.choices import ImportKind, ImportSource, ImportState
from integrations.errors import ImportFileRefused
from integrations.models import ImportRun
from integrations.registry_exports import SourceCode
from integrations.services.import_credits import credits_import_file
from integrations.services.import_kinds import kind_of
from integrations.services.import_projects import projects_import_file
from integrations.services.import_summary import ImportSummary, Progress

# The job's name in the queue; `integrations.tasks` holds what it does.
IMPORT_TASK = "integrations.import_run"
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
_CHUNK = 1 << 20


def import_run_create(
    *,
    actor: User,
    source: str,
    upload: UploadedFile,
    dry_run: bool,
    keep_going: bool,
    publish: bool,
    kind: str = "",
) -> ImportRun:
    """Keep an uploaded export and queue its import; the job starts once this transaction is committed.

    Without a `kind`, the file's header tells whether it is about projects or credits.

    Raises:
        InvalidInput: the source or kind is unknown, or the file is empty or larger than 50 MB; nothing was kept.
    """
    _check(source, kind, upload.size or 0)
    stream = cast("BinaryIO", upload.file)
    run = _new_run(actor=actor, source=source, file_name=upload.name or "upload", stream=stream)
    run.kind = kind or kind_of(source=SourceCode(source), stream=stream)
    run.dry_run, run.keep_going, run.publish = dry_run, keep_going, publish
    with transaction.atomic():
        upload.seek(0)
        run.file.save(run.file_name, upload, save=False)
        run.save()
        event_record(action="import_run.started", obj=run, actor=actor, changes=changes_since({}, run))
        # One import at a time: a second waits in the queue rather than on a lock.
        app.configure_task(IMPORT_TASK, queue="imports", lock=IMPORT_TASK).defer(run_id=run.pk)
    return run


def import_run_start(
    *,
    source: str,
    file_name: str,
    stream: BinaryIO,
    dry_run: bool,
    keep_going: bool,
    publish: bool,
    kind: str = "",
) -> ImportRun:
    """Record an import that the caller performs at once, from a file of its own (the command line).

    Without a `kind`, the file's header tells whether it is about projects or credits.

    Raises:
        InvalidInput: the source or kind is unknown or the file is empty.
    """
    run = _new_run(actor=current_actor().user, source=source, file_name=file_name, stream=stream)
    _check(source, kind, run.size_bytes, limit=None)
    run.kind = kind or kind_of(source=SourceCode(source), stream=stream)
    run.dry_run, run.keep_going, run.publish = dry_run, keep_going, publish
    with transaction.atomic():
        run.save()
        event_record(action="import_run.started", obj=run, changes=changes_since({}, run))
    return run


def import_run_perform(*, run: ImportRun, stream: BinaryIO, progress: Progress | None = None) -> ImportSummary:
    """Do the import and write on the run how it goes and what came of it.

    Raises:
        ImportFileRefused: the file cannot be read; recorded on the run, and nothing else was changed.
        RegistryError: something the file refers to is missing here; recorded likewise.
    """
    run.state, run.started_at = ImportState.RUNNING, timezone.now()
    run.save(update_fields=["state", "started_at"])
    with (
        _ProgressRecorder(run.pk, progress) as recorder,
        tempfile.TemporaryFile("w+", encoding="utf-8-sig", newline="") as rejects,
    ):
        try:
            summary = _import(run, stream, cast("io.TextIOBase", rejects), recorder.report)
        except RegistryError as error:
            _fail(run, _words(error))
            raise
        except Exception:
            _fail(run, "The import stopped on an error of the program; nothing was changed.")
            raise
        _finish(run, summary, rejects)
    return summary


def _import(run: ImportRun, stream: BinaryIO, rejects: io.TextIOBase, progress: Progress) -> ImportSummary:
    if run.kind == ImportKind.CREDITS:
        return credits_import_file(
            source=SourceCode(run.source),
            stream=stream,
            dry_run=run.dry_run,
            keep_going=run.keep_going,
            rejects=rejects,
            progress=progress,
        )
    return projects_import_file(
        source=SourceCode(run.source),
        stream=stream,
        dry_run=run.dry_run,
        keep_going=run.keep_going,
        publish=run.publish,
        rejects=rejects,
        progress=progress,
    )


def _check(source: str, kind: str, size: int, limit: int | None = MAX_UPLOAD_BYTES) -> None:
    if source not in ImportSource.values:
        raise InvalidInput({"source": [f"Choose one of: {', '.join(ImportSource.values)}."]})
    if kind and kind not in ImportKind.values:
        raise InvalidInput({"kind": [f"Choose one of: {', '.join(ImportKind.values)}; or leave it out."]})
    if not size:
        raise InvalidInput({"file": ["The file is empty. Download the export again."]})
    if limit is not None and size > limit:
        raise InvalidInput({"file": ["The file is larger than 50 MB. Import it with `manage.py import_registry`."]})


def _new_run(*, actor: User | None, source: str, file_name: str, stream: BinaryIO) -> ImportRun:
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    stream.seek(0)
    return ImportRun(
        source=source,
        file_name=file_name.replace("\x00", "")[-255:] or "upload",
        sha256=digest.hexdigest(),
        size_bytes=size,
        actor=actor,
        entrance=current_actor().entrance,
    )


def _words(error: RegistryError) -> str:
    reasons = getattr(error, "errors", {})
    return (
        error.message
        if isinstance(error, ImportFileRefused)
        else " ".join([error.message, *(reason for listed in reasons.values() for reason in listed)])
    )


def _fail(run: ImportRun, message: str) -> None:
    run.state, run.message, run.finished_at = ImportState.FAILED, message, timezone.now()
    with transaction.atomic():
        run.save(update_fields=["state", "message", "finished_at"])
        event_record(action="import_run.failed", obj=run, outcome=Outcome.FAILED, note=message)


def _finish(run: ImportRun, summary: ImportSummary, rejects: io.TextIOBase) -> None:
    run.rows_read, run.rejected_count = summary.rows_read, summary.rejected
    run.created_count, run.changed_count = summary.created, summary.changed
    run.unchanged_count, run.skipped_count = summary.unchanged, len(summary.skipped)
    run.published_count, run.kept_fields = summary.published, summary.kept_fields
    run.findings = summary.findings
    run.percent_done = 100
    refused = bool(summary.rejected) and not run.keep_going
    run.state = ImportState.FAILED if refused else ImportState.DONE
    run.message = summary_sentence(summary, dry_run=run.dry_run, refused=refused)
    run.finished_at = timezone.now()
    if summary.rejected:
        rejects.flush()
        rejects.seek(0)
        run.rejects.save("rejects.csv", File(io.BytesIO(rejects.read().encode("utf-8-sig"))), save=False)
    counts = ("rows_read", "created_count", "changed_count", "unchanged_count", "rejected_count", "published_count")
    with transaction.atomic():
        run.save()
        event_record(
            action="import_run.failed" if refused else "import_run.finished",
            obj=run,
            outcome=Outcome.FAILED if refused else Outcome.DONE,
            note=run.message,
            changes={name: getattr(run, name) for name in counts},
        )


def summary_sentence(summary: ImportSummary, *, dry_run: bool, refused: bool) -> str:
    """What an import did, in a sentence."""
    if refused:
        return (
            f"Nothing was imported: {summary.rejected:,} of {summary.rows_read:,} rows were rejected. "
            "Correct them, or import the others with “keep going”."
        )
    counts = (
        f"{summary.created:,} created, {summary.changed:,} changed, {summary.unchanged:,} unchanged, "
        f"{len(summary.skipped):,} skipped, {summary.rejected:,} rejected."
    )
    return f"Dry run, nothing was changed: {counts}" if dry_run else counts


class _ProgressRecorder:
    """Shows a running import's progress to others.

    The import is one transaction, so what it writes is seen by nobody until it ends; progress therefore goes over a
    connection of its own.
    """

    def __init__(self, run_pk: int, also: Progress | None) -> None:
        self._run_pk = run_pk
        self._also = also
        self._connection = connections.create_connection("default")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def report(self, done: int, total: int) -> None:
        """Record how many rows are done; never lets a progress bar stop an import."""
        if self._also is not None:
            self._also(done, total)
        percent = min(99, done * 100 // total) if total else 0
        with self._connection.cursor() as cursor:
            cursor.execute(
                # A row that the import's own connection holds is skipped: progress must never wait for its import.
                "UPDATE integrations_importrun SET percent_done = %s, rows_read = GREATEST(rows_read, %s) WHERE id ="
                " (SELECT id FROM integrations_importrun WHERE id = %s FOR UPDATE SKIP LOCKED)",
                [percent, done, self._run_pk],
            )
