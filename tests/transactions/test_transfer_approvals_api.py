"""Large transfers of an organisation over the API: asked for with 202, decided once, listed to its members only."""

import uuid

import pytest

from accounts.roles import TRANSACTIONS_OFFICER, VIEWER
from accounts.services import organisation_approve, organisation_create, organisation_limit_set
from tests.api_clients import api, buyer_client, staff  # noqa: F401 - two are fixtures
from tests.factories import member_of, person
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from tests.purchase_factories import assert_ledger_clean, held
from transactions.models import MovementApproval, Transaction
from transactions.services import credits_transfer, holding_account_open

pytestmark = pytest.mark.django_db


@pytest.fixture
def mill():
    """An approved organisation with clients of its members, 5 t, and a limit of 1 t."""
    batch = issued_batch(quantity_kg=10_000)
    clients = {name: buyer_client(username=name) for name in ("owner", "trader", "looker", "stranger")}
    owner = clients["owner"].user
    organisation = organisation_create(actor=owner, name="Mill", country="PT")
    organisation_approve(actor=person("Registry Officer"), pk=organisation.pk)
    member_of(organisation, clients["trader"].user, "trader")
    member_of(organisation, clients["looker"].user, "viewer")
    stock = holding_account_open(organisation=organisation, name="Stock")
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=stock, wanted=wanted(batch.project, 5_000)
    )
    organisation_limit_set(actor=owner, organisation=organisation, limit_kg=1_000)
    return clients | {"organisation": organisation, "stock": stock, "batch": batch, "receiver": account()}


def transfer(mill, who, quantity, *, path="/transfers", key=None):
    body = {
        "from_account": str(mill["stock"].public_id),
        "to_account": str(mill["receiver"].public_id),
        "project_id": mill["batch"].project_id,
        "quantity": quantity,
    }
    return mill[who].request("POST", path, body, **{"Idempotency-Key": key or str(uuid.uuid4())})


def decide(client, approval, what, body=None, key=None):
    path = f"/transfer-approvals/{approval}/{what}"
    return client.request("POST", path, body or {}, **{"Idempotency-Key": key or str(uuid.uuid4())})


def test_a_large_transfer_is_asked_for_and_approved_once(mill):
    key = str(uuid.uuid4())
    asked = transfer(mill, "trader", "2.5", key=key)
    again = transfer(mill, "trader", "2.5", key=key)

    assert (asked.status_code, again.status_code) == (202, 202)
    assert asked.json() == again.json()
    waiting = asked.json()
    assert {name: waiting[name] for name in ("kind", "state", "quantity", "organisation", "transaction")} == {
        "kind": "transfer",
        "state": "pending",
        "quantity": "2.500",
        "organisation": str(mill["organisation"].public_id),
        "transaction": None,
    }
    assert MovementApproval.objects.count() == 1
    assert held(mill["stock"]) == 5_000

    key = str(uuid.uuid4())
    done = [decide(mill["owner"], waiting["id"], "approve", key=key) for _ in range(2)]
    assert [answer.status_code for answer in done] == [200, 200]
    assert done[0].json() == done[1].json()
    moved = Transaction.objects.get(public_id=done[0].json()["transaction"])
    assert (moved.quantity_kg, held(mill["stock"]), held(mill["receiver"])) == (2_500, 2_500, 2_500)
    late = decide(mill["owner"], waiting["id"], "approve")
    assert (late.status_code, late.json()["code"]) == (409, "consent_over")
    assert_ledger_clean()


def test_a_small_one_is_done_and_an_offer_follows_the_same_rule(mill):
    assert transfer(mill, "trader", "0.4").status_code == 201
    small, large = (transfer(mill, "owner", quantity, path="/transfer-offers") for quantity in ("0.6", "0.001"))

    assert (small.status_code, small.json()["status"]) == (201, "reserved")
    assert (large.status_code, large.json()["kind"]) == (202, "offer")
    approved = decide(mill["trader"], large.json()["id"], "approve").json()
    assert (approved["state"], held(mill["stock"]), held(mill["stock"], "reserved")) == ("approved", 3_999, 601)


def test_who_sees_and_who_decides(mill, staff, api):  # noqa: F811
    waiting = transfer(mill, "trader", "2").json()["id"]
    desk, viewer = staff(TRANSACTIONS_OFFICER), staff(VIEWER)

    for client in (mill["owner"], mill["trader"], mill["looker"], desk):
        assert [row["id"] for row in client.get("/transfer-approvals").json()] == [waiting]
        assert client.get(f"/transfer-approvals/{waiting}").status_code == 200
    for client in (mill["stranger"], viewer):
        assert client.get("/transfer-approvals").json() == []
        assert client.get(f"/transfer-approvals/{waiting}").status_code == 404
    assert api.get("/transfer-approvals").status_code == api.get(f"/transfer-approvals/{waiting}").status_code == 401
    expected = {"trader": 403, "looker": 403, "stranger": 404}
    for name, status in expected.items():
        assert decide(mill[name], waiting, "approve").status_code == status
        assert decide(mill[name], waiting, "reject").status_code == status
    for client, status in ((desk, 403), (viewer, 404), (api, 401)):
        assert decide(client, waiting, "approve").status_code == status
    assert decide(mill["owner"], waiting, "withdraw").status_code == 403
    assert MovementApproval.objects.get().state == "pending"
    assert mill["looker"].request("POST", f"/transfer-approvals/{waiting}/approve", {}).status_code == 400  # no key

    assert decide(mill["owner"], waiting, "reject", {"note": "Not now."}).json()["decision_note"] == "Not now."
    assert mill["owner"].get("/transfer-approvals?state=pending").json() == []
    assert held(mill["stock"]) == 5_000


def test_the_list_is_paged(mill):
    asked = [transfer(mill, "trader", "2").json()["id"] for _ in range(3)]

    first = mill["owner"].get("/transfer-approvals?limit=2&state=pending")
    rest = mill["owner"].get(first["Link"].split(";")[0].strip("<>"))

    assert [row["id"] for row in first.json() + rest.json()] == asked[::-1]
    assert not rest.has_header("Link")
    for wrong in ("limit=0", "state=sleeping", "cursor=x", "what=1"):
        assert mill["owner"].get(f"/transfer-approvals?{wrong}").status_code == 400
