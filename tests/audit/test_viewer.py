"""The staff pages of the trail: who may read it, how it is narrowed, one object's story, and taking it along."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.roles import AUDITOR, ROLE_NAMES, SUPER_ADMIN, VIEWER
from carboncore.audit.models import Event, Verification
from carboncore.audit.services import audit_seal, audit_verify, event_record
from carboncore.common.context import Entrance, acting
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/staff/audit/event/"
TODAY = datetime.now(tz=UTC).date()


@pytest.fixture
def told():
    """One event of the registry's matters by a person, one of security by nobody."""
    project, officer = ProjectFactory(), UserFactory(email="officer@registry.example")
    with acting(officer, Entrance.ADMIN, ip_address="192.0.2.7", user_agent="Firefox", request_id="req-1"):
        changed = event_record(
            action="project.changed", obj=project, changes={"region": ["Acre", "Pará"], "website": ["", "=1+1"]}
        )
    with acting(None, Entrance.API, ip_address="198.51.100.9"):
        refused = event_record(action="session.refused", outcome="refused")
    return project, changed, refused


def shown(page):
    return [event.pk for event in page.context["cl"].result_list]


@pytest.mark.parametrize("role", [*ROLE_NAMES, ""])
@pytest.mark.parametrize("address", [LIST, "/staff/audit/seal/", "/staff/audit/verification/", f"{LIST}export/csv/"])
def test_only_auditors_and_super_admins_read_it(as_role, told, role, address):
    status = as_role(role).get(address).status_code

    assert status == (200 if role in (SUPER_ADMIN, AUDITOR) else 403)


def test_the_timeline_of_an_object_is_not_for_everybody(as_role, told):
    address = f"{LIST}of/registry.project/{told[0].pk}/"

    assert as_role(VIEWER).get(address).status_code == 403
    assert as_role(AUDITOR).get(address).status_code == 200


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 0]),
        ("action=project.changed", [0]),
        ("about=security", [1]),
        ("about=matters", [0]),
        ("outcome__exact=refused", [1]),
        ("entrance__exact=admin", [0]),
        ("actor=Officer@registry.example", [0]),
        ("actor=nobody@registry.example", []),
        ("object_type=registry.project", [0]),
        ("object_id=0", []),
        ("request=req-1", [0]),
        ("at_from=2020-01-01&at_to=2020-12-31", []),
        (f"at_from={TODAY}&at_to={TODAY}", [1, 0]),
        (f"at_to={TODAY - timedelta(days=1)}", []),
        ("at_from=yesterday", []),
        ("object_id=%00", [1, 0]),
    ],
)
def test_the_list_is_narrowed(as_role, told, query, numbers):
    page = as_role(AUDITOR).get(f"{LIST}?{query}")

    assert page.status_code == 200
    own = {event.pk for event in told[1:]}  # the project's making left an event too
    assert [pk for pk in shown(page) if pk in own] == [told[1:][number].pk for number in numbers]


def test_nobody_adds_changes_or_deletes(as_role, told):
    client = as_role(SUPER_ADMIN)

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{told[1].pk}/change/", {"note": "x"}).status_code == 403
    assert client.post(f"{LIST}{told[1].pk}/delete/", {"post": "yes"}).status_code == 403
    assert Event.objects.get(pk=told[1].pk).note == ""


def test_one_event_tells_before_after_and_its_place(as_role, told):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    page = as_role(AUDITOR).get(f"{LIST}{told[1].pk}/change/").content.decode()

    for words in ("Project changed", "officer@registry.example", "Acre", "Pará", "192.0.2.7", "Firefox", "req-1"):
        assert words in page
    assert "Stream 1, position 2" in page


def test_an_object_tells_its_story_and_its_page_leads_there(as_role, told):
    client, project = as_role(SUPER_ADMIN), told[0]
    address = f"{LIST}of/registry.project/{project.pk}/"

    assert address in client.get(f"/staff/registry/project/{project.pk}/change/").content.decode()
    page = client.get(address)

    assert [entry.kind for entry in page.context["history"].entries] == ["Project changed", "Project entered"]
    assert "Pará" in page.content.decode()


def test_the_link_to_the_trail_is_not_shown_to_who_may_not_follow_it(as_role, told):
    page = as_role(VIEWER).get(f"/staff/registry/project/{told[0].pk}/change/").content.decode()

    assert "audit" not in page


def test_a_long_list_takes_no_more_queries(as_role, told):
    client = as_role(AUDITOR)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(40):
        event_record(action="price.set", obj=told[0], actor=UserFactory(), note=str(number))
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)

    assert len(many) == len(few)


