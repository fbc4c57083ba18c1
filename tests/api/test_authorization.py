"""Who may call what: every staff address by every group, with the status and whether anything changed."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import REGISTRY_OFFICER, REVIEWER, ROLE_NAMES, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from carboncore.common.api.docs import published_schema
from registry.choices import ProjectStatus
from registry.models import (
    BoundaryOverlap,
    Document,
    Methodology,
    MonitoringPeriod,
    Project,
    ProjectStatusChange,
    ProjectType,
    Standard,
    StandardValidator,
)
from registry.services import monitoring_period_create
from tests.api_clients import Api
from tests.factories import (
    DocumentFactory,
    MethodologyFactory,
    ProjectFactory,
    ProjectTypeFactory,
    StandardFactory,
    ValidatorFactory,
    person,
    project_in,
    square,
)
from tests.ledger_factories import registered_project, submitted_period

pytestmark = pytest.mark.django_db

ALL = {SUPER_ADMIN, REGISTRY_OFFICER, REVIEWER, TRANSACTIONS_OFFICER, VIEWER}
OFFICERS = {SUPER_ADMIN, REGISTRY_OFFICER}
SUPER = {SUPER_ADMIN}

# method, address, body, who may, the status they get
TABLE = [
    ("GET", "/admin/projects", None, ALL, 200),
    ("POST", "/admin/projects", "project", OFFICERS, 201),
    ("GET", "/admin/projects/boundaries", None, ALL, 200),
    ("GET", "/admin/projects/{project}", None, ALL, 200),
    ("PUT", "/admin/projects/{project}", {"region": "Elsewhere"}, OFFICERS, 200),
    ("PATCH", "/admin/projects/{project}", {"region": "Elsewhere"}, OFFICERS, 200),
    ("DELETE", "/admin/projects/{project}", None, SUPER, 200),
    ("GET", "/admin/projects/{project}/moves", None, ALL, 200),
    ("POST", "/admin/projects/{submitted}/moves", {"move": "begin_validation"}, OFFICERS | {REVIEWER}, 200),
    ("POST", "/admin/projects/{project}/publish", {"published": True}, OFFICERS, 200),
    ("GET", "/admin/projects/{project}/overlaps", None, ALL, 200),
    ("POST", "/admin/projects/{project}/overlaps/{overlap}/justify", {"justification": "Another pool."},
     OFFICERS | {REVIEWER}, 200),
    ("GET", "/admin/projects/{project}/history", None, ALL, 200),
    ("GET", "/admin/projects/{project}/documents", None, ALL, 200),
    ("POST", "/admin/projects/{project}/documents", {"title": "A", "url": "https://a.example.org/x"}, OFFICERS, 201),
    ("PATCH", "/admin/projects/{project}/documents/{document}", {"title": "B"}, OFFICERS, 200),
    ("DELETE", "/admin/projects/{project}/documents/{document}", None, OFFICERS, 200),
    ("GET", "/documents/{document}", None, ALL, 200),
    ("GET", "/admin/projects/{project}/monitoring-periods", None, ALL, 200),
    ("POST", "/admin/projects/{project}/monitoring-periods",
     {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "claimed": "5"}, OFFICERS, 201),
    ("GET", "/admin/projects/{project}/monitoring-periods/{draft}", None, ALL, 200),
    ("POST", "/admin/projects/{project}/monitoring-periods/{draft}/submit", {}, OFFICERS, 200),
    ("POST", "/admin/projects/{registered}/monitoring-periods/{claimed}/verify",
     {"verified": "4", "validator": "validator", "verified_on": "2024-03-01"}, OFFICERS | {REVIEWER}, 200),
    ("POST", "/admin/projects/{registered}/monitoring-periods/{claimed}/reject", {"reason": "No data."},
     OFFICERS | {REVIEWER}, 200),
    ("GET", "/admin/project-types", None, ALL, 200),
    ("POST", "/admin/project-types", {"code": "NEW", "name": "New"}, OFFICERS, 201),
    ("GET", "/admin/project-types/{type}", None, ALL, 200),
    ("PUT", "/admin/project-types/{type}", {"name": "Renamed"}, OFFICERS, 200),
    ("DELETE", "/admin/project-types/{type}", None, SUPER, 200),
    ("GET", "/admin/standards", None, ALL, 200),
    ("POST", "/admin/standards", {"code": "NEW", "name": "New"}, OFFICERS, 201),
    ("GET", "/admin/standards/{standard}", None, ALL, 200),
    ("PATCH", "/admin/standards/{standard}", {"name": "Renamed"}, OFFICERS, 200),
    ("DELETE", "/admin/standards/{standard}", None, SUPER, 200),
    ("GET", "/admin/standard-validators", None, ALL, 200),
    ("POST", "/admin/standard-validators", {"name": "New"}, OFFICERS, 201),
    ("GET", "/admin/standard-validators/{validator}", None, ALL, 200),
    ("PUT", "/admin/standard-validators/{validator}", {"name": "Renamed"}, OFFICERS, 200),
    ("DELETE", "/admin/standard-validators/{validator}", None, SUPER, 200),
    ("GET", "/admin/methodologies", None, ALL, 200),
    ("POST", "/admin/methodologies", {"code": "NEW"}, OFFICERS, 201),
    ("GET", "/admin/methodologies/{methodology}", None, ALL, 200),
    ("PUT", "/admin/methodologies/{methodology}", {"name": "Renamed"}, OFFICERS, 200),
    ("DELETE", "/admin/methodologies/{methodology}", None, SUPER, 200),
]  # fmt: skip


@pytest.fixture
def names():
    project = ProjectFactory(coordinates=square(0.0, 0.0, 1.0))
    ProjectFactory(coordinates=square(0.5, 0.0, 1.0))
    registered = registered_project()
    return {
        "project": project.pk,
        "registered": registered.pk,
        "accredited": registered.certifications.get().validator_id,
        "draft": monitoring_period_create(
            actor=person(REGISTRY_OFFICER),
            project=project,
            starts_on=date(2022, 1, 1),
            ends_on=date(2022, 12, 31),
            claimed_kg=5_000,
        ).pk,
        "claimed": submitted_period(registered, year=2023, claimed_kg=5_000).pk,
        "submitted": project_in(ProjectStatus.SUBMITTED).pk,
        "overlap": BoundaryOverlap.objects.get().pk,
        "document": DocumentFactory(project=project).public_id,
        "type": ProjectTypeFactory().pk,
        "standard": StandardFactory().pk,
        "validator": ValidatorFactory().pk,
        "methodology": MethodologyFactory(standard=None).pk,
    }


def everything():
    """What is stored, so that a refusal can be shown to have changed none of it."""
    models = (
        Project,
        Document,
        BoundaryOverlap,
        ProjectStatusChange,
        ProjectType,
        Standard,
        StandardValidator,
        Methodology,
        MonitoringPeriod,
    )
    return {model.__name__: sorted(map(repr, model.objects.values_list())) for model in models}


def call(client, method, path, body, names):
    if body == "project":
        body = {
            "project_name": "New", "project_initiator": "Somebody", "project_type_id": names["type"],
            "country": "BR", "region": "Acre", "vintage_year": 2024,
        }  # fmt: skip
    if path.endswith("/verify"):
        body = {**body, "validator": names["accredited"]}
    return client.request(method, path.format(**names), body)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_nobody_gets_in_unsigned(api, names, row):
    method, path, body, _, _ = row
    before = everything()

    answer = call(api, method, path, body, names)

    assert answer.status_code == (404 if path.startswith("/documents") else 401)
    assert everything() == before


@pytest.mark.parametrize("role", [*ROLE_NAMES, ""])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_each_group_gets_what_its_permissions_say(staff, names, role, row):
    method, path, body, allowed, status = row
    before = everything()

    answer = call(staff(role), method, path, body, names)

    if role in allowed:
        assert answer.status_code == status, answer.content
        assert (everything() != before) == (method != "GET")
    else:
        assert answer.status_code == (404 if path.startswith("/documents") else 403)
        assert everything() == before


def shape_of(path):
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_the_table_names_every_staff_address():
    described = {
        (method.upper(), path)
        for path, operations in published_schema()["paths"].items()
        for method in operations
        if path.startswith(("/admin/project", "/admin/standard", "/admin/methodologies"))
    }
    shapes = {
        (method, "/".join("{}" if part.startswith("{") else part for part in path.split("/")))
        for method, path, *_ in TABLE
    }
    for method, path in described:
        shape = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
        same = {(other, shape) for other in ({"PUT", "PATCH"} if method in {"PUT", "PATCH"} else {method})}
        assert same & shapes, (method, path)


def test_uploading_takes_the_same_right(staff, names):
    client = staff(VIEWER)
    form = {"title": "x", "file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}
    assert (
        client.client.post(f"/admin/projects/{names['project']}/documents", form, headers=client.headers).status_code
        == 403
    )
    assert Api().client.post(f"/admin/projects/{names['project']}/documents", form).status_code == 401
