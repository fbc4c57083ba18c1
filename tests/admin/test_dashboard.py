"""The dashboard: right with an empty database, and what waits is counted for the person who looks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, VIEWER
from registry.choices import ProjectStatus
from registry.models import Project
from registry.services import project_move
from tests.admin.pages import read_page, text_of
from tests.factories import AccreditationFactory, person, project_in, ready_project, square

pytestmark = pytest.mark.django_db


def _waiting(client):
    return {item.key: item.count for item in client.get("/staff/").context["waiting"]}


@pytest.mark.parametrize("role", [SUPER_ADMIN, REGISTRY_OFFICER, REVIEWER, VIEWER])
def test_an_empty_registry_says_how_to_begin(as_role, role):
    response = as_role(role).get("/staff/")

    assert response.status_code == 200
    text = text_of(response)
    assert "The registry is empty" in text
    assert "Nothing waits for you." in text
    assert ("Add a project by hand" in text) == (role in (SUPER_ADMIN, REGISTRY_OFFICER))


def test_somebody_without_a_group_gets_an_empty_page_and_no_figures(as_role):
    project_in(ProjectStatus.REGISTERED)

    response = as_role("").get("/staff/")

    assert response.status_code == 200
    assert response.context["panels"] == []


def test_what_waits_is_told_by_permission(as_role):
    project_in(ProjectStatus.SUBMITTED)
    project_in(ProjectStatus.UNDER_VALIDATION)
    project_in(ProjectStatus.RETURNED)
    ready_project(coordinates=square(10, 0))
    ready_project(coordinates=square(10.05, 0))
    AccreditationFactory(valid_to=timezone.now().date() + timedelta(days=30))

    assert _waiting(as_role(VIEWER)) == {}
    assert _waiting(as_role(REVIEWER)) == {"to_validate": 1, "open_overlaps": 1}
    assert _waiting(as_role(REGISTRY_OFFICER)) == {
        "to_register": 1,
        "to_validate": 1,
        "returned": 1,
        "open_overlaps": 1,
        "expiring_bodies": 1,
    }


def test_projects_to_register_leave_out_ones_own_work(as_role):
    officer = as_role(SUPER_ADMIN)
    mine = ready_project()
    project_move(actor=officer.user, pk=mine.pk, move="submit")
    project_move(actor=person(REVIEWER), pk=mine.pk, move="begin_validation")
    theirs = project_in(ProjectStatus.UNDER_VALIDATION)

    assert _waiting(officer)["to_register"] == 1
    listed = officer.get("/staff/registry/project/?waiting=register")
    assert list(listed.context["cl"].result_list) == [theirs]


def test_a_project_imported_in_validation_does_not_wait_to_be_registered(as_role):
    imported = ready_project(origin_registry="VCS", origin_id="VCS1")
    Project.objects.filter(pk=imported.pk).update(status=ProjectStatus.UNDER_VALIDATION)
    officer = as_role(REGISTRY_OFFICER)

    assert "to_register" not in _waiting(officer)
    assert list(officer.get("/staff/registry/project/?waiting=register").context["cl"].result_list) == []


def test_every_card_leads_to_a_list_of_as_many_rows(as_role):
    project_in(ProjectStatus.SUBMITTED)
    project_in(ProjectStatus.UNDER_VALIDATION)
    project_in(ProjectStatus.RETURNED)
    ready_project(coordinates=square(10, 0))
    last = ready_project(coordinates=square(10.05, 0))
    soon = timezone.now().date() + timedelta(days=30)
    AccreditationFactory(valid_to=soon)
    last.certifications.update(valid_to=soon)
    admin = as_role(SUPER_ADMIN)

    items = admin.get("/staff/").context["waiting"]

    assert len(items) == 6
    for item in items:
        response = admin.get(item.link)
        assert response.status_code == 200, item.link
        assert (item.key, response.context["cl"].result_count) == (item.key, item.count)


def test_figures_charts_and_latest_changes_are_right(as_role):
    registered = project_in(ProjectStatus.REGISTERED, published=True)
    draft = ready_project()
    admin = as_role(SUPER_ADMIN)

    response = admin.get("/staff/")

    panel = next(one.context for one in response.context["panels"] if one.template == "registry/dashboard.html")
    figures = {label: value for value, label in panel["figures"]}
    assert (figures["projects"], figures["of them published"], figures["countries"]) == ("2", "1", "1")
    assert figures["t CO₂e a year, as estimated"] == "25,000"
    assert figures["hectares"] == f"{registered.area_ha + draft.area_ha:,.0f}"
    counts = {row["status"]: row["count"] for row in panel["statuses"]}
    assert (counts["registered"], counts["draft"], counts["rejected"]) == (1, 1, 0)
    months = next(chart for chart in panel["charts"] if chart["title"].startswith("Registered here"))
    assert len(months["rows"]) == 12
    assert [values for _, values in months["rows"]][-1] == ["1"]
    assert [change.what for change in panel["latest"] if change.project_id == registered.pk][:2] == [
        "edited",
        "Under validation → Registered",
    ]
    assert f"/staff/registry/project/{draft.pk}/change/" in read_page(response).links


def test_badges_in_the_navigation_follow_the_dashboard(as_role):
    project_in(ProjectStatus.SUBMITTED)
    reviewer = as_role(REVIEWER)
    reviewer.get("/staff/")

    groups = reviewer.get("/staff/registry/standard/").context["sidebar_navigation"]

    projects = next(item for group in groups for item in group["items"] if item["title"] == "Projects")
    assert projects["badge"] == 1
    assert not any(item["title"] == "Accounts" for group in groups for item in group["items"])
