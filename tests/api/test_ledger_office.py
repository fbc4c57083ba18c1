"""The office's API: organisations, issuance, reversals, accounts and the buffer pool; who may, and what is refused."""

import uuid
from decimal import Decimal

import pytest

from accounts.roles import AUDITOR, REGISTRY_OFFICER, ROLE_NAMES, SUPER_ADMIN, TRANSACTIONS_OFFICER
from accounts.services import organisation_create
from tests.api_clients import Api
from tests.factories import UserFactory, person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import (
    account,
    account_with,
    buffer_pool,
    freeze,
    issuance_request,
    issued_batch,
    proceeds_of,
    registered_project,
    verified_period,
)
from tests.purchase_factories import assert_ledger_clean, held
from transactions.models import CreditBatch, HoldingAccount, IssuanceRequest, LedgerEntry, PaymentIssue
from transactions.services import reversal_request_create

pytestmark = pytest.mark.django_db

ALL, DESK, OFFICERS = set(ROLE_NAMES), {SUPER_ADMIN, TRANSACTIONS_OFFICER}, {SUPER_ADMIN, REGISTRY_OFFICER}
ASKERS = OFFICERS | DESK
# method, address, body, who may, the status they get
TABLE = [
    ("GET", "/admin/issuance-requests", None, ALL, 200),
    ("POST", "/admin/issuance-requests", {"project_id": "{project}", "vintage": 2024, "quantity": 1}, ASKERS, 201),
    ("GET", "/admin/issuance-requests/{issuance}", None, ALL, 200),
    ("POST", "/admin/issuance-requests/{issuance}/approve", {}, OFFICERS, 200),
    ("POST", "/admin/issuance-requests/{issuance}/reject", {"note": "No."}, OFFICERS, 200),
    ("GET", "/admin/reversal-requests", None, ALL, 200),
    ("POST", "/admin/reversal-requests", {"entry": "{entry}", "reason": "Wrong."}, DESK, 201),
    ("POST", "/admin/reversal-requests/{reversal}/approve", {}, DESK, 200),
    ("POST", "/admin/reversal-requests/{reversal}/reject", {"note": "No."}, DESK, 200),
    ("POST", "/admin/holding-accounts/{account}/freeze", {"reason": "An inquiry."}, DESK, 200),
    ("POST", "/admin/holding-accounts/{frozen}/unfreeze", {}, DESK, 200),
    ("POST", "/admin/holding-accounts/{empty}/close", {}, DESK, 200),
    ("POST", "/admin/buffer-releases",
     {"project_id": "{project}", "quantity": 1, "reason": "Past.", "to_account": "{account}"}, DESK, 201),
    ("POST", "/admin/buffer-cancellations", {"project_id": "{project}", "quantity": 1, "reason": "Fire."}, DESK, 201),
    ("GET", "/admin/payment-issues", None, ALL, 200),
    ("GET", "/admin/payment-issues/{issue}", None, ALL, 200),
    ("POST", "/admin/payment-issues/{issue}/resolve", {"resolution": "noted", "note": "Seen."}, DESK, 200),
    ("GET", "/admin/organisations", None, ASKERS | {AUDITOR}, 200),
    ("POST", "/admin/organisations/{organisation}/approve", {}, OFFICERS, 200),
    ("POST", "/admin/organisations/{organisation}/reject", {"note": "No."}, OFFICERS, 200),
    ("GET", "/organisations", None, ALL | {""}, 200),
    ("POST", "/organisations", {"name": "Mill", "country": "PT"}, ALL | {""}, 201),
]  # fmt: skip


@pytest.fixture
def names():
    batch = issued_batch(quantity_kg=20_000, buffer=10)
    holder = account_with(batch, 4_000)
    second = account_with(batch, 1_000)
    wrong, other = LedgerEntry.objects.filter(kind="transfer").order_by("pk")
    owner = UserFactory(is_staff=False)
    return {
        "project": batch.project_id,
        "issuance": issuance_request(quantity_kg=5_000, project=batch.project, year=2023).pk,
        "entry": wrong.pk,
        "reversal": reversal_request_create(actor=person(SUPER_ADMIN), entry_pk=other.pk, reason="Wrong.").pk,
        "account": holder.public_id,
        "second": second.public_id,
        "empty": account().public_id,
        "frozen": freeze(account().pk).public_id,
        "issue": PaymentIssue.objects.create(kind="dispute", subject="dp_1", details="Disputed.").pk,
        "organisation": organisation_create(actor=owner, name="Harbour Bakery", country="PT").public_id,
    }


