"""The lifecycle through the buttons: what is missing is told with links, each move asks, two people register."""

import pytest

from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN
from carboncore.common.context import Entrance
from registry.choices import ProjectStatus
from registry.models import Project, ProjectStatusChange
from registry.services import project_move, project_update
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import ProjectFactory, ProjectTypeFactory, person, project_in, ready_project

pytestmark = pytest.mark.django_db


def _address(project, move):
    return f"/staff/registry/project/{project.pk}/move/{move}/"


def _make(client, project, move, comment="because"):
    values = form_values(client.get(_address(project, move)))
    return client.post(_address(project, move), {**values, "comment": comment})


def test_a_project_goes_from_draft_to_registered_by_the_buttons_of_three_people(as_role):
    project = ready_project()
    author, reviewer, second = as_role(REGISTRY_OFFICER), as_role(REVIEWER), as_role(REGISTRY_OFFICER)

    assert _make(author, project, "submit").status_code == 302
    assert _make(reviewer, project, "begin_validation").status_code == 302
    response = _make(second, project, "register", comment="All papers seen.")

    assert response["Location"] == f"/staff/registry/project/{project.pk}/change/"
    now = Project.objects.get(pk=project.pk)
    assert now.status == ProjectStatus.REGISTERED
    assert (now.submitted_by, now.validated_by, now.registered_by) == (author.user, reviewer.user, second.user)
    change = ProjectStatusChange.objects.first()
    assert (change.actor, change.entrance, change.comment) == (second.user, Entrance.ADMIN, "All papers seen.")
    page = text_of(second.get(response["Location"]))
    assert "Under validation → Registered" in page
    assert "All papers seen." in page


@pytest.mark.parametrize("part", ["submitted", "validated"])
def test_who_took_part_gets_no_register_button_and_a_post_is_403(as_role, part):
    project = ready_project()
    mine = as_role(SUPER_ADMIN)
    others = person(SUPER_ADMIN)
    project_move(actor=mine.user if part == "submitted" else others, pk=project.pk, move="submit")
    project_move(actor=mine.user if part == "validated" else others, pk=project.pk, move="begin_validation")
    version = Project.objects.get(pk=project.pk).version

    page = mine.get(f"/staff/registry/project/{project.pk}/change/")
    asked = mine.get(_address(project, "register"))
    refused = mine.post(_address(project, "register"), {"expected_version": version, "comment": ""})

    assert _address(project, "register") not in read_page(page).links
    assert "Register needs a second person" in text_of(page)
    assert "A second person" in text_of(asked)
    assert refused.status_code == 403
    assert "Registering needs a second person" in text_of(refused)
    assert Project.objects.get(pk=project.pk).status == ProjectStatus.UNDER_VALIDATION


def test_what_is_missing_is_listed_with_links_to_where_it_is_completed(as_role):
    project = ProjectFactory(region="", project_type=ProjectTypeFactory(land_based=True))
    officer = as_role(REGISTRY_OFFICER)

    page = officer.get(_address(project, "submit"))

    assert "Not possible yet." in text_of(page)
    change = f"/staff/registry/project/{project.pk}/change/"
    links = read_page(page).links
    assert f"{change}#field-region" in links
    assert f"{change}#field-coordinates" in links
    refused = officer.post(_address(project, "submit"), {"expected_version": project.version, "comment": ""})
    assert refused.status_code == 400
    assert "Draw the boundary" in text_of(refused)
    assert Project.objects.get(pk=project.pk).status == ProjectStatus.DRAFT


def test_a_move_that_needs_words_asks_for_them(as_role):
    project = project_in(ProjectStatus.SUBMITTED)
    reviewer = as_role(REVIEWER)

    response = _make(reviewer, project, "return", comment="  ")

    assert response.status_code == 400
    assert "Say why; the comment is kept with the project." in text_of(response)
    assert Project.objects.get(pk=project.pk).status == ProjectStatus.SUBMITTED


def test_sent_twice_a_move_is_made_once(as_role):
    project = ready_project()
    officer = as_role(REGISTRY_OFFICER)
    values = form_values(officer.get(_address(project, "submit")))

    first = officer.post(_address(project, "submit"), values)
    second = officer.post(_address(project, "submit"), values)

    assert (first.status_code, second.status_code) == (302, 409)
    assert "A project that is submitted cannot submit." in text_of(second)
    assert project.status_changes.count() == 1


def test_a_project_changed_since_the_page_was_opened_is_not_moved(as_role):
    project = ready_project()
    officer = as_role(REGISTRY_OFFICER)
    values = form_values(officer.get(_address(project, "submit")))
    project_update(actor=None, pk=project.pk, fields={"region": "Pará"})

    response = officer.post(_address(project, "submit"), values)

    assert response.status_code == 409
    assert "Somebody else changed this project" in text_of(response)
    assert Project.objects.get(pk=project.pk).status == ProjectStatus.DRAFT


def test_a_move_that_is_no_longer_possible_leads_back_to_the_project(as_role):
    project = project_in(ProjectStatus.REGISTERED)

    response = as_role(REGISTRY_OFFICER).get(_address(project, "submit"), follow=True)

    assert response.redirect_chain == [(f"/staff/registry/project/{project.pk}/change/", 302)]
    assert "It is registered by now" in text_of(response)


def test_publishing_asks_first_and_says_what_the_public_will_see(as_role):
    project = project_in(ProjectStatus.REGISTERED)
    officer = as_role(REGISTRY_OFFICER)
    address = f"/staff/registry/project/{project.pk}/publish/"

    assert "Everybody can see it from now on." in text_of(officer.get(address))
    assert not Project.objects.get(pk=project.pk).published
    assert officer.post(address).status_code == 302
    assert Project.objects.get(pk=project.pk).is_public
    assert "stop showing it at once" in text_of(officer.get(address))


def test_an_unknown_move_or_project_is_404(as_role):
    project = ready_project()
    officer = as_role(REGISTRY_OFFICER)

    assert officer.get(_address(project, "teleport")).status_code == 404
    assert officer.get("/staff/registry/project/999999/move/submit/").status_code == 404
