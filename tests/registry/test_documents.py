"""Documents: what a file really is, where it is kept, links as a set, and files meant to hurt."""

import hashlib
import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from carboncore.common.context import Entrance, acting
from carboncore.common.errors import InvalidInput, NotFound
from carboncore.common.file_types import ALLOWED_ENDINGS, sniffed_mime_type
from registry.errors import ProjectNotFound
from registry.models import Document, Project
from registry.services import (
    document_add,
    document_delete,
    document_links_set,
    document_update,
    project_delete,
)
from tests.factories import PDF, DocumentFactory, ProjectFactory, person

pytestmark = pytest.mark.django_db


def archive(*names, content=b"<x/>"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    return buffer.getvalue()


XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
DOCX = archive("[Content_Types].xml", "word/document.xml")
EXE = b"MZ\x90\x00\x03\x00\x00\x00This program cannot be run in DOS mode."


def files_kept():
    media = Path(settings.MEDIA_ROOT)
    return [path for path in media.rglob("*") if path.is_file()] if media.exists() else []


def add(name="report.pdf", content=PDF, project=None, **details):
    return document_add(
        actor=None,
        project=project or ProjectFactory(),
        details={"title": "Report", **details},
        upload=ContentFile(content, name=name),
    )


def refused(name, content):
    with pytest.raises(InvalidInput) as caught:
        add(name, content)
    assert not Document.objects.exists()
    assert files_kept() == []
    assert set(caught.value.errors) == {"file"}
    return caught.value.errors["file"][0]


# --- what a file is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "mime_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("A.PDF", PDF, "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0....", "image/jpeg"),
        ("a.tif", b"II*\x00....", "image/tiff"),
        ("a.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.geojson", b'{"type": "Polygon"}', "application/geo+json"),
        ("a.json", b"\xef\xbb\xbf[1]", "application/json"),
        ("a.csv", "tonnes;été\n1;2\n".encode(), "text/csv"),
        ("a.txt", b"1 < 2, and <br> is no page", "text/plain"),
    ],
)
def test_the_type_is_read_from_the_content(name, content, mime_type):
    assert add(name, content).mime_type == mime_type


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", EXE, "The content of this file is not what its ending .pdf says."),
        ("a.pdf", b"  %PDF-1.7", "not what its ending .pdf says"),
        ("a.png", PDF, "not what its ending .png says"),
        ("a.xlsx", archive("evil.exe"), "not what its ending .xlsx says"),
        ("a.xlsx", DOCX, "not what its ending .xlsx says"),
        ("a.docx", XLSX[:60], "not what its ending .docx says"),
        ("a.txt", b"<!DOCTYPE html><script>alert(1)</script>", "Save it as plain text in UTF-8."),
        ("a.csv", b"\xef\xbb\xbf \n <svg onload=alert(1)>", "Save it as plain text in UTF-8."),
        ("a.txt", EXE, "Save it as plain text in UTF-8."),
        ("a.csv", "été".encode("latin-1"), "Save it as plain text in UTF-8."),
        ("a.json", b"{not json", "It must be valid JSON in UTF-8 of at most 10 MB."),
        ("a.json", b"[NaN]", "It must be valid JSON"),
        ("a.json", b"[" * 100_000, "It must be valid JSON"),
        ("a.exe", EXE, "Files must end in one of .pdf, .png,"),
        ("a.pdf.exe", PDF, "Files must end in one of"),
        ("a.html", b"<html>", "Files must end in one of"),
        ("a.svg", b"<svg/>", "Files must end in one of"),
        ("a", PDF, "Files must end in one of"),
        (".pdf", PDF, "Files must end in one of"),
        ("a.pdf\x00.exe", PDF, "printable characters"),
        ("a\n.pdf", PDF, "printable characters"),
        ("a" * 252 + ".pdf", PDF, "at most 255"),
        ("a.pdf", b"", "The file is empty."),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(name, content, reason):
    assert reason in refused(name, content)


def test_a_file_over_the_limit_is_refused_and_one_at_the_limit_is_kept(settings):
    settings.DOCUMENT_MAX_BYTES = 2_000_000

    assert refused("a.pdf", PDF + b"x" * (2_000_001 - len(PDF))) == "The file is larger than 2 MB."
    assert add("a.pdf", PDF + b"x" * (2_000_000 - len(PDF))).size_bytes == 2_000_000


def test_the_default_limit_is_25_million_bytes():
    assert settings.DOCUMENT_MAX_BYTES == 25_000_000


def test_digest_and_size_are_those_of_the_whole_content_wherever_the_reader_stood():
    project = ProjectFactory()
    upload = ContentFile(PDF, name="a.pdf")
    upload.read(10)

    document = document_add(actor=None, project=project, details={"title": "Report"}, upload=upload)

    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert document.size_bytes == len(PDF)
    assert Path(document.file.path).read_bytes() == PDF


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("/etc/cron.d/job.pdf", "job.pdf"),
        ("Прое́кт – план №1 🌳.pdf", "Прое́кт – план №1 🌳.pdf"),
        ("%2e%2e%2fplan.pdf", "%2e%2e%2fplan.pdf"),
    ],
)
def test_no_part_of_a_users_file_name_touches_the_disk(given, kept):
    upload = File(io.BytesIO(PDF), name=given)

    document = document_add(actor=None, project=ProjectFactory(), details={"title": "Plan"}, upload=upload)

    name = document.public_id.hex
    assert document.file_name == kept
    assert document.file.name == f"documents/{name[:2]}/{name}"
    assert [str(path.relative_to(settings.MEDIA_ROOT)) for path in files_kept()] == [document.file.name]