def filled(value, names):
    if isinstance(value, dict):
        return {name: filled(part, names) for name, part in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        found = names[value.strip("{}")]
        return found if isinstance(found, int) else str(found)
    return value


def call(client, names, method, path, body):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return client.request(method, path.format(**names), filled(body, names), **key)


def everything():
    from accounts.models import Membership, Organisation
    from transactions.models import ReversalRequest

    models = (Organisation, Membership, IssuanceRequest, ReversalRequest, HoldingAccount, PaymentIssue)
    return ledger_dump(), {model.__name__: sorted(map(repr, model.objects.values_list())) for model in models}


def test_every_address_by_nobody_and_by_every_group(staff, names):
    """One world for the whole table: a refusal must leave it as it was."""
    before = everything()
    for method, path, body, allowed, _ in TABLE:
        assert call(Api(), names, method, path, body).status_code == 401, (method, path)
        for role in (*ROLE_NAMES, ""):
            if role not in allowed:
                assert call(staff(role), names, method, path, body).status_code == 403, (method, path, role)
    assert everything() == before


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_who_may_gets_their_answer(staff, names, row):
    method, path, body, allowed, status = row
    for role in sorted(allowed)[-1:]:
        before = everything()
        answer = call(staff(role), names, method, path, body)
        assert answer.status_code == status, (role, answer.content)
        assert (everything() != before) == (method != "GET")


# --- issuance -----------------------------------------------------------------------------------------


def keyed(client, path, body, key=None):
    return client.post(path, body, **{"Idempotency-Key": key or str(uuid.uuid4())})


def test_credits_from_the_request_to_the_batch(officer, super_admin, exact):
    project = registered_project(buffer_percentage=Decimal(10))
    period = verified_period(project, year=2024, verified_kg=5_000)
    standard = project.certifications.get().standard
    body = {"project_id": project.pk, "vintage": 2024, "quantity": "4.500", "labels": ["CORSIA"]}

    filed = keyed(officer, "/api/v1/admin/issuance-requests", body)
    address = f"/api/v1/admin/issuance-requests/{filed.json()['id']}"
    own = keyed(officer, f"{address}/approve", {})
    early = keyed(super_admin, f"{address}/approve", {})
    late = {"monitoring_period": period.pk, "standard": standard.code.lower(), "note": "Report read."}
    issued = [keyed(super_admin, f"{address}/approve", late, key="one click") for _ in range(2)]

    assert filed.status_code == 201
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert (early.status_code, early.json()["code"]) == (409, "issuance_not_possible")
    batch = CreditBatch.objects.get()
    assert [(answer.status_code, answer.json()) for answer in issued] == [
        (200, {"success": True, "message": "Credits issued", "batch": batch.serial_root, "quantity": "4.500"})
    ] * 2
    assert (held(proceeds_of(project)), held(buffer_pool(), "buffer")) == (4_050, 450)
    shown = exact(officer.get(address))
    assert {name: shown[name] for name in ("state", "quantity", "batch", "standard", "labels", "decision_note")} == {
        "state": "approved",
        "quantity": Decimal("4.500"),
        "batch": batch.serial_root,
        "standard": standard.code,
        "labels": ["CORSIA"],
        "decision_note": "Report read.",
    }
    assert exact(officer.get("/admin/issuance-requests?state=approved&vintage=2024")) == [shown]
    assert exact(officer.get(f"/admin/issuance-requests?state=pending&project_id={project.pk}")) == []
    assert_ledger_clean()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": "1,5"}, "quantity"),
        ({"vintage": 1900}, "vintage"),
        ({"project_id": 10**9}, "project_id"),
        ({"monitoring_period": 10**9}, "monitoring_period"),
        ({"standard": "Unheard Of"}, "standard"),
        ({"labels": [""]}, "labels.0"),
        ({"buffer": 3}, "buffer"),
    ],
)
def test_a_request_that_is_none_is_refused_by_field(officer, change, field):
    project = registered_project()
    body = {"project_id": project.pk, "vintage": 2024, "quantity": 1, **change}

    answer = keyed(officer, "/admin/issuance-requests", body)

    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert not IssuanceRequest.objects.exists()
    assert officer.post("/admin/issuance-requests", body).status_code == 400  # no Idempotency-Key


