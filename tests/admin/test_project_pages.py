"""A project on the staff pages: saved through services, refusals shown where they belong, nothing overwritten."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN
from carboncore.common.context import Entrance
from registry.choices import ProjectStatus
from registry.models import BoundaryOverlap, Document, Project
from registry.services import project_update
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import (
    PDF,
    DocumentFactory,
    MethodologyFactory,
    ProjectFactory,
    ProjectTypeFactory,
    StandardFactory,
    ValidatorFactory,
    project_in,
    ready_project,
    square,
)

pytestmark = pytest.mark.django_db
FORM = "project_form"
ADD = "/staff/registry/project/add/"


def _page(project):
    return reverse("admin:registry_project_change", args=[project.pk])


def _edit(client, project, **changes):
    values = form_values(client.get(_page(project)), FORM)
    return client.post(_page(project), {**values, **changes})


def test_an_officer_adds_a_project_with_all_its_lists(as_role):
    officer = as_role(REGISTRY_OFFICER)
    kind = ProjectTypeFactory(land_based=True)
    values = form_values(officer.get(ADD), FORM)

    response = officer.post(
        ADD,
        {
            **values,
            "project_name": "Cedar Hills",
            "project_initiator": "Cedar Trust",
            "project_type": kind.pk,
            "country": "BR",
            "region": "Acre",
            "vintage_year": "2022",
            "coordinates": json.dumps(square(-60, -5)),
            "total_area": "12000",
            "tree_types": "Pinus oocarpa, oak\noak",
            "labels": "CCB Gold\nFirst of its kind",
            "sdg_goals": ["15", "13"],
        },
    )

    project = Project.objects.get(project_name="Cedar Hills")
    assert (response.status_code, response["Location"]) == (302, _page(project))
    assert project.tree_types == ["Pinus oocarpa", "oak"]
    assert project.labels == ["CCB Gold", "First of its kind"]
    assert project.sdg_goals == [13, 15]
    assert project.status == ProjectStatus.DRAFT
    assert 12_250 < project.area_ha < 12_350  # 0.1° × 0.1° at 5° S
    row = project.history.get()
    assert (row.history_user, row.entrance) == (officer.user, Entrance.ADMIN)


def test_a_page_saved_unchanged_changes_nothing(as_role):
    project = ready_project()

    response = _edit(as_role(REGISTRY_OFFICER), project)

    assert response.status_code == 302
    now = Project.objects.get(pk=project.pk)
    assert (now.version, now.history.count()) == (1, project.history.count())


def test_an_edit_is_saved_and_told_in_the_history_with_old_and_new(as_role):
    project = ready_project(region="Acre")
    officer = as_role(REGISTRY_OFFICER)

    assert _edit(officer, project, region="Rondônia").status_code == 302

    assert Project.objects.get(pk=project.pk).region == "Rondônia"
    told = text_of(officer.get(reverse("admin:registry_project_history", args=[project.pk])))
    assert "Changed" in told
    assert f"by {officer.user.email}" in told
    assert "Staff admin" in told
    assert "Region Acre → Rondônia" in told


def test_two_people_at_once_the_second_is_told_and_overwrites_nothing(as_role):
    project = ready_project(region="Acre")
    officer = as_role(REGISTRY_OFFICER)
    values = form_values(officer.get(_page(project)), FORM)
    project_update(actor=None, pk=project.pk, fields={"region": "Pará"})

    response = officer.post(_page(project), {**values, "region": "Amapá"})

    assert response.status_code == 200
    assert "Somebody else changed this project since you opened it." in text_of(response)
    assert form_values(response, FORM)["region"] == "Amapá"  # what was typed is still there
    assert Project.objects.get(pk=project.pk).region == "Pará"


def test_what_the_service_refuses_stands_at_its_field(as_role):
    project = ready_project()
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}

    response = _edit(as_role(REGISTRY_OFFICER), project, coordinates=json.dumps(bow_tie), region="Elsewhere")

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["coordinates"]
    now = Project.objects.get(pk=project.pk)
    assert (now.region, now.coordinates) == (project.region, project.coordinates)


@pytest.mark.parametrize(
    "text", ["{", '{"type": "Point", "coordinates": [0, 0]}', "[[[500, 0], [1, 1], [1, 0], [500, 0]]]"]
)
def test_a_boundary_that_is_none_is_an_error_on_the_page_never_a_500(as_role, text):
    project = ProjectFactory()

    response = _edit(as_role(REGISTRY_OFFICER), project, coordinates=text)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["coordinates"]
    assert Project.objects.get(pk=project.pk).coordinates is None


def test_a_null_byte_and_an_overlong_name_are_errors(as_role):
    project = ProjectFactory()

    response = _edit(as_role(REGISTRY_OFFICER), project, project_name="x" * 256, region="a\x00b")

    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == {"project_name", "region"}


def test_standards_and_documents_are_saved_from_the_rows_beside_the_form(as_role, rows_saved_one_by_one):
    project = ProjectFactory()
    standard, body = StandardFactory(), ValidatorFactory()
    officer = as_role(REGISTRY_OFFICER)

    response = _edit(
        officer,
        project,
        **{
            "certifications-TOTAL_FORMS": "1",
            "certifications-0-standard": standard.pk,
            "certifications-0-validator": body.pk,
            "certifications-0-certificate_number": "C-77",
            "certifications-0-valid_from": "2024-01-31",
            "documents-TOTAL_FORMS": "1",
            "documents-0-title": "Design",
            "documents-0-kind": "project_design",
            "documents-0-visibility": "public",
            "documents-0-language": "en",
            "documents-0-upload": SimpleUploadedFile("design.pdf", PDF),
        },
    )

    assert response.status_code == 302
    certification = project.certifications.get()
    assert (certification.standard, certification.validator, certification.certificate_number) == (
        standard,
        body,
        "C-77",
    )
    document = project.documents.get()
    assert (document.title, document.mime_type, document.uploaded_by) == ("Design", "application/pdf", officer.user)
    assert document.history.get().entrance == Entrance.ADMIN


def test_a_refused_document_is_told_at_its_row_and_nothing_else_is_saved(as_role):
    project = ProjectFactory(region="Acre")

    response = _edit(
        as_role(REGISTRY_OFFICER),
        project,
        region="Pará",
        **{
            "documents-TOTAL_FORMS": "1",
            "documents-0-title": "Program",
            "documents-0-kind": "other",
            "documents-0-visibility": "internal",
            "documents-0-language": "en",
            "documents-0-upload": SimpleUploadedFile("report.pdf", b"MZ this is a program"),
        },
    )

    assert response.status_code == 200
    formset = next(f.formset for f in response.context["inline_admin_formsets"] if f.formset.prefix == "documents")
    assert "is not what its ending .pdf says" in formset.errors[0]["upload"][0]
    assert not Document.objects.exists()
    assert Project.objects.get(pk=project.pk).region == "Acre"


def test_a_document_keeps_its_content_and_can_be_renamed_or_removed(as_role):
    document = DocumentFactory(title="Old")
    officer = as_role(REGISTRY_OFFICER)

    assert _edit(officer, document.project, **{"documents-0-title": "New"}).status_code == 302
    document.refresh_from_db()
    assert (document.title, document.file_name) == ("New", "report.pdf")

    assert _edit(officer, document.project, **{"documents-0-DELETE": "on"}).status_code == 302
    assert not Document.objects.exists()


def test_staff_download_an_internal_document_as_an_attachment(as_role):
    document = DocumentFactory()
    officer = as_role(REGISTRY_OFFICER)

    response = officer.get(reverse("admin:registry_document_download", args=[document.pk]))

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"] == 'attachment; filename="report.pdf"'
    assert as_role("").get(reverse("admin:registry_document_download", args=[document.pk])).status_code == 403


def test_a_declared_area_more_than_a_tenth_off_is_a_banner_not_a_refusal(as_role):
    officer = as_role(REGISTRY_OFFICER)
    project = ready_project(coordinates=square(-60, 0), total_area=None)
    computed = project.area_ha

    assert _edit(officer, project, total_area=str(round(computed * 2, 2))).status_code == 302
    assert "100 % more than" in text_of(officer.get(_page(project)))

    assert _edit(officer, project, total_area=str(round(computed, 2))).status_code == 302
    assert "% more than" not in text_of(officer.get(_page(project)))


def test_an_overlap_is_shown_with_its_size_and_settled_on_a_page_of_its_own(as_role):
    first = ready_project(coordinates=square(10, 0, 0.1), project_name="West")
    second = ready_project(coordinates=square(10.05, 0, 0.1), project_name="East")
    overlap = BoundaryOverlap.objects.get()
    officer = as_role(REGISTRY_OFFICER)

    page = officer.get(_page(second))

    text = text_of(page)
    assert "shares land with 1 other project" in text
    assert "West" in text
    assert "50.0 % of this project" in text
    assert reverse("admin:registry_boundaryoverlap_change", args=[overlap.pk]) in read_page(page).links

    justify = reverse("admin:registry_boundaryoverlap_justify", args=[overlap.pk])
    assert officer.post(justify, {"justification": " "}).status_code == 400
    assert BoundaryOverlap.objects.get().state == "open"
    assert officer.post(justify, {"justification": "Different pools of carbon."}).status_code == 302
    overlap.refresh_from_db()
    assert (overlap.state, overlap.decided_by) == ("justified", officer.user)
    assert "shares land with" not in text_of(officer.get(_page(first)))


def test_the_map_is_given_the_boundaries_around(as_role):
    near = ready_project(coordinates=square(10, 0))
    ready_project(coordinates=square(40, 0))
    client = as_role(REGISTRY_OFFICER)

    answer = client.get("/staff/registry/project/neighbours/?bbox=9,-1,11,1").json()

    assert [(f["id"], f["properties"]["name"]) for f in answer["features"]] == [(near.pk, near.project_name)]
    assert client.get("/staff/registry/project/neighbours/?bbox=here").status_code == 400


def test_publishing_chosen_projects_goes_through_the_service(as_role, rows_saved_one_by_one):
    projects = [project_in(ProjectStatus.REGISTERED), ready_project()]
    officer = as_role(REGISTRY_OFFICER)

    response = officer.post(
        "/staff/registry/project/",
        {"action": "publish_chosen", "_selected_action": [p.pk for p in projects]},
        follow=True,
    )

    assert "2 projects are now published" in text_of(response)
    assert Project.objects.filter(published=True).count() == 2
    assert Project.objects.public().get() == projects[0]
    assert projects[0].history.first().history_user == officer.user


def test_deleting_says_what_goes_and_a_type_in_use_stays_with_a_reason(as_role):
    document = DocumentFactory()
    project = document.project
    admin = as_role(SUPER_ADMIN)
    address = reverse("admin:registry_project_delete", args=[project.pk])

    assert "documents: 1" in text_of(admin.get(address)).lower()
    refused = admin.post(
        reverse("admin:registry_projecttype_delete", args=[project.project_type_id]), {"post": "yes"}, follow=True
    )
    assert "projects are of this type" in text_of(refused)

    assert admin.post(address, {"post": "yes"}).status_code == 302
    assert not Project.objects.filter(pk=project.pk).exists()
    assert Project.history.filter(id=project.pk, history_type="-").get().history_user == admin.user


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mangrove", ["Mangrove of Açaí"]),
        ("acai", ["Mangrove of Açaí"]),
        ("mangr bra", ["Mangrove of Açaí"]),
        ("mangrvoe", ["Mangrove of Açaí"]),
        ("oocarpa", ["Pines"]),
        ("nothing-like-it-at-all", []),
    ],
)
def test_the_search_is_the_publics(as_role, text, found):
    ProjectFactory(project_name="Mangrove of Açaí")
    ProjectFactory(project_name="Pines", tree_types=["Pinus oocarpa"], region="Jalapa")

    response = as_role(REGISTRY_OFFICER).get("/staff/registry/project/", {"q": text})

    assert [project.project_name for project in response.context["cl"].result_list] == found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"boundary": "yes"}, {"Drawn", "Off"}),
        ({"boundary": "no"}, {"Bare"}),
        ({"area_off": "yes"}, {"Off"}),
        ({"area_off": "no"}, {"Drawn", "Bare"}),
        ({"vintage_year_from": "2021", "vintage_year_to": "2030"}, {"Bare"}),
        ({"status__exact": "registered"}, set()),
        ({"overlaps": "yes"}, set()),
    ],
)
def test_filters_narrow_the_list(as_role, query, names):
    drawn = ready_project(project_name="Drawn", total_area=None, vintage_year=2019)
    project_update(actor=None, pk=drawn.pk, fields={"total_area": round(drawn.area_ha, 2)})
    off = ready_project(project_name="Off", total_area=None, vintage_year=2019)
    project_update(actor=None, pk=off.pk, fields={"total_area": round(off.area_ha * 2, 2)})
    ProjectFactory(project_name="Bare", vintage_year=2022)

    response = as_role(REGISTRY_OFFICER).get("/staff/registry/project/", query)

    assert {project.project_name for project in response.context["cl"].result_list} == names


@pytest.mark.parametrize(
    ("field", "term", "found"),
    [("project_type", "mang", "MG · Mangroves"), ("country", "viet", "Vietnam"), ("methodology", "vm00", "VM0033")],
)
def test_the_selects_of_the_form_look_up_what_is_typed(as_role, field, term, found):
    ProjectTypeFactory(code="MG", name="Mangroves")
    MethodologyFactory(code="VM0033")

    answer = as_role(REGISTRY_OFFICER).get(
        "/staff/autocomplete/",
        {"term": term, "app_label": "registry", "model_name": "project", "field_name": field},
    )

    assert found in [result["text"] for result in answer.json()["results"]]