# --- files meant to hurt ------------------------------------------------------------------------------


def memory_of(action):
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_stays_packed():
    bomb = archive("xl/workbook.xml", "xl/sheet1.xml", content=b"\x00" * 100_000_000)
    assert len(bomb) < 250_000

    used = memory_of(lambda: sniffed_mime_type(file_name="bomb.xlsx", content=bomb))

    assert used < 1_000_000


def test_an_archive_of_very_many_members_is_refused_before_they_are_listed():
    one = archive("xl/workbook.xml")
    directory = one[one.index(b"PK\x01\x02") : one.index(b"PK\x05\x06")]
    count = 60_000
    start = one.index(b"PK\x01\x02")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory) * count, start, 0)
    bomb = one[:start] + directory * count + end
    with zipfile.ZipFile(io.BytesIO(bomb)) as readable:
        assert len(readable.namelist()) == count

    def sniff():
        with pytest.raises(InvalidInput):
            sniffed_mime_type(file_name="bomb.xlsx", content=bomb)

    assert memory_of(sniff) < 1_000_000


def test_json_beyond_its_own_limit_is_refused_unparsed():
    content = b"[" + b"{}," * 4_000_000 + b"{}]"

    def sniff():
        with pytest.raises(InvalidInput):
            sniffed_mime_type(file_name="bomb.json", content=content)

    assert memory_of(sniff) < 1_000_000


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.sampled_from([PDF, XLSX, DOCX]).flatmap(
            lambda whole: st.tuples(st.integers(0, len(whole)), st.binary(max_size=8)).map(
                lambda cut: whole[: cut[0]] + cut[1] + whole[cut[0] + len(cut[1]) :]
            )
        ),
    ),
    ending=st.sampled_from(ALLOWED_ENDINGS),
)
def test_any_content_under_any_ending_is_a_type_or_a_refusal(content, ending):
    try:
        found = sniffed_mime_type(file_name=f"a{ending}", content=content)
    except InvalidInput as error:
        found = " ".join(error.errors["file"])
    assert "/" in found or found.startswith(("The content", "Files must"))


# --- file or link -------------------------------------------------------------------------------------


def test_neither_and_both_are_refused():
    project = ProjectFactory()
    for details, upload in (
        ({"title": "x"}, None),
        ({"title": "x", "url": "https://example.org/a"}, ContentFile(PDF, name="a.pdf")),
    ):
        with pytest.raises(InvalidInput) as caught:
            document_add(actor=None, project=project, details=details, upload=upload)
        assert caught.value.errors == {"file": ["Give either a file or a link."]}
    assert files_kept() == []


def test_a_file_without_a_name_is_a_file_all_the_same():
    with pytest.raises(InvalidInput) as caught:
        document_add(actor=None, project=ProjectFactory(), details={"title": "x"}, upload=ContentFile(PDF))

    assert "printable characters" in caught.value.errors["file"][0]


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"title": ""}, "title"), ({"title": "x" * 256}, "title"), ({"title": "a\x00"}, "title"),
        ({"title": 7}, "title"),
        ({"kind": "novel"}, "kind"), ({"visibility": "secret"}, "visibility"), ({"language": "x" * 11}, "language"),
        ({"sha256": "0" * 64}, "sha256"), ({"uploaded_by": None}, "uploaded_by"), ({"size_bytes": 5}, "size_bytes"),
    ],
)  # fmt: skip
def test_bad_details_are_named_and_no_file_is_left(details, field):
    with pytest.raises(InvalidInput) as caught:
        add(**details)

    assert set(caught.value.errors) == {field}
    assert files_kept() == []


