"""Officers for some countries or standards: what is out of reach is not there, through whichever door."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import StaffScope, User
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN
from carboncore.common.errors import NotFound
from registry.choices import DocumentVisibility, ProjectStatus
from registry.errors import MonitoringPeriodNotFound, ProjectNotFound
from registry.models import MonitoringPeriod, Project
from registry.services import (
    monitoring_period_create,
    monitoring_period_reject,
    monitoring_period_submit,
    project_create,
    project_delete,
    project_move,
    project_publish,
    project_update,
)
from tests.admin.pages import text_of
from tests.api_clients import Api
from tests.factories import DocumentFactory, ProjectFactory, StandardFactory, country, person, project_in, staff_token
from tests.ledger_factories import registered_project, submitted_period
from transactions.models import IssuanceRequest
from transactions.services import issuance_request_approve, issuance_request_create, issuance_request_reject

pytestmark = pytest.mark.django_db


def limited(role=REGISTRY_OFFICER, *, countries=(), standards=()):
    user = person(role)
    StaffScope.objects.create(user=user, countries=list(countries), standards=list(standards))
    return User.objects.get(pk=user.pk)


def client_of(user):
    return Api(str(staff_token(user)))


@pytest.fixture
def two():
    """A project in Brazil under VCS and one in Peru under the Gold Standard."""
    vcs, gold = StandardFactory(code="VCS"), StandardFactory(code="GS")
    near = ProjectFactory(project_name="Near One", country=country("BR"), standards=[vcs.code])
    far = ProjectFactory(project_name="Far One", country=country("PE"), standards=[gold.code])
    return near, far


def names(answer):
    return [row["project_name"] for row in answer.json()]


@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        ({"countries": ["BR"]}, ["Near One"]),
        ({"countries": ["BR", "PE"]}, ["Far One", "Near One"]),
        ({"countries": ["CO"]}, []),
        ({"standards": ["GS"]}, ["Far One"]),
        ({"standards": ["VCS", "GS"]}, ["Far One", "Near One"]),
        ({"countries": ["BR"], "standards": ["GS"]}, []),
        ({"countries": ["BR"], "standards": ["VCS"]}, ["Near One"]),
    ],
)
def test_lists_hold_what_is_in_reach(two, limits, seen):
    client = client_of(limited(**limits))

    listed = client.get("/admin/projects?count=true")

    assert sorted(names(listed)) == seen
    assert listed["X-Total-Count"] == str(len(seen))


def test_a_project_under_no_standard_yet_waits_for_anybody_of_its_country(two):
    ProjectFactory(project_name="Bare One", country=country("BR"))

    assert names(client_of(limited(countries=["BR"], standards=["GS"])).get("/admin/projects")) == ["Bare One"]
    assert names(client_of(limited(countries=["PE"], standards=["VCS"])).get("/admin/projects")) == []


def test_whoever_has_no_limits_sees_all(two):
    assert len(names(client_of(person(REGISTRY_OFFICER)).get("/admin/projects"))) == 2


def test_nothing_of_a_project_out_of_reach_is_there_over_the_api(two):
    near, far = two
    client = client_of(limited(SUPER_ADMIN, countries=["BR"]))
    before = Project.objects.filter(pk=far.pk).values().get()

    for key in (far.pk, far.public_id, far.slug):
        path = f"/admin/projects/{key}"
        calls = [
            client.get(path), client.put(path, {"region": "Mine"}), client.patch(path, {"region": "Mine"}),
            client.delete(path), client.get(f"{path}/moves"), client.post(f"{path}/moves", {"move": "submit"}),
            client.post(f"{path}/publish", {"published": True}), client.get(f"{path}/history"),
            client.get(f"{path}/overlaps"), client.get(f"{path}/documents"),
            client.post(f"{path}/documents", {"title": "A", "url": "https://a.example.org/x"}),
            client.get(f"{path}/monitoring-periods"),
            client.post(f"{path}/monitoring-periods",
                        {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "claimed": "5"}),
        ]  # fmt: skip
        assert {answer.status_code for answer in calls} == {404}

    assert Project.objects.filter(pk=far.pk).values().get() == before
    assert (far.documents.count(), far.monitoring_periods.count()) == (0, 0)
    assert client.get(f"/admin/projects/{near.pk}").status_code == 200
    assert client.patch(f"/admin/projects/{near.pk}", {"region": "Mine"}).status_code == 200


def test_services_refuse_whatever_the_door(two):
    _, far = two
    officer = limited(SUPER_ADMIN, countries=["BR"])

    for deed in (
        lambda: project_update(actor=officer, pk=far.pk, fields={"region": "Mine"}),
        lambda: project_move(actor=officer, pk=far.pk, move="submit"),
        lambda: monitoring_period_create(
            actor=officer, project=far, starts_on=date(2023, 1, 1), ends_on=date(2023, 12, 31), claimed_kg=5
        ),
    ):
        with pytest.raises(ProjectNotFound):
            deed()


def test_services_that_are_told_no_actor_ask_the_context(two):
    from carboncore.common.context import Entrance, acting

    _, far = two
    with acting(limited(SUPER_ADMIN, countries=["BR"]), Entrance.ADMIN):
        for deed in (lambda: project_publish(pk=far.pk, published=True), lambda: project_delete(pk=far.pk)):
            with pytest.raises(ProjectNotFound):
                deed()

    assert Project.objects.filter(pk=far.pk, published=False).exists()


def test_monitoring_and_issuance_out_of_reach_are_not_there(two):
    project = registered_project()
    officer = limited(SUPER_ADMIN, countries=["PE"])
    period = submitted_period(project, year=2023, claimed_kg=5_000)
    draft = monitoring_period_create(
        actor=person(REGISTRY_OFFICER),
        project=project,
        starts_on=date(2022, 1, 1),
        ends_on=date(2022, 12, 31),
        claimed_kg=5,
    )
    asked = issuance_request_create(
        actor=person(REGISTRY_OFFICER), project=project, vintage=2023, quantity_kg=1_000, period=period
    )
    client = client_of(officer)

    with pytest.raises(MonitoringPeriodNotFound):
        monitoring_period_submit(actor=officer, pk=draft.pk)
    with pytest.raises(MonitoringPeriodNotFound):
        monitoring_period_reject(actor=officer, pk=period.pk, reason="No data.")
    with pytest.raises(NotFound):
        issuance_request_approve(actor=officer, pk=asked.pk)
    with pytest.raises(NotFound):
        issuance_request_reject(actor=officer, pk=asked.pk, note="No.")
    assert client.get("/admin/issuance-requests").json() == []
    assert client.get(f"/admin/issuance-requests/{asked.pk}").status_code == 404
    key = {"Idempotency-Key": "0f0e0d0c-0b0a-4908-8706-050403020100"}
    approved = client.post(f"/admin/issuance-requests/{asked.pk}/approve", {"monitoring_period": period.pk}, **key)
    assert (approved.status_code, approved.json()["code"]) == (404, "not_found")
    filed = {"project_id": project.pk, "vintage": 2023, "quantity": "1"}
    assert set(client.post("/admin/issuance-requests", filed, **key).json()["errors"]) == {"project_id"}
    assert [*MonitoringPeriod.objects.order_by("pk").values_list("status", flat=True)] == ["submitted", "draft"]
    assert [*IssuanceRequest.objects.values_list("state", flat=True)] == ["pending"]


def test_nobody_puts_a_project_out_of_their_reach_nor_makes_one_there(two):
    near, _ = two
    officer = limited(countries=["BR"], standards=["VCS"])
    client = client_of(officer)
    body = {"project_name": "New", "project_initiator": "A", "region": "Acre", "vintage_year": 2020,
            "project_type_id": near.project_type_id}  # fmt: skip

    refused = [
        client.patch(f"/admin/projects/{near.pk}", {"country": "PE"}),
        client.patch(f"/admin/projects/{near.pk}", {"standards_list": ["GS"]}),
        client.post("/admin/projects", {**body, "country": "PE", "standards_list": ["VCS"]}),
        client.post("/admin/projects", {**body, "country": "BR", "standards_list": ["GS"]}),
    ]

    assert {answer.status_code for answer in refused} == {400}
    assert "country" in refused[0].json()["errors"]
    near.refresh_from_db()
    assert near.country_id == "BR"
    assert [c.standard.code for c in near.certifications.select_related("standard")] == ["VCS"]
    assert Project.objects.count() == 2
    made = client.post("/admin/projects", {**body, "country": "BR", "standards_list": ["VCS"]})
    assert made.status_code == 201, made.content


def test_the_admin_shows_and_opens_only_what_is_in_reach(two):
    near, far = two
    period = submitted_period(registered_project(), year=2023, claimed_kg=5_000)
    client = Client()
    client.force_login(limited(SUPER_ADMIN, countries=["PE"]))

    listed = text_of(client.get(reverse("admin:registry_project_changelist")))

    assert "Far One" in listed
    assert "Near One" not in listed
    assert client.get(reverse("admin:registry_project_change", args=[far.pk])).status_code == 200
    hidden = [
        reverse("admin:registry_project_change", args=[near.pk]),
        reverse("admin:registry_project_history", args=[near.pk]),
        reverse("admin:registry_monitoringperiod_change", args=[period.pk]),
    ]
    assert [client.get(address).status_code in (302, 404) for address in hidden] == [True] * 3
    assert "Near One" not in "".join(text_of(client.get(address, follow=True)) for address in hidden)


def test_an_internal_document_out_of_reach_is_not_served():
    document = DocumentFactory(project=ProjectFactory(country=country("BR")), visibility=DocumentVisibility.INTERNAL)
    address = f"/documents/{document.public_id}"

    assert client_of(limited(countries=["PE"])).get(address).status_code == 404
    assert client_of(limited(countries=["BR"])).get(address).status_code == 200


def test_somebody_with_limits_works_within_them():
    project = project_in(ProjectStatus.SUBMITTED, country=country("BR"))
    reviewer = limited(REVIEWER, countries=["BR"])

    moved = project_move(actor=reviewer, pk=project.pk, move="begin_validation")

    assert moved.status == ProjectStatus.UNDER_VALIDATION


def test_a_command_reaches_everything(two):
    _, far = two

    assert project_update(actor=None, pk=far.pk, fields={"region": "Cusco"}).region == "Cusco"
    assert project_create(
        actor=None,
        fields={
            "project_name": "By command", "project_initiator": "A", "project_type": far.project_type,
            "country": country("CO"), "region": "Meta", "vintage_year": 2021,
        },
    ).pk  # fmt: skip
