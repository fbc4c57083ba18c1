"""Offsetting over HTTP: the quote, the order with its payment, who may, and the report handed out as it was."""

import hashlib
import uuid

import pytest

from integrations.models import EmissionsOffset
from tests.api_clients import Api
from tests.factories import buyer, person_token
from tests.offset_factories import MARCH_KG, an_organisation, paid, small_batch, somebody_measured
from tests.stripe_fixtures import by_invoice, stripe
from transactions.models import Transaction

__all__ = ["by_invoice", "stripe"]
pytestmark = pytest.mark.django_db
OFFSETS = "/api/v1/emissions/offsets"
QUOTE = "/api/v1/emissions/offset?from=2025-03&to=2025-03"


class Client(Api):
    def post(self, path, body=None, *, key=None, **options):
        return super().post(path, body, **options, **{"Idempotency-Key": key or str(uuid.uuid4())})


def client_of(user):
    client = Client(person_token(user))
    client.user = user
    return client


@pytest.fixture
def ada(factors):
    return client_of(somebody_measured())


@pytest.fixture
def batch():
    return small_batch()


def order(batch, **fields):
    buy = {"project_id": batch.project_id, "price_per_credit": "12.5", "currency": "EUR"}
    body = {"from": "2025-03", "to": "2025-03", "quantity": "0.246", "buy": buy, **fields}
    return {name: value for name, value in body.items() if value is not ...}


def test_the_quote_says_what_remains_and_what_it_costs(ada, batch):
    quote = ada.get(QUOTE).json()

    assert (quote["from"], quote["to"], quote["method"], quote["organisation"]) == (
        "2025-03",
        "2025-03",
        "location",
        None,
    )
    assert (quote["quantity"], quote["offset"], quote["may_offset"], quote["hindrance"]) == ("0.246", "0.000", True, "")
    assert quote["remaining_kg_co2e"] == quote["total_kg_co2e"]
    offer = quote["offers"][0]
    # 0.246 t at 12.5000 EUR
    assert (offer["project_id"], offer["total_amount"], offer["hindrance"]) == (batch.project_id, "3.08", "")
    report = ada.get("/api/v1/emissions/report?from=2025-03&to=2025-03&organisation=none")
    assert quote["report_sha256"] == hashlib.sha256(report.content).hexdigest()
    assert quote["gaps"] == report.json()["gaps"]


def test_an_order_by_invoice_is_answered_alike_and_ends_with_a_certificate(ada, batch, by_invoice):
    first, again = (ada.post(OFFSETS, order(batch), key="k1") for _ in range(2))

    assert (first.status_code, again.json()) == (201, first.json())
    made = first.json()
    assert (made["status"], made["quantity"], made["retirement"]) == ("awaiting_payment", "0.246", None)
    assert (made["payment"]["payment_method"], made["payment"]["total_amount"]) == ("invoice", "3.08")
    assert first["Location"] == f"{OFFSETS}/{made['id']}"
    assert Transaction.objects.count() == 1

    paid(EmissionsOffset.objects.get())

    read = ada.get(f"{OFFSETS}/{made['id']}").json()
    listed = ada.get(OFFSETS).json()
    assert (read["status"], read["certificate_url"]) == ("retired", listed[0]["certificate_url"])
    assert listed == [{name: value for name, value in read.items() if name != "payment"}]
    certificate = Api().get(f"/certificates/{read['retirement']}.json").json()
    assert certificate["valid"]
    assert certificate["inventory"].endswith(read["report_sha256"])
    kept = ada.get(f"{OFFSETS}/{made['id']}/report")
    assert hashlib.sha256(kept.content).hexdigest() == read["report_sha256"]


def test_an_order_by_card_carries_what_the_browser_pays_with(ada, batch, stripe):
    first, again = (ada.post(OFFSETS, order(batch), key="k1").json() for _ in range(2))

    (intent,) = stripe.intents
    assert first["payment"]["client_secret"] == again["payment"]["client_secret"]
    stripe.pay(intent)
    assert ada.post(f"/api/v1/purchases/{first['purchase']}/confirm", {}).status_code == 200
    assert ada.get(f"{OFFSETS}/{first['id']}").json()["status"] == "retired"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"quantity": "0.245"}, 409, "offset_changed"),
        ({"from": "2024-03", "to": "2024-03"}, 409, "nothing_to_offset"),
        ({"buy": ...}, 400, "invalid"),
        ({"from": ...}, 400, "invalid"),
        ({"to": "2025-02"}, 400, "invalid"),
        ({"method": "residual"}, 400, "invalid"),
        ({"inventory": "mine"}, 400, "invalid"),
        ({"organisation": "00000000-0000-0000-0000-000000000000"}, 404, "organisation_not_found"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_reserved(ada, batch, fields, status, code):
    refused = ada.post(OFFSETS, order(batch, **fields))

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (EmissionsOffset.objects.count(), Transaction.objects.count()) == (0, 0)


def test_another_price_is_told_with_the_one_that_holds(ada, batch):
    body = order(batch)
    body["buy"]["price_per_credit"] = "9"

    refused = ada.post(OFFSETS, body)

    assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
    assert refused.json()["details"]["price_per_credit"] == "12.5000"


def test_members_of_the_organisation_see_it_and_only_who_acts_for_it_offsets(ada, batch, by_invoice):
    trader, viewer, stranger = (client_of(buyer()) for _ in range(3))
    organisation = str(an_organisation(ada.user, trader=trader.user, viewer=viewer.user).public_id)
    quote = f"{QUOTE}&organisation={organisation}"
    body = order(batch, organisation=organisation)

    assert stranger.get(quote).status_code == stranger.post(OFFSETS, body).status_code == 404
    assert viewer.get(quote).json()["may_offset"] is False
    assert viewer.post(OFFSETS, body).status_code == 403
    made = trader.post(OFFSETS, body).json()

    assert (made["organisation"], made["quantity"]) == (organisation, f"0.{MARCH_KG}")
    assert [row["id"] for row in viewer.get(f"{OFFSETS}?organisation={organisation}").json()] == [made["id"]]
    # What it costs and how to pay it is the buyer's alone.
    assert viewer.get(f"{OFFSETS}/{made['id']}").json()["payment"] is None
    for address in (f"{OFFSETS}/{made['id']}", f"{OFFSETS}/{made['id']}/report"):
        assert stranger.get(address).json()["code"] == "offset_not_found"
    assert stranger.get(OFFSETS).json() == []
