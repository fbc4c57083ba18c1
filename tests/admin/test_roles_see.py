"""What each role sees and may do on the staff pages; what it may not is refused and nothing changes."""

import pytest
from django.urls import reverse

from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from registry.choices import ProjectStatus
from registry.models import Project, ProjectType
from tests.admin.pages import read_page, text_of
from tests.factories import ProjectTypeFactory, project_in, ready_project

pytestmark = pytest.mark.django_db

LISTS = [
    "registry_project", "registry_boundaryoverlap", "registry_document", "registry_projecttype", "registry_standard",
    "registry_standardvalidator", "registry_methodology", "integrations_importrun", "integrations_listingconflict",
]  # fmt: skip
SUPER_LISTS = ["accounts_user", "auth_group", "procrastinate_procrastinatejob"]


def _answers(client, names):
    return {name: client.get(reverse(f"admin:{name}_changelist")).status_code for name in names}


@pytest.mark.parametrize("role", [SUPER_ADMIN, REGISTRY_OFFICER, REVIEWER, TRANSACTIONS_OFFICER, VIEWER])
def test_every_role_may_read_every_list_of_the_registry(as_role, role):
    assert _answers(as_role(role), LISTS) == dict.fromkeys(LISTS, 200)


def test_without_a_group_no_list_opens(as_role):
    assert _answers(as_role(""), LISTS + SUPER_LISTS) == dict.fromkeys(LISTS + SUPER_LISTS, 403)


@pytest.mark.parametrize(
    ("role", "accounts", "others"),
    [(SUPER_ADMIN, 200, 200), (REGISTRY_OFFICER, 200, 403), (REVIEWER, 403, 403), (VIEWER, 403, 403)],
)
def test_people_and_jobs_are_for_super_admins(as_role, role, accounts, others):
    # an officer finds accounts, for whoever lifts lock-outs has to
    expected = {"accounts_user": accounts, "auth_group": others, "procrastinate_procrastinatejob": others}
    assert _answers(as_role(role), SUPER_LISTS) == expected


@pytest.mark.parametrize(
    ("role", "status", "moves"),
    [
        (VIEWER, ProjectStatus.SUBMITTED, []),
        (TRANSACTIONS_OFFICER, ProjectStatus.SUBMITTED, []),
        (REVIEWER, ProjectStatus.DRAFT, []),
        (REVIEWER, ProjectStatus.SUBMITTED, ["begin_validation", "return", "reject"]),
        (REGISTRY_OFFICER, ProjectStatus.DRAFT, ["submit", "withdraw"]),
        (REGISTRY_OFFICER, ProjectStatus.UNDER_VALIDATION, ["return", "reject", "register", "withdraw"]),
        (REGISTRY_OFFICER, ProjectStatus.REGISTERED, ["suspend", "complete", "withdraw"]),
        (SUPER_ADMIN, ProjectStatus.WITHDRAWN, []),
    ],
)
def test_a_project_shows_only_the_buttons_of_the_role_and_the_status(as_role, role, status, moves):
    project = project_in(status)

    page = read_page(as_role(role).get(reverse("admin:registry_project_change", args=[project.pk])))

    shown = [link.split("/move/")[1].strip("/") for link in page.links if "/move/" in link]
    assert shown == moves


def test_a_viewer_reads_a_whole_project_and_has_no_way_to_change_it(as_role):
    project = project_in(ProjectStatus.REGISTERED)
    viewer = as_role(VIEWER)
    address = reverse("admin:registry_project_change", args=[project.pk])

    page = viewer.get(address)

    assert page.status_code == 200
    text = text_of(page)
    assert "Pinus oocarpa, oak" in text
    assert "Registered" in text
    assert not any(word in text for word in ("Save", "Delete project", "Publish", "Add another"))
    assert b"data-boundary-map" in page.content

    # when they post what an officer's browser would
    refused = viewer.post(address, {"project_name": "Taken over"})

    assert refused.status_code == 403
    assert Project.objects.get(pk=project.pk).project_name == project.project_name


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        (VIEWER, "move/submit/", {"expected_version": 1}),
        (REVIEWER, "move/submit/", {"expected_version": 1}),
        (TRANSACTIONS_OFFICER, "move/withdraw/", {"expected_version": 1, "comment": "gone"}),
        (VIEWER, "publish/", {}),
        (REVIEWER, "publish/", {}),
        (REGISTRY_OFFICER, "delete/", {"post": "yes"}),
        (REVIEWER, "delete/", {"post": "yes"}),
    ],
)
def test_a_post_without_the_permission_is_403_and_changes_nothing(as_role, role, path, body):
    project = ready_project()

    response = as_role(role).post(f"/staff/registry/project/{project.pk}/{path}", body)

    assert response.status_code == 403
    now = Project.objects.get(pk=project.pk)
    assert (now.status, now.published, now.version) == (project.status, project.published, project.version)


@pytest.mark.parametrize("role", [VIEWER, REVIEWER, TRANSACTIONS_OFFICER])
def test_adding_and_importing_are_for_those_who_may_add(as_role, role):
    client = as_role(role)

    for path in ("add/", "import/"):
        assert client.get(f"/staff/registry/project/{path}").status_code == 403
        assert client.post(f"/staff/registry/projecttype/{path}", {"code": "ZZ", "name": "Z"}).status_code == 403
    assert not ProjectType.objects.filter(code="ZZ").exists()


def test_an_officer_cannot_delete_a_type_and_a_super_admin_can(as_role):
    kind = ProjectTypeFactory(code="GONE")
    address = reverse("admin:registry_projecttype_delete", args=[kind.pk])

    assert as_role(REGISTRY_OFFICER).post(address, {"post": "yes"}).status_code == 403
    assert ProjectType.objects.filter(pk=kind.pk).exists()

    assert as_role(SUPER_ADMIN).post(address, {"post": "yes"}).status_code == 302
    assert not ProjectType.objects.filter(pk=kind.pk).exists()