def test_csv_is_taken_along_without_formulas_and_that_is_recorded(as_role, told):
    client = as_role(AUDITOR)
    event_record(action="project.changed", obj=told[0], note="=HYPERLINK(1)")

    answer = client.get(f"{LIST}export/csv/?object_type=registry.project&action=project.changed")

    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["action"] for row in rows] == ["project.changed", "project.changed"]
    assert rows[0]["note"] == "'=HYPERLINK(1)"
    assert json.loads(rows[1]["changes"]) == {"region": ["Acre", "Pará"], "website": ["", "=1+1"]}
    assert rows[1]["at"].endswith("+00:00")
    export = Event.objects.get(action="audit.exported")
    assert export.actor_id == client.user.pk
    assert export.changes == {"format": "csv", "filters": "object_type=registry.project&action=project.changed"}
    assert export.ip_address == "127.0.0.1"


def test_json_is_taken_along_in_pieces_of_short_statements(as_role, told, monkeypatch):
    monkeypatch.setattr("carboncore.audit.services.exporting._AT_ONCE", 2)
    for number in range(5):
        event_record(action="price.set", note=str(number))

    answer = as_role(AUDITOR).get(f"{LIST}export/json/?action=price.set")

    rows = json.loads(b"".join(answer.streaming_content))
    assert [row["note"] for row in rows] == ["4", "3", "2", "1", "0"]


def test_an_export_of_nothing_is_an_empty_list(as_role):
    answer = as_role(AUDITOR).get(f"{LIST}export/json/?action=price.set")

    assert json.loads(b"".join(answer.streaming_content)) == []


def test_xlsx_is_taken_along_up_to_what_a_sheet_bears(as_role, told, monkeypatch):
    client = as_role(AUDITOR)

    answer = client.get(f"{LIST}export/xlsx/?action=session.refused")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[2].value for row in sheet.iter_rows()] == ["action", "session.refused"]

    monkeypatch.setattr("carboncore.audit.admin.events.MOST_XLSX_ROWS", 1)
    refused = client.get(f"{LIST}export/xlsx/")
    assert refused.status_code == 302
    assert Event.objects.filter(action="audit.exported").count() == 1


def test_an_unknown_format_is_not_found(as_role):
    assert as_role(AUDITOR).get(f"{LIST}export/pdf/").status_code == 404


def test_the_dashboard_says_whether_the_trail_was_verified(as_role):
    client = as_role(AUDITOR)
    assert "Run manage.py verify_audit" in client.get("/staff/").content.decode()

    now = "2026-11-22T02:15:00Z"
    Verification.objects.create(started_at=now, finished_at=now, events=7, problems=1, first_problem="event 3: altered")
    assert "event 3: altered" in client.get("/staff/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_pages_of_checks_open(as_role):
    event_record(action="price.set")
    result, seal = audit_verify()[0], audit_seal()
    client = as_role(AUDITOR)

    assert "Clean" in client.get(f"/staff/audit/verification/{result.pk}/change/").content.decode()
    assert bytes(seal.digest).hex() in client.get(f"/staff/audit/seal/{seal.pk}/change/").content.decode()
    assert "1 events were read" in client.get("/staff/").content.decode()


# --- what the staff admin records by itself --------------------------------------------------------------


def events(action):
    return list(Event.objects.filter(action=action).values_list("actor_id", "object_type", "object_id", "entrance"))


def test_opening_an_account_is_recorded_with_who_and_from_where(as_role):
    client, person = as_role(SUPER_ADMIN), UserFactory()

    assert client.get(f"/staff/accounts/user/{person.pk}/change/", headers={"user-agent": "Firefox"}).status_code == 200

    assert events("user.personal_data_read") == [(client.user.pk, "accounts.user", str(person.pk), "admin")]
    event = Event.objects.get(action="user.personal_data_read")
    assert (event.ip_address, event.user_agent) == ("127.0.0.1", "Firefox")


def test_an_account_that_may_not_be_opened_or_is_none_leaves_no_event(as_role):
    person = UserFactory()

    assert as_role(VIEWER).get(f"/staff/accounts/user/{person.pk}/change/").status_code == 403
    assert as_role(SUPER_ADMIN).get("/staff/accounts/user/9999999/change/").status_code == 302

    assert events("user.personal_data_read") == []


def test_a_list_taken_along_is_recorded(as_role):
    client = as_role(SUPER_ADMIN)
    ProjectFactory()

    client.post("/staff/registry/standard/export/", {"format": "0", "resource": "", "standardresource_code": "on"})

    assert [row[0] for row in events("data.exported")] == [client.user.pk]
    assert Event.objects.get(action="data.exported").changes == {"list": "registry.standard"}


@pytest.mark.parametrize(("given", "kept"), [("abc-DEF_12345", True), ("short", False), ("a\nb" * 5, False)])
def test_the_request_id_is_that_of_the_answer(as_role, given, kept):
    client, person = as_role(SUPER_ADMIN), UserFactory()

    answer = client.get(f"/staff/accounts/user/{person.pk}/change/", headers={"x-request-id": given})

    event = Event.objects.get(action="user.personal_data_read")
    assert event.request_id == answer.headers["X-Request-ID"]
    assert (event.request_id == given) is kept
