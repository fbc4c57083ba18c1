"""Every staff page keeps the content security policy: no inline script, no inline handler, nothing from outside."""

import re

import pytest
from django.urls import reverse

from accounts.roles import SUPER_ADMIN
from registry.choices import ProjectStatus
from tests.admin.pages import read_page, text_of
from tests.factories import DocumentFactory, ProjectFactory, project_in

pytestmark = pytest.mark.django_db


def _addresses(project, document):
    lists = ["registry_project", "registry_document", "registry_projecttype", "registry_standard", "accounts_user",
             "registry_standardvalidator", "registry_methodology", "registry_boundaryoverlap",
             "integrations_importrun", "integrations_listingconflict", "auth_group"]  # fmt: skip
    pages = [reverse(f"admin:{name}_changelist") for name in lists]
    pages += [reverse("admin:registry_project_change", args=[project.pk])]
    pages += [reverse("admin:registry_project_history", args=[project.pk])]
    pages += [reverse("admin:registry_project_delete", args=[project.pk])]
    pages += [reverse("admin:registry_document_change", args=[document.pk])]
    pages += ["/staff/", "/staff/registry/project/add/", "/staff/registry/project/import/",
              "/staff/registry/project/export/", "/staff/integrations/importrun/add/", "/staff/password_change/",
              "/staff/accounts/user/add/", f"/staff/registry/project/{project.pk}/move/suspend/"]  # fmt: skip
    return pages


def test_no_staff_page_has_an_inline_script_a_handler_or_an_outside_address(as_role):
    project = project_in(ProjectStatus.REGISTERED)
    document = DocumentFactory(project=project)
    admin = as_role(SUPER_ADMIN)

    for address in _addresses(project, document):
        response = admin.get(address)
        assert response.status_code == 200, address
        page = read_page(response)
        assert (page.inline_scripts, page.handlers) == ([], []), address
        loaded = re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']([^"']+)""", response.content.decode())
        assert [found for found in loaded if not found.startswith(("/", "data:"))] == [], address
        policy = response["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy
        assert "default-src 'self'" in policy


def test_names_from_outside_are_text_and_never_markup(as_role):
    ProjectFactory(project_name="<script>alert(1)</script>", project_initiator="<img src=x onerror=alert(2)>")
    admin = as_role(SUPER_ADMIN)

    for address in ("/staff/", "/staff/registry/project/"):
        response = admin.get(address)
        assert b"<script>alert(1)" not in response.content
        assert "<script>alert(1)</script>" in text_of(response)


def test_the_front_page_counts_what_the_public_may_see(client, django_assert_num_queries):
    project_in(ProjectStatus.REGISTERED, published=True, project_name="Seen")
    project_in(ProjectStatus.REGISTERED, project_name="Hidden")

    with django_assert_num_queries(2):
        response = client.get("/")

    text = text_of(response)
    assert "1 public project" in text
    assert "1 country" in text
    assert "Seen" in text
    assert "Hidden" not in text
    assert read_page(response).inline_scripts == []
    assert "sessionid" not in response.cookies


def test_the_front_page_of_an_empty_registry_says_so(client):
    assert "No project is public yet." in text_of(client.get("/"))
