"""Monitoring periods over the API: from the claim to the verification, and every refusal in words."""

from decimal import Decimal

import pytest

from registry.models import MonitoringPeriod
from tests.ledger_factories import registered_project, submitted_period

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return registered_project()


@pytest.fixture
def periods(project):
    return f"/api/v1/admin/projects/{project.pk}/monitoring-periods"


CLAIM = {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "claimed": "1234.567"}


def test_from_the_claim_to_the_verification(officer, super_admin, project, periods, exact):
    created = officer.post(periods, CLAIM)
    address = created["Location"]
    body = {"verified": 1200, "validator": project.certifications.get().validator_id, "verified_on": "2024-02-29"}

    assert (created.status_code, created.json()["message"]) == (201, "Monitoring period created")
    assert address == f"{periods}/{created.json()['id']}"
    assert officer.post(f"{address}/submit", {}).json() == {"success": True, "message": "Monitoring period submitted"}
    assert super_admin.post(f"{address}/verify", body).status_code == 200

    shown = exact(officer.get(address))
    assert {name: shown[name] for name in ("starts_on", "ends_on", "status", "claimed", "verified", "verified_on")} == {
        "starts_on": "2023-01-01",
        "ends_on": "2023-12-31",
        "status": "verified",
        "claimed": Decimal("1234.567"),
        "verified": Decimal("1200.000"),
        "verified_on": "2024-02-29",
    }
    assert (shown["submitted_by"], shown["verified_by"]) == (officer.user.email, super_admin.user.email)
    assert shown["validator"] == project.certifications.get().validator.name
    assert exact(officer.get(periods)) == [shown]
    assert MonitoringPeriod.history.filter(entrance="api").count() == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"claimed": 0}, "claimed"),
        ({"claimed": "1,5"}, "claimed"),
        ({"claimed": "0.0001"}, "claimed"),
        ({"claimed": 1e30}, "claimed"),
        ({"claimed": True}, "claimed"),
        ({"ends_on": "2022-12-31"}, "ends_on"),
        ({"ends_on": "2199-12-31"}, "ends_on"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_a_claim_that_is_none_is_refused_by_field(officer, periods, change, field):
    answer = officer.post(periods, {**CLAIM, **change})

    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert not MonitoringPeriod.objects.exists()


def test_days_are_claimed_once(officer, periods):
    assert officer.post(periods, CLAIM).status_code == 201

    again = officer.post(periods, {**CLAIM, "starts_on": "2023-12-31", "ends_on": "2024-12-30"})

    assert (again.status_code, set(again.json()["errors"])) == (400, {"starts_on"})
    assert MonitoringPeriod.objects.count() == 1


def test_whoever_submitted_a_period_does_not_decide_it(super_admin, project, periods):
    address = super_admin.post(periods, CLAIM)["Location"]
    super_admin.post(f"{address}/submit", {})
    body = {"verified": 1, "validator": project.certifications.get().validator_id, "verified_on": "2024-02-29"}

    for step, sent in (("verify", body), ("reject", {"reason": "Mine."})):
        answer = super_admin.post(f"{address}/{step}", sent)
        assert (answer.status_code, "second person" in answer.json()["message"]) == (403, True)
    assert MonitoringPeriod.objects.get().status == "submitted"


def test_refusals_of_a_verification(super_admin, project, periods):
    address = f"{periods}/{submitted_period(project, year=2023, claimed_kg=5_000).pk}"
    body = {"verified": "5", "validator": project.certifications.get().validator_id, "verified_on": "2024-02-29"}

    for change, field in (
        ({"verified": "5.001"}, "verified"),
        ({"validator": 10**12}, "validator"),
        ({"verified_on": "2023-12-30"}, "verified_on"),
    ):
        answer = super_admin.post(f"{address}/verify", {**body, **change})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert super_admin.post(f"{address}/submit", {}).status_code == 409
    assert MonitoringPeriod.objects.get().status == "submitted"

    assert super_admin.post(f"{address}/reject", {"reason": "No field data."}).status_code == 200
    assert super_admin.post(f"{address}/verify", body).status_code == 409


def test_a_period_of_another_project_is_not_found_here(super_admin, periods):
    other = submitted_period(registered_project(), year=2023, claimed_kg=5_000)

    for pk in (other.pk, 0, 2**63):
        assert super_admin.get(f"{periods}/{pk}").status_code == 404
    assert super_admin.post(f"{periods}/{other.pk}/reject", {"reason": "Not mine."}).status_code == 404
    other.refresh_from_db()
    assert other.status == "submitted"