def test_the_database_refuses_a_document_that_is_both_neither_or_not_described():
    file, link = DocumentFactory(), DocumentFactory(url="https://example.org/a")
    for document, change, constraint in (
        (file, "url = 'https://example.org/a'", "registry_document_file_or_link"),
        (link, "url = ''", "registry_document_file_or_link"),
        (file, "sha256 = ''", "registry_document_file_described"),
        (file, "size_bytes = NULL", "registry_document_file_described"),
        (file, "size_bytes = 0", "registry_document_file_described"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE registry_document SET {change} WHERE id = %s", [document.pk])


# --- when it cannot be kept ---------------------------------------------------------------------------


def test_a_file_whose_row_fails_is_taken_back(monkeypatch):
    monkeypatch.setattr(Document, "save_base", _fail_after_writing)

    with pytest.raises(RuntimeError, match="the disk is fine, the table is not"):
        add()

    assert files_kept() == []
    assert not Document.objects.exists()


def _fail_after_writing(self, *args, **kwargs):
    self._meta.get_field("file").pre_save(self, add=True)
    assert len(files_kept()) == 1
    raise RuntimeError("the disk is fine, the table is not")


def test_a_project_deleted_meanwhile_gets_no_document_and_leaves_no_file():
    project = ProjectFactory()
    stale = Project.objects.get(pk=project.pk)
    project_delete(pk=project.pk)

    with pytest.raises(ProjectNotFound):
        add(project=stale)

    assert files_kept() == []


# --- changing and removing ----------------------------------------------------------------------------


def test_what_is_said_about_a_document_can_change_but_not_its_file_or_link():
    document = DocumentFactory()

    changed = document_update(pk=document.pk, details={"title": " Final report ", "visibility": "public"})

    assert (changed.title, changed.visibility, changed.sha256) == ("Final report", "public", document.sha256)
    for details in ({"url": "https://example.org/b"}, {"file": None}, {"mime_type": "text/html"}):
        with pytest.raises(InvalidInput):
            document_update(pk=document.pk, details=details)


def test_a_document_that_is_not_there():
    for action in (lambda: document_update(pk=0, details={}), lambda: document_delete(pk=0)):
        with pytest.raises(NotFound, match=r"Document not found\."):
            action()


def test_removing_a_document_removes_its_file_on_commit_and_keeps_its_history(django_capture_on_commit_callbacks):
    clerk, document = person(), DocumentFactory()
    with acting(clerk, Entrance.API), django_capture_on_commit_callbacks() as waiting:
        document_delete(pk=document.pk)
    assert len(files_kept()) == 1

    waiting[0]()

    assert files_kept() == []
    rows = Document.history.filter(id=document.pk).order_by("history_id")
    assert [*rows.values_list("history_type", "history_user", "entrance")] == [
        ("+", None, "command"),
        ("-", clerk.pk, "api"),
    ]


def test_a_file_that_cannot_be_removed_does_not_fail_the_finished_removal(
    monkeypatch, django_capture_on_commit_callbacks, caplog
):
    document = DocumentFactory()

    def fail(self, name):
        raise OSError("read-only file system")

    monkeypatch.setattr(FileSystemStorage, "delete", fail)
    with django_capture_on_commit_callbacks(execute=True):
        document_delete(pk=document.pk)

    assert not Document.objects.exists()
    assert "read-only file system" in caplog.text


# --- links as a set -----------------------------------------------------------------------------------

A, B, C = (f"https://example.org/{name}.pdf" for name in "abc")


def links_of(project):
    return [*project.documents.exclude(url="").order_by("pk").values_list("url", "title", "visibility")]


def test_links_become_exactly_those_given_and_files_stay():
    project = ProjectFactory()
    DocumentFactory(project=project)
    document_links_set(actor=None, project=project, links=[{"url": A}, {"url": B, "title": "Plan B"}])
    kept = project.documents.get(url=B)

    assert document_links_set(actor=None, project=project, links=[{"url": f" {B} "}, {"url": C}, {"url": C}])

    assert links_of(project) == [(B, "Plan B", "public"), (C, "c.pdf", "public")]
    assert project.documents.get(url=B).pk == kept.pk
    assert project.documents.filter(url="").count() == 1


def test_what_is_said_anew_about_a_link_is_taken_over():
    project = ProjectFactory()
    document_links_set(actor=None, project=project, links=[{"url": A, "visibility": "internal", "language": "pt"}])

    assert document_links_set(actor=None, project=project, links=[{"url": A, "title": "Plano"}])

    assert links_of(project) == [(A, "Plano", "internal")]
    assert project.documents.get().language == "pt"


def test_the_same_links_again_change_nothing():
    project = ProjectFactory()
    links = [{"url": A, "title": "Plan"}, {"url": B}]
    document_links_set(actor=None, project=project, links=links)
    rows = Document.history.count()

    assert not document_links_set(actor=None, project=project, links=links)

    assert Document.history.count() == rows


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        ([{"url": A}, {"url": "javascript:alert(1)"}], "javascript:alert(1): Enter a valid URL."),
        ([{"url": A}, {"url": B, "colour": "red"}], f"{B}: This cannot be set here."),
        ([{"url": A}, {"url": B, "kind": "novel"}], f"{B}: Value 'novel' is not a valid choice."),
        ([{"url": A}, {"title": "no address"}], "Give each document as an object with at least its `url`."),
        ([{"url": A}, "https://example.org"], "Give each document as an object with at least its `url`."),
        ([{"url": A}, {"url": 5}], "Give each document as an object with at least its `url`."),
        ([{"url": A}, {"url": "https://example.org/a?\x00"}],
         "https://example.org/a?\x00: Null characters cannot be stored."),
    ],
)  # fmt: skip
def test_one_bad_link_changes_none(links, reason):
    project = ProjectFactory(document_links=[{"url": C}])

    with pytest.raises(InvalidInput) as caught:
        document_links_set(actor=None, project=project, links=links)

    assert caught.value.errors == {"document_library": [reason]}
    assert links_of(project) == [(C, "c.pdf", "public")]
