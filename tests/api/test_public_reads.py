"""The public project list and single projects, byte for byte where it matters."""

import json
from decimal import Decimal

import pytest

from registry.choices import DocumentKind, DocumentVisibility, ProjectStatus
from registry.models import Project
from registry.services import project_publish
from tests.factories import DocumentFactory, ProjectTypeFactory, StandardFactory, project_in, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def forest():
    project = project_in(
        ProjectStatus.REGISTERED,
        published=True,
        project_name="Floresta São João",
        project_initiator="Iniciativa Verde",
        project_type=ProjectTypeFactory(code="FC", name="Forest conservation", land_based=True),
        coordinates=square(-60.0, -3.0),
        standards=[StandardFactory(code="VCS", name="Verified Carbon Standard").code],
        notes="only for staff",
        project_manager_account="0xabc",
        sdg_goals=[13, 15],
        labels=["CCB Gold"],
    )
    DocumentFactory(project=project, title="Inside", visibility=DocumentVisibility.INTERNAL)
    DocumentFactory(
        project=project,
        title="Design",
        kind=DocumentKind.PROJECT_DESIGN,
        visibility=DocumentVisibility.PUBLIC,
        url="https://docs.example.org/pdd.pdf",
    )
    return project


def test_a_project_answers_every_public_field_and_no_internal_one(api, exact, forest):
    answer = api.get(f"/projects/{forest.pk}")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    project = Project.objects.get(pk=forest.pk)
    certification = project.certifications.get()
    document = project.documents.get(title="Design")
    assert exact(answer) == {
        "id": project.pk,
        "public_id": str(project.public_id),
        "slug": f"floresta-sao-joao-{project.public_id.hex[:8]}",
        "project_name": "Floresta São João",
        "project_initiator": "Iniciativa Verde",
        "description": "",
        "website": "",
        "project_type_id": project.project_type_id,
        "project_type": "FC",
        "project_type_name": "Forest conservation",
        "status": "registered",
        "country": "Brazil",
        "country_code": "BR",
        "region": "Acre",
        "coordinates": exact_geometry(project.coordinates),
        "centroid": [Decimal(repr(project.centroid_longitude)), Decimal(repr(project.centroid_latitude))],
        "bbox": [-60, -3, Decimal("-59.9"), Decimal("-2.9")],
        "area_ha": project.area_ha,
        "total_area": Decimal("12000.00"),
        "land_type": "",
        "tree_types": ["Pinus oocarpa", "oak"],
        "vintage_year": 2020,
        "methodology": project.methodology.code,
        "further_methodologies": [],
        "crediting_period_start": "2020-01-01",
        "crediting_period_end": "2049-12-31",
        "estimated_annual_reductions": Decimal("12500.000"),
        "co2_absorption": None,
        "total_emission": None,
        "minimum_purchase_volume": Decimal("1.000"),
        "sdg_goals": [13, 15],
        "labels": ["CCB Gold"],
        "validation_date": "2021-06-30",
        "validation_protocol_url": "",
        "standards_list": ["VCS"],
        "certifications": [
            {
                "standard": "VCS",
                "standard_name": "Verified Carbon Standard",
                "certificate_number": certification.certificate_number,
                "validator": certification.validator.name,
                "valid_from": None,
                "valid_to": None,
            }
        ],
        "document_library": [
            {
                "id": str(document.public_id),
                "title": "Design",
                "kind": "project_design",
                "url": "https://docs.example.org/pdd.pdf",
                "version": "",
                "language": "en",
                "mime_type": "",
                "size_bytes": None,
                "sha256": "",
            }
        ],
        "available_credits": Decimal("0.000"),
        "retired_credits": Decimal("0.000"),
        "origin_registry": None,
        "origin_id": None,
        "origin_url": None,
        "created_date": rfc3339(project.created_date),
        "updated_date": rfc3339(project.updated_date),
    }


def exact_geometry(geometry):
    return json.loads(json.dumps(geometry), parse_float=Decimal)


def rfc3339(moment):
    """PostgreSQL drops trailing zeros of the fraction."""
    text = moment.isoformat()
    head, zone = text[:-6], text[-6:]
    return (head.rstrip("0").rstrip(".") if "." in head else head) + zone


def test_id_uuid_and_slug_name_the_same_project(api, forest):
    bodies = {api.get(f"/api/v1/projects/{key}").content for key in (forest.pk, forest.public_id, forest.slug)}
    assert bodies == {api.get(f"/projects/{forest.pk}").content}


@pytest.mark.parametrize(
    "key", ["999999", "99999999999999999999", "no-such-slug", "0f0e0d0c-0b0a-0908-0706-050403020100", "%00", "a%20b"]
)
def test_an_unknown_and_a_hidden_project_are_the_same_404(api, forest, key):
    hidden = project_in(ProjectStatus.REGISTERED)
    draft = project_publish(pk=project_in(ProjectStatus.DRAFT).pk, published=True)

    answers = [api.get(f"/projects/{one}") for one in (key, hidden.pk, hidden.slug, hidden.public_id, draft.pk)]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {
        b'{"message":"Project not found.","error":"Project not found.","code":"project_not_found"}'
    }
