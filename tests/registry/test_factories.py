"""The factories that other tests stand on make what they say."""

import pytest

from registry.choices import ProjectStatus
from registry.models import Project, ProjectStatusChange
from tests.factories import DocumentFactory, project_in, projects_in_bulk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", ProjectStatus.values)
def test_a_project_can_be_had_in_every_status(status):
    project = project_in(status)

    assert Project.objects.get(pk=project.pk).status == status
    people = ProjectStatusChange.objects.filter(project=project).values_list("actor", flat=True)
    assert len(set(people)) == len(people)


def test_documents_are_files_or_links():
    file, link = DocumentFactory(), DocumentFactory(url="https://example.org/plan.pdf")

    assert file.mime_type == "application/pdf"
    assert (link.url, link.file.name) == ("https://example.org/plan.pdf", "")


def test_many_projects_are_like_imported_ones_and_share_no_land():
    projects = projects_in_bulk(1_500, with_boundaries=True)

    assert Project.objects.public().count() == 1_500
    assert len({project.slug for project in projects}) == 1_500
    assert len({(project.bbox_west, project.bbox_south) for project in projects}) == 1_500
    last = projects[-1]
    assert [*Project.objects.in_bbox(last.bbox_west, last.bbox_south, last.bbox_east, last.bbox_north)] == [last]
