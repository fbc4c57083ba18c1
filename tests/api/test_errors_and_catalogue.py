"""Every refusal has the one body, whatever was wrong; and the catalogue's five verbs."""

import json

import pytest
from django.db import DataError, IntegrityError

from registry.models import ProjectType, StandardValidator
from tests.factories import ProjectFactory, ProjectTypeFactory, StandardFactory, ValidatorFactory

pytestmark = pytest.mark.django_db


def is_refusal(answer, status, code):
    body = answer.json()
    assert answer["Content-Type"] == "application/json"
    assert (answer.status_code, body["code"]) == (status, code), answer.content
    assert {"message", "error", "code"} <= set(body) <= {"message", "error", "code", "errors"}
    assert ("errors" in body) == (status == 400)
    return body


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/nothing", "/api/v1/", "/admin/nothing", "/projects/1/nothing", "/projects/",
     "/documents/x",     "/admin/project-types/one", "/standards/x", "/api/v1/admin/projects/1/nothing",
     "/organisations/x", "/transfer-offers/1/accept", "/api/v1/nothing/%0A", "/admin/nothing/%0Aat/all"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_refused_in_json_with_debug_on_too(api, settings, debug, path, method):
    settings.DEBUG = debug
    is_refusal(api.request(method, path), 404, "not_found")


@pytest.mark.parametrize(
    "raw",
    [b"{", b"nonsense", b'{"name": NaN}', b'{"name": Infinity}', b'{"name": "\\ud800"}', b"\xff\xfe{}", b'{"a": 1,}',
     b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b'{"name": ' + b"9" * 5_000 + b"}"],
)  # fmt: skip
@pytest.mark.parametrize("debug", [False, True])
def test_what_is_no_json_is_refused(officer, settings, raw, debug):
    settings.DEBUG = debug
    is_refusal(officer.post("/admin/project-types", raw=raw), 400, "parse_error")
    assert ProjectType.objects.count() == 0


@pytest.mark.parametrize("body", [[], "text", 5, None, True, [{"code": "A"}]])
def test_a_body_that_is_no_object_is_refused(officer, body):
    for path in ("/admin/project-types", "/admin/projects", "/admin/login"):
        answer = officer.post(path, raw=json.dumps(body).encode())
        assert list(is_refusal(answer, 400, "invalid")["errors"]) == ["non_field_errors"]
    project = ProjectFactory()
    answer = officer.put(f"/admin/projects/{project.pk}", raw=json.dumps(body).encode())
    assert list(is_refusal(answer, 400, "invalid")["errors"]) == ["non_field_errors"]


def test_other_media_types_methods_and_sizes_are_refused(officer, api):
    form = officer.post("/admin/project-types", raw=b"code=A", content_type="application/x-www-form-urlencoded")
    is_refusal(form, 415, "unsupported_media_type")
    refused = api.delete("/projects")
    is_refusal(refused, 405, "method_not_allowed")
    assert refused["Allow"] == "GET, HEAD, OPTIONS"
    is_refusal(officer.request("PUT", "/admin/projects"), 403, "permission_denied")
    is_refusal(officer.post("/admin/projects", raw=b'{"notes": "' + b"x" * 6_000_000 + b'"}'), 413, "too_large")
    is_refusal(api.post("/admin/login", raw=b" " * 6_000_000), 413, "too_large")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("path", ["/projects", "/admin/projects"])
def test_our_own_fault_shows_nothing_of_itself(officer, settings, monkeypatch, debug, path):
    settings.DEBUG = debug
    secret = "SELECT secret FROM /srv/secret"
    monkeypatch.setattr(
        "carboncore.common.api.listing.fetch_all", lambda *_, **__: (_ for _ in ()).throw(RuntimeError(secret))
    )

    answer = officer.get(path)

    is_refusal(answer, 500, "internal_error")
    assert b"secret" not in answer.content


@pytest.mark.parametrize(("error", "status", "code"), [(IntegrityError, 409, "conflict"), (DataError, 400, "invalid")])
def test_what_only_the_database_notices_is_no_fault_of_ours(officer, monkeypatch, error, status, code):
    refusing = staticmethod(lambda **_: (_ for _ in ()).throw(error("secret")))
    monkeypatch.setattr("registry.api.catalogue_views.ProjectTypeKind.saves", refusing)

    answer = officer.post("/admin/project-types", {"code": "A", "name": "A"})

    is_refusal(answer, status, code)
    assert b"secret" not in answer.content


