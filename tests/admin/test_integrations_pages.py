"""Uploading a registry's export, following it, and judging likely double listings."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, VIEWER
from integrations.choices import ConflictVerdict, ImportState
from integrations.models import ImportRun, ListingConflict
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db
ADD = "/staff/integrations/importrun/add/"


def _run(**fields):
    given = {
        "source": "verra",
        "file_name": "allprojects.csv",
        "sha256": "0" * 64,
        "size_bytes": 3,
        "entrance": "admin",
        **fields,
    }
    if given.get("state") in (ImportState.DONE, ImportState.FAILED):
        given.setdefault("finished_at", timezone.now())
    return ImportRun.objects.create(**given)


def _conflict():
    first = ProjectFactory(project_name="Cedar Hills", origin_registry="VCS", origin_id="VCS1")
    second = ProjectFactory(project_name="Cedar Hills Forest", origin_registry="GLD", origin_id="GLD2")
    reasons = [{"kind": "name", "points": 60, "text": "The names share “cedar hills”."}]
    return ListingConflict.objects.create(project_a=first, project_b=second, score=60, reasons=reasons)


def test_an_upload_becomes_a_run_with_a_job_of_its_own(as_role):
    officer = as_role(REGISTRY_OFFICER)
    values = form_values(officer.get(ADD), "importrun_form")
    assert values["dry_run"] == "on"  # the careful choice is the one that is made already

    response = officer.post(ADD, {**values, "source": "verra", "upload": SimpleUploadedFile("v.csv", b"ID,Name\n")})

    run = ImportRun.objects.get()
    assert response["Location"] == reverse("admin:integrations_importrun_change", args=[run.pk])
    assert (run.actor, run.dry_run, run.state, run.file_name) == (officer.user, True, ImportState.QUEUED, "v.csv")
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("integrations.import_run", {"run_id": run.pk})


def test_an_empty_upload_is_refused_at_its_field(as_role):
    response = as_role(REGISTRY_OFFICER).post(ADD, {"source": "verra", "upload": SimpleUploadedFile("v.csv", b"")})

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["upload"]
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("role", [REVIEWER, VIEWER])
def test_uploading_needs_the_right(as_role, role):
    response = as_role(role).post(ADD, {"source": "verra", "upload": SimpleUploadedFile("v.csv", b"ID\n")})

    assert response.status_code == 403
    assert not ImportRun.objects.exists()


def test_a_running_import_can_be_followed(as_role):
    run = _run(state=ImportState.RUNNING, percent_done=42, rows_read=4200)
    viewer = as_role(VIEWER)
    progress = reverse("admin:integrations_importrun_progress", args=[run.pk])

    assert progress.encode() in viewer.get(reverse("admin:integrations_importrun_change", args=[run.pk])).content
    assert viewer.get(progress).json() == {"state": "Running", "percent": 42, "rows_read": 4200, "over": False}
    assert as_role("").get(progress).status_code == 403


def test_a_finished_import_tells_its_figures_findings_and_rejects(as_role):
    run = _run(
        state=ImportState.FAILED,
        message="Nothing was imported: 2 of 10 rows were rejected.",
        rows_read=10,
        rejected_count=2,
        findings={"unknown_statuses": {"Sleeping": 2}},
    )
    run.rejects.save("rejects.csv", ContentFile(b"line,reason\n3,bad\n"))
    officer = as_role(REGISTRY_OFFICER)
    download = reverse("admin:integrations_importrun_rejects", args=[run.pk])

    page = officer.get(reverse("admin:integrations_importrun_change", args=[run.pk]))

    text = text_of(page)
    assert "Nothing was imported: 2 of 10 rows were rejected." in text
    assert "Sleeping" in text
    assert download in read_page(page).links
    assert b"".join(officer.get(download).streaming_content) == b"line,reason\n3,bad\n"
    waiting = {item.key: item.count for item in officer.get("/staff/").context["waiting"]}
    assert waiting["failed_imports"] == 1


def test_a_dry_run_can_be_imported_for_real_without_a_second_upload(as_role):
    run = _run(state=ImportState.DONE, dry_run=True, keep_going=True, message="Dry run, nothing was changed.")
    run.file.save("x", ContentFile(b"ID,Name\n"))
    officer = as_role(REGISTRY_OFFICER)
    address = reverse("admin:integrations_importrun_for_real", args=[run.pk])
    assert address in read_page(officer.get(reverse("admin:integrations_importrun_change", args=[run.pk]))).links

    response = officer.post(address)

    real = ImportRun.objects.exclude(pk=run.pk).get()
    assert response["Location"] == reverse("admin:integrations_importrun_change", args=[real.pk])
    assert (real.dry_run, real.keep_going, real.actor) == (False, True, officer.user)
    assert real.file.read() == b"ID,Name\n"
    assert officer.post(reverse("admin:integrations_importrun_for_real", args=[real.pk])).status_code == 404


def test_a_conflict_is_shown_side_by_side_and_a_verdict_is_kept(as_role):
    conflict = _conflict()
    officer = as_role(REGISTRY_OFFICER)

    page = officer.get(reverse("admin:integrations_listingconflict_change", args=[conflict.pk]))
    text = text_of(page)
    assert "Verra VCS1" in text
    assert "Gold Standard GLD2" in text
    assert "+60 The names share “cedar hills”." in text

    address = reverse("admin:integrations_listingconflict_verdict", args=[conflict.pk, "same"])
    assert address in read_page(page).links
    assert officer.post(address, {"note": ""}).status_code == 400  # it has to say what follows
    assert officer.post(address, {"note": "VCS1 counts."}).status_code == 302
    conflict.refresh_from_db()
    assert (conflict.verdict, conflict.note, conflict.decided_by) == (
        ConflictVerdict.SAME,
        "VCS1 counts.",
        officer.user,
    )


@pytest.mark.parametrize("role", [REVIEWER, VIEWER])
def test_a_verdict_needs_the_right(as_role, role):
    conflict = _conflict()
    client = as_role(role)

    page = client.get(reverse("admin:integrations_listingconflict_change", args=[conflict.pk]))
    refused = client.post(
        reverse("admin:integrations_listingconflict_verdict", args=[conflict.pk, "different"]), {"note": "no"}
    )

    assert not any("/verdict/" in link for link in read_page(page).links)
    assert refused.status_code == 403
    conflict.refresh_from_db()
    assert conflict.verdict == ConflictVerdict.OPEN


def test_jobs_can_be_looked_at_and_not_touched(as_role):
    officer = as_role(REGISTRY_OFFICER)
    officer.post(ADD, {"source": "verra", "upload": SimpleUploadedFile("v.csv", b"ID,Name\n")})
    job = ProcrastinateJob.objects.get()
    admin = as_role(SUPER_ADMIN)
    address = reverse("admin:procrastinate_procrastinatejob_change", args=[job.pk])

    assert "integrations.import_run" in text_of(admin.get("/staff/procrastinate/procrastinatejob/"))
    assert admin.get(address).status_code == 200
    assert admin.post(address, {"queue_name": "other"}).status_code == 403
