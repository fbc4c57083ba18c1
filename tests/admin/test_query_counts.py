"""No list and no page takes more queries with many rows than with few."""

from itertools import pairwise

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import SUPER_ADMIN, VIEWER
from integrations.models import ImportRun, ListingConflict
from registry.models import BoundaryOverlap, Methodology, ProjectType, Standard, StandardValidator
from registry.services import project_update
from tests.factories import (
    AccreditationFactory,
    DocumentFactory,
    ProjectFactory,
    StandardFactory,
    UserFactory,
    ValidatorFactory,
    projects_in_bulk,
    ready_project,
)

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 60


def _queries(client, address):
    cache.clear()  # else the badges, kept for half a minute, may run out between the two
    client.get(address)  # content types and badges are remembered after the first page
    with CaptureQueriesContext(connection) as caught:
        response = client.get(address)
    assert response.status_code == 200
    return len(caught)


def _more_rows(number):
    """Add that many of everything that has a list, each row referring to records of its own."""
    projects = [ProjectFactory() for _ in range(number + 1)]
    Methodology.objects.bulk_create(
        Methodology(code=f"M{Methodology.objects.count()}-{n}", standard=StandardFactory()) for n in range(number)
    )
    for project in projects[1:]:
        AccreditationFactory()
        DocumentFactory(project=project)
        UserFactory(groups=[VIEWER])
    BoundaryOverlap.objects.bulk_create(
        BoundaryOverlap(first=one, second=two, shared_ha=1, share_of_first="0.1", share_of_second="0.1")
        for one, two in pairwise(projects)
    )
    ListingConflict.objects.bulk_create(
        ListingConflict(
            project_a=one, project_b=two, score=70, reasons=[{"kind": "name", "points": 70, "text": "alike"}]
        )
        for one, two in pairwise(projects)
    )
    ImportRun.objects.bulk_create(
        ImportRun(
            source="verra", file_name="a.csv", sha256="0" * 64, size_bytes=1, actor=UserFactory(), entrance="admin"
        )
        for _ in range(number)
    )


LISTS = [
    "registry_project", "registry_boundaryoverlap", "registry_document", "registry_projecttype", "registry_standard",
    "registry_standardvalidator", "registry_methodology", "integrations_importrun", "integrations_listingconflict",
    "accounts_user", "auth_group", "procrastinate_procrastinatejob",
]  # fmt: skip


def test_no_list_takes_more_queries_at_sixty_rows_than_at_three(as_role):
    client = as_role(SUPER_ADMIN)
    _more_rows(FEW + 1)
    addresses = [reverse(f"admin:{name}_changelist") for name in LISTS] + ["/staff/"]
    few = {address: _queries(client, address) for address in addresses}

    _more_rows(MANY)

    assert {address: _queries(client, address) for address in addresses} == few


def test_the_list_of_projects_takes_as_many_queries_at_3000_as_at_3(as_role):
    client = as_role(SUPER_ADMIN)
    address = reverse("admin:registry_project_changelist")
    kind = ProjectType.objects.create(code="IMP", name="Imported")
    projects_in_bulk(FEW, project_type=kind, with_boundaries=True)
    few = {page: _queries(client, page) for page in (address, f"{address}?q=imported", "/staff/")}

    projects_in_bulk(3_000 - FEW, project_type=kind)

    assert {page: _queries(client, page) for page in few} == few


def _rows_beside(project, number):
    for position in range(number):
        DocumentFactory(project=project)
        project.certifications.create(standard=StandardFactory(), validator=ValidatorFactory())
        project_update(actor=None, pk=project.pk, fields={"region": f"Region {project.pk} {position} {timezone.now()}"})


def test_a_projects_page_and_its_history_take_as_many_queries_with_many_rows(as_role):
    project = ready_project()
    pages = [
        reverse("admin:registry_project_change", args=[project.pk]),
        reverse("admin:registry_project_history", args=[project.pk]),
    ]
    editor, reader = as_role(SUPER_ADMIN), as_role(VIEWER)
    _rows_beside(project, FEW)
    few = {(who, page): _queries(client, page) for page in pages for who, client in (("e", editor), ("r", reader))}

    _rows_beside(project, 20)

    many = {(who, page): _queries(client, page) for page in pages for who, client in (("e", editor), ("r", reader))}
    assert many == few


def test_a_verification_bodys_page_takes_as_many_queries_with_many_accreditations(as_role):
    body = ValidatorFactory()
    address = reverse("admin:registry_standardvalidator_change", args=[body.pk])
    client = as_role(SUPER_ADMIN)
    for _ in range(FEW):
        AccreditationFactory(validator=body)
    few = _queries(client, address)

    for _ in range(30):
        AccreditationFactory(validator=body)

    assert _queries(client, address) == few
    assert (Standard.objects.count(), StandardValidator.objects.count()) == (33, 1)


def test_the_dashboard_takes_at_most_25_queries(as_role):
    client = as_role(SUPER_ADMIN)
    ready_project()

    assert _queries(client, "/staff/") <= 25