def test_project_types(super_admin, api):
    created = super_admin.post("/admin/project-types", {"code": "fc", "name": "Forest", "land_based": True})
    pk = ProjectType.objects.get().pk
    assert (created.status_code, created.json()) == (
        201,
        {"success": True, "id": pk, "message": "Project type created"},
    )
    used = ProjectType.objects.get()
    ProjectFactory(project_type=used)

    listed = super_admin.get("/admin/project-types").json()
    assert [(row["code"], row["name"], row["usage_count"]) for row in listed] == [("FC", "Forest", 1)]
    assert api.get("/project-types").json() == [
        {"id": pk, "code": "FC", "name": "Forest", "category": "", "land_based": True}
    ]
    assert super_admin.put(f"/admin/project-types/{pk}", {**listed[0], "name": "Woods"}).json() == {
        "success": True, "message": "Project type updated"
    }  # fmt: skip
    assert super_admin.put(f"/admin/project-types/{pk}", {"usage_count": 9}).status_code == 400
    assert super_admin.get(f"/admin/project-types/{pk}").json()["name"] == "Woods"
    is_refusal(super_admin.delete(f"/admin/project-types/{pk}"), 409, "in_use")
    unused = ProjectTypeFactory()
    assert super_admin.delete(f"/admin/project-types/{unused.pk}").json() == {
        "success": True,
        "message": "Project type deleted",
    }
    is_refusal(super_admin.delete(f"/admin/project-types/{unused.pk}"), 404, "not_found")
    is_refusal(super_admin.get(f"/admin/project-types/{10**30}"), 404, "not_found")
    is_refusal(super_admin.put(f"/admin/project-types/{10**30}", {"name": "x"}), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "x"}, "code"), ({"code": "FC", "name": "again"}, "code"), ({"code": "fc", "name": "again"}, "code"),
     ({"code": "a b", "name": "x"}, "code"), ({"code": "ABCDEFGHIJK", "name": "x"}, "code"),
     ({"code": 5, "name": "x"}, "code"),
     ({"code": "A\u0000", "name": "x"}, "code"), ({"code": "A", "name": "x" * 256}, "name"),
     ({"code": "A", "name": "x", "land_based": "perhaps"}, "land_based"),
     ({"code": "A", "name": "x", "color": 1}, "color")],
)  # fmt: skip
def test_a_project_type_that_does_not_fit(officer, body, field):
    ProjectTypeFactory(code="FC")
    answer = officer.post("/admin/project-types", body)
    assert list(is_refusal(answer, 400, "invalid")["errors"]) == [field]
    assert ProjectType.objects.count() == 1


def test_verification_bodies_come_with_their_accreditations(officer):
    StandardFactory(code="VCS"), StandardFactory(code="GS")
    body = {
        "name": "Verifier",
        "country": "Kenya",
        "accreditations": [
            {"standard": "VCS", "scope": "1, 14", "valid_from": "2020-01-01", "valid_to": "2025-12-31"},
            {"standard": "gs"},
        ],
    }
    pk = officer.post("/admin/standard-validators", body).json()["id"]
    path = f"/admin/standard-validators/{pk}"

    shown = officer.get(path).json()
    assert (shown["country"], shown["country_code"]) == ("Kenya", "KE")
    assert shown["accreditations"] == [
        {"standard": "VCS", "scope": "1, 14", "valid_from": "2020-01-01", "valid_to": "2025-12-31"},
        {"standard": "GS", "scope": "", "valid_from": None, "valid_to": None},
    ]
    assert officer.put(path, shown).status_code == 200
    assert officer.put(path, {"accreditations": [{"standard": "VCS", "valid_from": "2020-01-01"}]}).status_code == 200
    assert [row["standard"] for row in officer.get(path).json()["accreditations"]] == ["VCS"]
    refused = officer.put(path, {"name": "Other", "accreditations": [{"standard": "NONE"}]})
    assert list(is_refusal(refused, 400, "invalid")["errors"]) == ["accreditations.0.standard"]
    assert StandardValidator.objects.get().name == "Verifier"


def test_standards_and_methodologies(super_admin):
    ValidatorFactory()
    pk = super_admin.post("/admin/standards", {"code": "VCS", "name": "Verified", "version": "4"}).json()["id"]
    assert super_admin.patch(f"/admin/standards/{pk}", {"version": "5"}).json()["message"] == "Standard updated"
    made = super_admin.post("/admin/methodologies", {"code": "VM0042", "standard": "vcs"})
    assert made.status_code == 201
    assert super_admin.get("/admin/methodologies").json()[0]["standard"] == "VCS"
    is_refusal(super_admin.delete(f"/admin/standards/{pk}"), 409, "in_use")
    assert super_admin.delete(f"/admin/methodologies/{made.json()['id']}").status_code == 200
    assert super_admin.delete(f"/admin/standards/{pk}").status_code == 200
