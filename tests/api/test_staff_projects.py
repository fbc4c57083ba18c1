"""Projects through the staff API: what may be sent, what comes back, and that a refusal changes nothing."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.choices import DocumentVisibility, OverlapState, ProjectStatus
from registry.models import BoundaryOverlap, Document, Project, ProjectCredits
from tests.factories import (
    PDF,
    DocumentFactory,
    MethodologyFactory,
    ProjectFactory,
    ProjectTypeFactory,
    StandardFactory,
    project_in,
    projects_in_bulk,
    ready_project,
    square,
)
from transactions.models import IssuanceRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    StandardFactory(code="VCS", name="Verified Carbon Standard")
    StandardFactory(code="PA", name="Paris Agreement")
    return ProjectTypeFactory(code="FC")


@pytest.fixture
def body(catalogue):
    return {
        "project_name": "Mata Atlântica",
        "project_initiator": "Iniciativa Verde",
        "project_type_id": catalogue.pk,
        "country": "Brazil",
        "region": "Bahia",
        "vintage_year": 2021,
        "coordinates": square(-39.0, -14.0),
        "tree_types": ["Pinus oocarpa", "oak"],
        "total_area": "12100.50",
        "co2_absorption": 1234567890123.45,
        "standards_list": ["Paris Agreement", "VCS"],
        "document_library": ["https://docs.example.org/pdd.pdf"],
    }


def test_a_project_is_created_as_the_existing_client_sends_it(officer, body, exact):
    answer = officer.post("/admin/projects", body)

    project = Project.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"success": True, "project_id": project.pk})
    assert answer["Location"] == f"/admin/projects/{project.pk}"
    assert (project.status, project.published, project.country_id) == ("draft", False, "BR")
    assert (project.total_area, project.co2_absorption) == (Decimal("12100.50"), Decimal("1234567890123.45"))
    shown = exact(officer.get(f"/admin/projects/{project.pk}"))
    assert shown["standards_list"] == ["PA", "VCS"]
    assert shown["document_library"][0]["url"] == "https://docs.example.org/pdd.pdf"
    assert shown["document_library"][0]["visibility"] == "public"
    assert project.history.get().entrance == "api"
    assert project.history.get().history_user == officer.user


def test_type_by_code_country_by_code_and_a_feature_are_accepted(officer, body):
    del body["project_type_id"], body["country"]
    feature = {"type": "Feature", "properties": {}, "geometry": body["coordinates"]}
    body |= {
        "project_type": "fc",
        "country_code": "BRA",
        "coordinates": feature,
        "methodology": MethodologyFactory().code,
    }

    assert officer.post("/admin/projects", body).status_code == 201
    assert Project.objects.get().area_ha > 0


@pytest.mark.parametrize(("amount", "kg"), [("1000.5", 1_000_500), (25, 25_000), (0, None), (None, None)])
def test_available_credits_become_an_issuance_request_that_waits(officer, body, amount, kg):
    answer = officer.post("/admin/projects", {**body, "available_credits": amount, "retired_credits": 0})

    assert answer.status_code == 201
    assert ProjectCredits.objects.get().issued_kg == 0
    if kg is None:
        assert set(answer.json()) == {"success", "project_id"}
        assert not IssuanceRequest.objects.exists()
        return
    request = IssuanceRequest.objects.get()
    assert (request.project_id, request.quantity_kg, request.vintage) == (
        answer.json()["project_id"],
        kg,
        body["vintage_year"],
    )
    assert (request.state, request.requested_by, request.monitoring_period) == ("pending", officer.user, None)
    assert answer.json()["notes"] == [answer.json()["message"]]
    assert answer.json()["message"].startswith(f"Issuance request {request.pk} over ")
    assert answer.json()["message"].endswith(
        "none are issued yet. It waits for the project to be registered, for a verified monitoring period, and for a"
        " second person to approve it."
    )


def test_credits_without_a_vintage_or_beyond_all_measure_create_no_project(officer, body):
    for change, named in (({"vintage_year": None}, "vintage_year"), ({}, "available_credits")):
        answer = officer.post("/admin/projects", {**body, "available_credits": "900000000000", **change})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {named})

    assert not Project.objects.exists()


def test_who_may_create_projects_but_not_ask_for_credits_is_told_so(staff, body):
    recorder = Group.objects.create(name="Recorder")
    recorder.permissions.set(Permission.objects.filter(codename="add_project"))

    answer = staff("Recorder").post("/admin/projects", {**body, "available_credits": 25})

    assert (answer.status_code, IssuanceRequest.objects.count()) == (201, 0)
    assert answer.json()["message"].startswith("No issuance of 25.000 credits was asked for: your role may not.")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"project_name": None}, "project_name"),
        ({"project_name": "x" * 256}, "project_name"),
        ({"project_name": 7}, "project_name"),
        ({"project_name": "a\u0000b"}, "project_name"),
        ({"project_name": ["a"]}, "project_name"),
        ({"country": "Atlantis"}, "country"),
        ({"country": "Chile", "country_code": "PE"}, "country_code"),
        ({"project_type_id": 999_999}, "project_type_id"),
        ({"project_type_id": 10**30}, "project_type_id"),
        ({"project_type_id": "one"}, "project_type_id"),
        ({"project_type_id": True}, "project_type_id"),
        ({"vintage_year": 1492}, "vintage_year"),
        ({"vintage_year": "soon"}, "vintage_year"),
        ({"vintage_year": True}, "vintage_year"),
        ({"total_area": -1}, "total_area"),
        ({"total_area": "NaN"}, "total_area"),
        ({"total_area": 10**10}, "total_area"),
        ({"total_area": "1.234"}, "total_area"),
        ({"total_area": True}, "total_area"),
        ({"available_credits": -1}, "available_credits"),
        ({"available_credits": "1.0001"}, "available_credits"),
        ({"sdg_goals": [18]}, "sdg_goals.0"),
        ({"tree_types": "oak"}, "tree_types"),
        ({"tree_types": ["x" * 121]}, "tree_types.0"),
        ({"standards_list": ["Unheard Of"]}, "standards_list"),
        ({"standards_list": [3]}, "standards_list.0"),
        ({"document_library": ["javascript:alert(1)"]}, "document_library"),
        ({"document_library": [{"title": "no address"}]}, "document_library.0"),
        ({"validation_protocol_url": "no address"}, "validation_protocol_url"),
        ({"validation_date": "yesterday"}, "validation_date"),
        ({"crediting_period_start": "2030-01-01", "crediting_period_end": "2020-01-01"}, "non_field_errors"),
        ({"origin_registry": "XXX", "origin_id": "1"}, "origin_registry"),
        ({"origin_registry": "VCS"}, "non_field_errors"),
        ({"colour": "green"}, "colour"),
        ({"status": "registered"}, "status"),
        ({"published": True}, "published"),
        ({"retired_credits": 5}, "retired_credits"),
        ({"id": 5}, "id"),
        ({"coordinates": square(500.0, 0.0)}, "coordinates"),
        (
            {"coordinates": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
            "coordinates",
        ),
        ({"coordinates": {"type": "Point", "coordinates": [0, 0]}}, "coordinates"),
        ({"coordinates": "no boundary"}, "coordinates"),
        ({"coordinates": {"type": "Polygon", "coordinates": [[[0, n / 1e5] for n in range(50_000)]]}}, "coordinates"),
    ],
)
def test_a_body_that_does_not_fit_is_told_which_field_and_changes_nothing(officer, body, change, field):
    present = officer.post("/admin/projects", body).json()["project_id"]
    before = officer.get(f"/admin/projects/{present}").content

    created = officer.post("/admin/projects", {**body, **change})
    changed = officer.put(f"/admin/projects/{present}", change)

    assert (created.status_code, changed.status_code) == (400, 400), (created.content, changed.content)
    for answer in (created, changed):
        assert set(answer.json()) == {"message", "error", "code", "errors"}
        assert list(answer.json()["errors"]) == [field], answer.content
        assert all(reason for reason in answer.json()["errors"][field])
    assert Project.objects.count() == 1
    assert officer.get(f"/admin/projects/{present}").content == before


@pytest.mark.parametrize(
    "missing", ["project_name", "project_initiator", "project_type_id", "country", "region", "vintage_year"]
)
def test_what_the_contract_requires_is_required(officer, body, missing):
    del body[missing]

    answer = officer.post("/admin/projects", body)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [missing])


def test_a_change_names_only_what_it_changes(officer, body, exact):
    project = officer.post("/admin/projects", body).json()["project_id"]
    before = exact(officer.get(f"/admin/projects/{project}"))

    put = officer.put(f"/admin/projects/{project}", {"region": "Sergipe"})
    patch = officer.patch(f"/api/v1/admin/projects/{before['slug']}", {"notes": "Called the initiator."})

    assert (put.status_code, put.json()) == (200, {"success": True, "message": "Project updated"})
    assert patch.json() == {"success": True, "message": "Project updated"}
    after = exact(officer.get(f"/admin/projects/{project}"))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"region", "notes", "version", "updated_date"}
    assert after["version"] == 3


def test_a_client_that_sends_back_all_it_got_changes_nothing(officer, body):
    project = officer.post("/admin/projects", body).json()["project_id"]
    DocumentFactory(project=Project.objects.get(), title="Upload")
    whole = officer.get(f"/admin/projects/{project}")

    answer = officer.put(f"/admin/projects/{project}", whole.json())

    assert answer.status_code == 200, answer.content
    assert officer.get(f"/admin/projects/{project}").content == whole.content


def test_a_client_that_sends_back_all_with_one_change_changes_that(officer, body, exact):
    project = officer.post("/admin/projects", body).json()["project_id"]
    DocumentFactory(project=Project.objects.get(), title="Upload")
    whole = officer.get(f"/admin/projects/{project}").json()
    link = {"url": "https://docs.example.org/second.pdf", "title": "Second"}

    answer = officer.put(
        f"/admin/projects/{project}",
        {**whole, "country": "Peru", "document_library": [*whole["document_library"], link]},
    )

    assert answer.status_code == 200, answer.content
    after = exact(officer.get(f"/admin/projects/{project}"))
    assert (after["country"], after["country_code"]) == ("Peru", "PE")
    assert [document["title"] for document in after["document_library"]] == ["pdd.pdf", "Upload", "Second"]


def test_read_only_fields_may_be_repeated_but_not_changed(officer, body):
    project = officer.post("/admin/projects", body).json()["project_id"]

    answer = officer.put(f"/admin/projects/{project}", {"area_ha": 5, "region": "Sergipe"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "area_ha": ["This is kept by the registry and cannot be set here; leave it out."]
    }
    assert Project.objects.get().region == "Bahia"


def test_a_change_of_what_somebody_else_changed_meanwhile_is_a_conflict(officer, body):
    project = officer.post("/admin/projects", body).json()["project_id"]
    seen = officer.get(f"/admin/projects/{project}")
    officer.put(f"/admin/projects/{project}", {"region": "Sergipe"})

    by_version = officer.put(f"/admin/projects/{project}", {"region": "Acre", "version": seen.json()["version"]})
    by_tag = officer.put(f"/admin/projects/{project}", {"region": "Acre"}, **{"If-Match": seen["ETag"]})

    assert (by_version.status_code, by_tag.status_code) == (409, 409)
    assert by_version.json()["code"] == by_tag.json()["code"] == "project_changed"
    assert Project.objects.get().region == "Sergipe"
    fresh = officer.get(f"/admin/projects/{project}")
    assert (
        officer.put(f"/admin/projects/{project}", {"region": "Acre"}, **{"If-Match": fresh["ETag"]}).status_code == 200
    )


def test_deleting(super_admin):
    project, with_credits = ProjectFactory(), ProjectFactory()
    ProjectCredits.objects.filter(pk=with_credits.pk).update(issued_kg=1000, available_kg=1000)

    gone = super_admin.delete(f"/admin/projects/{project.pk}")
    kept = super_admin.delete(f"/admin/projects/{with_credits.pk}")

    assert (gone.status_code, gone.json()) == (200, {"success": True, "message": "Project deleted"})
    assert (kept.status_code, kept.json()["code"]) == (409, "project_has_credits")
    assert super_admin.delete(f"/admin/projects/{project.pk}").status_code == 404
    assert list(Project.objects.all()) == [with_credits]


def test_the_staff_list_shows_and_filters_what_the_public_may_not_see(officer, api):
    draft = ProjectFactory(project_name="Draft of a forest")
    public = projects_in_bulk(1)[0]

    def found(query):
        return [row["id"] for row in officer.get(f"/admin/projects?fields=id,notes&{query}").json()]

    assert found("") == [draft.pk, public.pk]
    assert found("published=false") == found("status=draft") == found("search=draft") == [draft.pk]
    assert found("origin=VCS") == found("published=true") == [public.pk]
    assert officer.get("/admin/projects?origin=ABC").status_code == 400
    assert [row["id"] for row in api.get("/projects").json()] == [public.pk]


def test_statements_of_a_staff_page_do_not_grow_with_its_rows(officer):
    counts = []
    for rows in (3, 100):
        projects_in_bulk(rows)
        with CaptureQueriesContext(connection) as captured:
            officer.get("/admin/projects")
        counts.append(len(captured))
    # The bearer, two for the permissions, the page.
    assert counts == [4, 4]


def test_the_lifecycle_through_the_api(officer, staff, api):
    project = ready_project()
    path = f"/admin/projects/{project.pk}"

    moves = officer.get(f"{path}/moves").json()
    assert [(move["name"], move["allowed"], move["unmet"]) for move in moves] == [
        ("submit", True, {}),
        ("withdraw", True, {}),
    ]
    assert officer.post(f"{path}/moves", {"move": "register"}).json()["code"] == "move_not_possible"
    submitted = officer.post(f"{path}/moves", {"move": "submit", "comment": "Complete."})
    assert submitted.json() == {"success": True, "message": "Project is now submitted", "status": "submitted"}
    assert staff("Viewer").post(f"{path}/moves", {"move": "begin_validation"}).status_code == 403
    assert staff("Reviewer").post(f"{path}/moves", {"move": "begin_validation"}).status_code == 200
    refused = officer.post(f"{path}/moves", {"move": "register"})
    assert (refused.status_code, refused.json()["code"]) == (403, "move_not_allowed")
    assert staff("Super Admin").post(f"{path}/moves", {"move": "register"}).status_code == 200
    assert api.get(f"/projects/{project.pk}").status_code == 404
    assert officer.post(f"{path}/publish", {"published": True}).json() == {
        "success": True,
        "message": "Project published",
    }
    assert api.get(f"/projects/{project.pk}").json()["status"] == "registered"
    officer.post(f"{path}/publish", {"published": False})
    assert api.get(f"/projects/{project.pk}").status_code == 404


def test_a_move_that_lacks_something_says_all_of_it(officer, staff):
    project = project_in(ProjectStatus.UNDER_VALIDATION)
    Project.objects.filter(pk=project.pk).update(validation_date=None, methodology=None)

    answer = staff("Super Admin").post(f"/admin/projects/{project.pk}/moves", {"move": "register"})

    assert answer.status_code == 400
    assert (answer.json()["code"], set(answer.json()["errors"])) == (
        "move_requirements_missing",
        {"validation_date", "methodology"},
    )
    assert Project.objects.get(pk=project.pk).status == "under_validation"


def test_overlaps_are_listed_and_justified(officer, staff, exact):
    first = ProjectFactory(coordinates=square(0.0, 0.0, 1.0))
    second = ProjectFactory(coordinates=square(0.5, 0.0, 1.0))
    overlap = BoundaryOverlap.objects.get()
    path = f"/admin/projects/{first.pk}/overlaps"

    row = exact(officer.get(path))[0]
    assert (row["first_id"], row["second_id"], row["state"]) == (first.pk, second.pk, "open")
    assert row["share_of_first"] == Decimal("0.5000")
    assert staff("Viewer").post(f"{path}/{overlap.pk}/justify", {"justification": "x"}).status_code == 403
    assert officer.post(f"{path}/{overlap.pk}/justify", {"justification": " "}).status_code == 400
    assert officer.post(f"{path}/999999/justify", {"justification": "x"}).status_code == 404
    other = ProjectFactory().pk
    assert (
        officer.post(f"/admin/projects/{other}/overlaps/{overlap.pk}/justify", {"justification": "x"}).status_code
        == 404
    )
    answer = officer.post(f"{path}/{overlap.pk}/justify", {"justification": "Another carbon pool."})
    assert answer.json() == {"success": True, "message": "Overlap justified"}
    overlap.refresh_from_db()
    assert (overlap.state, overlap.decided_by) == (OverlapState.JUSTIFIED, officer.user)


def test_history_tells_what_changed_by_whom_and_how(officer, body):
    project = officer.post("/admin/projects", body).json()["project_id"]
    officer.put(f"/admin/projects/{project}", {"region": "Sergipe", "total_area": 5})

    rows = officer.get(f"/admin/projects/{project}/history").json()

    assert [(row["change"], row["by"], row["entrance"]) for row in rows] == [
        ("~", officer.user.email, "api"),
        ("+", officer.user.email, "api"),
    ]
    assert rows[0]["changes"] == [
        {"field": "region", "old": "Bahia", "new": "Sergipe"},
        {"field": "total_area", "old": 12100.5, "new": 5.0},
    ]
    assert rows[1]["changes"] == []
    first = officer.get(f"/admin/projects/{project}/history?limit=1")
    assert 'rel="next"' in first["Link"]


def test_boundaries_for_the_map(officer):
    inside = ProjectFactory(coordinates=square(10.0, 10.0))
    ProjectFactory(coordinates=square(50.0, 50.0))
    ProjectFactory()

    answer = officer.get("/admin/projects/boundaries?bbox=9,9,11,11")

    assert answer["Content-Type"] == "application/geo+json"
    assert [feature["id"] for feature in answer.json()["features"]] == [inside.pk]
    assert answer.json()["features"][0]["geometry"]["type"] == "Polygon"


def upload(client, project, content=PDF, name="report.pdf", **fields):
    form = {"title": "Report", "file": SimpleUploadedFile(name, content, "application/x-anything"), **fields}
    return client.client.post(f"/admin/projects/{project.pk}/documents", form, headers=client.headers)


def test_a_file_is_uploaded_and_served_to_whom_it_is_for(officer, api, staff):
    project = project_in(ProjectStatus.REGISTERED, published=True)
    internal = upload(officer, project).json()
    public = upload(officer, project, name="näme.pdf", visibility="public").json()

    assert internal["url"] == f"/documents/{internal['id']}"
    assert api.get(internal["url"]).status_code == 404
    assert api.get(internal["url"]).content == api.get("/documents/0f0e0d0c-0b0a-0908-0706-050403020100").content
    answer = api.get(public["url"])
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''n%C3%A4me.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert api.get(public["url"], **{"If-None-Match": answer["ETag"]}).status_code == 304
    assert staff("Viewer").get(internal["url"]).status_code == 200
    api.client.force_login(officer.user)
    assert api.get(internal["url"]).status_code == 200
    Project.objects.filter(pk=project.pk).update(published=False)
    api.client.logout()
    assert api.get(public["url"]).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"MZ\x90\x00", "tool.pdf", "The content of this file is not what its ending .pdf says."),
        (b"MZ\x90\x00", "tool.exe", "Files must end in one of"),
        (b"", "empty.pdf", "The submitted file is empty."),
        (b"a;b\xff\xfe\n", "table.csv", "The content of this file is not what its ending .csv says."),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(officer, content, name, words):
    project = ProjectFactory()

    answer = upload(officer, project, content, name)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])
    assert answer.json()["errors"]["file"][0].startswith(words)
    assert Document.objects.count() == 0


def test_a_file_larger_than_the_limit_is_refused_unread(officer, settings):
    settings.DOCUMENT_MAX_BYTES = 1000

    answer = upload(officer, ProjectFactory(), b"%PDF-" + b"x" * 200_000)
    slightly = upload(officer, ProjectFactory(), b"%PDF-" + b"x" * 2_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert slightly.status_code == 400
    assert Document.objects.count() == 0


def test_links_are_added_changed_and_deleted(officer, api):
    project = project_in(ProjectStatus.REGISTERED, published=True)
    path = f"/admin/projects/{project.pk}/documents"
    link = {"title": "Map", "url": "https://maps.example.org/1", "kind": "map", "visibility": "public"}

    added = officer.post(path, link).json()
    assert officer.post(path, {"title": "x", "url": "file:///etc/passwd"}).status_code == 400
    assert officer.post(path, {"title": "x", "url": "https://a.example", "sha256": "x"}).status_code == 400
    moved = api.get(f"/documents/{added['id']}")
    assert (moved.status_code, moved["Location"]) == (302, "https://maps.example.org/1")
    assert officer.patch(f"{path}/{added['id']}", {"visibility": "internal"}).status_code == 200
    assert api.get(f"/documents/{added['id']}").status_code == 404
    assert [document["visibility"] for document in officer.get(path).json()] == [DocumentVisibility.INTERNAL]
    assert officer.delete(f"{path}/{added['id']}").json() == {"success": True, "message": "Document deleted"}
    assert officer.get(path).json() == []
