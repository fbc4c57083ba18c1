"""Import runs: an upload that becomes a job, what is recorded of it, and two imports at the same time."""

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connections
from django.utils import timezone
from openpyxl import Workbook
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from carboncore.common.context import Entrance, acting
from carboncore.common.errors import InvalidInput
from integrations.choices import ImportState
from integrations.models import ImportRun
from integrations.services import import_run_create, import_run_perform, import_run_start
from integrations.tasks import import_run_job
from registry.models import Project
from registry.services.catalogue_seed import project_types_seed
from registry.services.project_import import _known, projects_import
from tests.integrations.verra_rows import FOREST, HEADER, STOVES, run, verra_export

pytestmark = pytest.mark.django_db


def test_an_upload_is_queued_and_the_job_records_what_it_did(settings):
    officer = User.objects.create_user(email="officer@example.org", password=None)
    upload = SimpleUploadedFile("allprojects.csv", verra_export(FOREST, STOVES.replace("Kenya", "Atlantis")).getvalue())

    with acting(officer, Entrance.ADMIN):
        queued = import_run_create(
            actor=officer, source="verra", upload=upload, dry_run=False, keep_going=True, publish=True
        )
    assert (queued.state, queued.size_bytes, queued.file_name) == (ImportState.QUEUED, upload.size, "allprojects.csv")
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args, job.queue_name) == ("integrations.import_run", {"run_id": queued.pk}, "imports")
    import_run_job(run_id=queued.pk)

    done = ImportRun.objects.get()
    assert (done.state, done.percent_done, done.rows_read) == (ImportState.DONE, 100, 2)
    assert (done.created_count, done.rejected_count, done.published_count) == (1, 1, 1)
    assert done.findings["unknown_countries"] == {"Atlantis": 1}
    assert done.message == "1 created, 0 changed, 0 unchanged, 0 skipped, 1 rejected."
    with done.rejects.open("rb") as file:
        assert file.read().decode("utf-8-sig").splitlines()[1].startswith("3,'Atlantis' is not a country")
    assert Project.objects.get().history.get().history_user == officer
    assert done.started_at <= done.finished_at <= timezone.now()


def test_a_job_with_an_unreadable_file_fails_in_words():
    officer = User.objects.create_user(email="officer@example.org", password=None)
    upload = SimpleUploadedFile("a.csv", b"a,b\n1,2\n")
    queued = import_run_create(
        actor=officer, source="verra", upload=upload, dry_run=False, keep_going=False, publish=False
    )

    import_run_job(run_id=queued.pk)

    failed = ImportRun.objects.get()
    assert failed.state == ImportState.FAILED
    assert "“Status”" in failed.message


@pytest.mark.parametrize(
    ("source", "content", "field"), [("verra", b"", "file"), ("acme", b"x", "source")], ids=["empty", "unknown source"]
)
def test_an_upload_that_cannot_be_one_is_refused_at_once(source, content, field):
    officer = User.objects.create_user(email="officer@example.org", password=None)

    with pytest.raises(InvalidInput) as refusal:
        import_run_create(
            actor=officer,
            source=source,
            upload=SimpleUploadedFile("a.csv", content),
            dry_run=False,
            keep_going=False,
            publish=False,
        )

    assert list(refusal.value.errors) == [field]
    assert ImportRun.objects.count() == 0


def test_a_run_that_was_refused_says_so():
    stream = verra_export(STOVES.replace("Kenya", "Atlantis"))
    started = import_run_start(
        source="verra", file_name="x.csv", stream=stream, dry_run=False, keep_going=False, publish=False
    )

    import_run_perform(run=started, stream=stream)

    started.refresh_from_db()
    assert started.state == ImportState.FAILED
    assert started.message.startswith("Nothing was imported: 1 of 1 rows were rejected.")


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_the_upload_and_its_progress_is_seen_before_it_ends(settings):
    # Given a queued upload of a workbook, and somebody who watches over another connection while rows are written
    officer = User.objects.create_user(email="officer@example.org", password=None)
    book = Workbook()
    for row in csv.reader([HEADER, *(STOVES.replace("2501", str(number)) for number in range(1, 2502))]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    upload = SimpleUploadedFile("allprojects.xlsx", content.getvalue())
    run = import_run_create(
        actor=officer, source="verra", upload=upload, dry_run=False, keep_going=False, publish=False
    )
    seen = []

    def watching(*, rows, **arguments):
        with closing(connections.create_connection("default")) as watcher, watcher.cursor() as cursor:
            cursor.execute("SELECT percent_done, state FROM integrations_importrun WHERE id = %s", [run.pk])
            seen.append(cursor.fetchone())
        return projects_import(rows=rows, **arguments)

    # When the worker runs
    with patch("integrations.services.import_projects.projects_import", watching):
        app.with_connector(app.connector.get_worker_connector()).run_worker(
            wait=False, listen_notify=False, install_signal_handlers=False
        )

    # Then batches of 1,000 of 2,501 rows were seen to be done
    assert seen == [(0, "running"), (39, "running"), (79, "running")]
    run.refresh_from_db()
    assert (run.state, run.created_count, run.percent_done) == (ImportState.DONE, 2501, 100)


def import_twice_at_once():
    """Two imports of one file, each of which waits, after looking for known projects, for the other to have looked."""
    both_have_looked = threading.Barrier(2)

    def looking(rows):
        known = _known(rows)
        with suppress(threading.BrokenBarrierError):
            both_have_looked.wait(timeout=1)
        return known

    def work(_number):
        try:
            return run(FOREST, STOVES)[0].created
        except IntegrityError as error:
            return error
        finally:
            connections.close_all()

    project_types_seed()
    with patch("registry.services.project_import._known", looking), ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, range(2)))


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_two_imports_create_the_same_project():
    with patch("integrations.services.import_projects.import_lock"):
        outcomes = import_twice_at_once()

    assert sorted(isinstance(outcome, IntegrityError) for outcome in outcomes) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_with_the_lock_the_second_of_two_imports_finds_everything_there():
    outcomes = import_twice_at_once()

    assert sorted(outcomes) == [0, 2]
    assert Project.objects.count() == 2