# --- reversals, accounts, buffer ----------------------------------------------------------------------


def test_a_reversal_by_two_persons_over_the_api(staff, super_admin, exact):
    batch = issued_batch(quantity_kg=10_000)
    holder = account_with(batch, 4_000)
    entry = LedgerEntry.objects.get(kind="transfer")
    clerk = staff(TRANSACTIONS_OFFICER)

    filed = keyed(clerk, "/admin/reversal-requests", {"entry": entry.pk, "reason": "Wrong account"})
    address = f"/admin/reversal-requests/{filed.json()['id']}"
    own = keyed(clerk, f"{address}/approve", {})
    approved = keyed(super_admin, f"{address}/approve", {"note": "Letter seen."})

    assert (filed.status_code, own.status_code, approved.status_code) == (201, 403, 200)
    assert held(holder) == 0
    (shown,) = exact(clerk.get("/admin/reversal-requests?state=approved"))
    assert (shown["entry"], shown["batch"], shown["position"], shown["kind"]) == (
        entry.pk,
        batch.serial_root,
        2,
        "transfer",
    )
    assert shown["reversal"] == LedgerEntry.objects.get(kind="reversal").pk
    assert keyed(clerk, "/admin/reversal-requests", {"entry": 10**12, "reason": "None"}).status_code == 404
    assert_ledger_clean()


def test_a_frozen_account_and_a_closed_one(staff):
    clerk, batch = staff(TRANSACTIONS_OFFICER), issued_batch(quantity_kg=10_000)
    holder = account_with(batch, 4_000)
    address = f"/admin/holding-accounts/{holder.public_id}"
    release = {"project_id": batch.project_id, "quantity": 1, "reason": "Past.", "to_account": str(holder.public_id)}

    why = {"reason": "An inquiry."}

    assert keyed(clerk, f"{address}/freeze", {}).status_code == 400
    assert clerk.post(f"{address}/freeze", why).json()["errors"].keys() == {"Idempotency-Key"}
    assert keyed(clerk, f"{address}/unfreeze", {}).json()["code"] == "conflict"
    frozen = [keyed(clerk, f"{address}/freeze", why, key="once") for _ in range(2)]
    assert [answer.json() for answer in frozen] == [{"success": True, "message": "Account frozen"}] * 2
    assert keyed(clerk, f"{address}/freeze", why).status_code == 409
    assert keyed(clerk, "/admin/buffer-releases", release).json()["code"] == "account_not_usable"
    assert keyed(clerk, f"{address}/close", {}).status_code == 409
    assert keyed(clerk, f"{address}/unfreeze", {"reason": ""}).status_code == 200
    assert keyed(clerk, f"/admin/holding-accounts/{uuid.uuid4()}/close", {}).status_code == 404
    holder.refresh_from_db()
    assert holder.state == "open"
    told = holder.history.filter(history_change_reason__isnull=False).order_by("history_id")
    assert [(row.state, row.history_change_reason, row.history_user, row.entrance) for row in told] == [
        ("frozen", "An inquiry.", clerk.user, "api"),
        ("open", "", clerk.user, "api"),
    ]


def test_buffer_credits_are_released_and_cancelled_once_for_each_key(staff):
    clerk, batch = staff(TRANSACTIONS_OFFICER), issued_batch(quantity_kg=20_000, buffer=10)
    holder = account()
    release = {
        "project_id": batch.project_id,
        "quantity": "0.500",
        "reason": "Past.",
        "to_account": str(holder.public_id),
    }

    released = [keyed(clerk, "/admin/buffer-releases", release, key="a") for _ in range(2)]
    gone = keyed(
        clerk, "/admin/buffer-cancellations", {"project_id": batch.project_id, "quantity": 1, "reason": "Fire."}
    )
    more = keyed(
        clerk, "/admin/buffer-cancellations", {"project_id": batch.project_id, "quantity": 1, "reason": "Fire."}
    )

    assert released[0].status_code == released[1].status_code == 201
    assert released[0].json() == released[1].json()
    assert (gone.status_code, more.status_code, more.json()["code"]) == (201, 409, "not_enough_credits")
    pool = buffer_pool()
    assert (held(holder), held(pool, "buffer"), held(pool, "cancelled")) == (500, 500, 1_000)
    assert_ledger_clean()
