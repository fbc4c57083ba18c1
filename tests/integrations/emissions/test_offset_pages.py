"""The pages of offsetting: from the button to the order, what happens next, and the certificate."""

import re
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from integrations.models import EmissionsOffset
from tests.factories import PASSWORD, buyer
from tests.ledger_factories import account, proceeds_of, wanted
from tests.offset_factories import SPRING, an_organisation, offset_bought, paid, small_batch, somebody_measured
from tests.purchase_factories import selling_batch
from tests.stripe_fixtures import by_invoice
from transactions.models import Transaction
from transactions.services import credits_transfer

__all__ = ["by_invoice"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_invoice")]
PAGE = "/account/emissions/offset"
MARCH = f"{PAGE}?from=2025-03&to=2025-03&method=location"


def pages_of(user):
    client = Client()
    client.post("/account/sign-in", {"email": user.email, "password": PASSWORD})
    client.user = user
    return client


@pytest.fixture
def ada(factors):
    return pages_of(somebody_measured())


@pytest.fixture
def batch():
    return small_batch()


def fields_of(page, button):
    """The fields of the form with that button, as a browser sends them: hidden, text, the chosen one."""
    form = next(part for part in page.content.decode().split("<form")[1:] if button in part)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        values = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if values.get("type") not in ("radio", "checkbox") or "checked" in tag:
            found.setdefault(values["name"], values.get("value", "on"))
    return found


def test_from_the_button_to_the_certificate_in_two_clicks(ada, batch):
    shown = ada.get(MARCH)

    assert shown.status_code == 200
    order = fields_of(shown, "Buy and retire 0.246 t")
    assert (order["quantity"], order["beneficiary_name"]) == ("0.246", "Ada Example")
    assert order["source"] == f"buy|{batch.project_id}||EUR|12.5000"
    ordered = ada.post(PAGE, order)
    again = ada.post(PAGE, order)

    offset = EmissionsOffset.objects.get()
    assert ordered.status_code == 303
    assert ordered["Location"] == again["Location"] == f"/account/emissions/offsets/{offset.public_id}"
    waits = ada.get(ordered["Location"]).content.decode()
    assert str(offset.purchase.public_id) in waits
    assert "3.08 EUR" in waits

    retired = paid(offset).retired

    done = ada.get(ordered["Location"]).content.decode()
    assert f"/certificates/{retired.public_id}.pdf" in done
    assert (retired.beneficiary_name, retired.published) == ("Ada Example", False)
    certificate = f"/certificates/{retired.public_id}"
    assert f"<dd>{retired.inventory}</dd>" in Client().get(certificate).content.decode()
    pdf = PdfReader(BytesIO(Client().get(f"{certificate}.pdf").content))
    assert retired.inventory in " ".join(pdf.pages[0].extract_text().split())
    report = ada.get(f"{ordered['Location']}/report.json")
    assert report.content.decode() == EmissionsOffset.objects.get().report
    assert "All of it is offset" in ada.get(MARCH).content.decode()


def test_credits_that_are_held_are_retired_at_once(ada, batch):
    wallet = account(owner=ada.user, name="My wallet")
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=wallet, wanted=wanted(batch.project, 1_000)
    )

    ordered = ada.post(PAGE, {**fields_of(ada.get(MARCH), ">Retire 0.246 t"), "published": "on"}, follow=True)

    offset = EmissionsOffset.objects.get()
    assert (offset.retirement.published, offset.purchase) == (True, None)
    assert f"/certificates/{offset.retirement.public_id}" in ordered.content.decode()


def test_a_purchase_is_cancelled_by_who_ordered_it(ada, batch):
    offset = offset_bought(ada.user, batch)
    address = f"/account/emissions/offsets/{offset.public_id}"

    assert pages_of(buyer()).get(address).status_code == 404
    pages_of(buyer()).post(f"{address}/cancel")
    assert Transaction.objects.get().status == "reserved"
    ended = ada.post(f"{address}/cancel", follow=True).content.decode()

    assert "No credits were retired" in ended
    assert Transaction.objects.get().status == "cancelled"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"quantity": "0.1"}, 409, "The figures have changed: 0.246 tonnes remain"),
        ({"source": ""}, 400, "Choose which credits to retire."),
        ({"source": "buy|x||EUR|1"}, 400, "Choose which credits to retire."),
        ({"beneficiary_name": " "}, 400, "Say on whose behalf"),
        ({"key": ""}, 400, "Open this page again"),
        ({"from": "2024-01", "to": "2024-02"}, 409, "There are no emissions in these months"),
    ],
)
def test_what_cannot_be_ordered_is_said_on_the_page(ada, batch, change, status, words):
    order = fields_of(ada.get(MARCH), "Buy and retire")
    if "beneficiary_name" in change:
        ada.user.full_name = ""
        ada.user.save()

    refused = ada.post(PAGE, {**order, **change})

    assert (refused.status_code, words in refused.content.decode()) == (status, True)
    assert Transaction.objects.count() == 0


@pytest.mark.parametrize(
    "source",
    ["buy|99999999999999999999||EUR|1", "buy|{project}|99999|EUR|12.5", "buy|{project}||EUR|sNaN", "buy|1|2|3",
     "held|{project}|99999999999999999999"],
)  # fmt: skip
def test_a_choice_that_no_form_of_ours_makes_is_refused_in_words(ada, batch, source):
    order = fields_of(ada.get(MARCH), "Buy and retire 0.246 t")

    refused = ada.post(PAGE, {**order, "source": source.format(project=batch.project_id)})

    assert (refused.status_code, EmissionsOffset.objects.count()) == (400, 0)
    assert "Choose which credits to retire." in refused.content.decode()


def test_a_name_that_was_not_to_be_published_stays_so_after_a_refusal(ada, batch):
    organisation = an_organisation(ada.user, viewer=buyer())
    order = fields_of(ada.get(f"{MARCH}&organisation={organisation.public_id}"), "Buy and retire")
    assert order.pop("published") == "on"

    refused = ada.post(PAGE, {**order, "source": "nothing"})

    assert refused.status_code == 400
    assert "published" not in fields_of(refused, "Buy and retire")


def test_a_new_price_is_shown_before_anything_is_bought(ada, batch):
    order = fields_of(ada.get(MARCH), "Buy and retire")
    refused = ada.post(PAGE, {**order, "source": order["source"].replace("12.5000", "9.0000")})

    assert refused.status_code == 409
    assert "The price has changed to 12.5000 EUR" in refused.content.decode()
    assert Transaction.objects.count() == 0


def test_what_cannot_be_served_is_said_with_why(ada):
    selling_batch()

    shown = ada.get(MARCH).content.decode()

    assert "No project serves this quantity now" in shown
    assert "Sells at least 1 t at a time." in shown


def test_a_part_of_months_that_were_offset_together_leads_to_the_whole(ada, batch):
    offset_bought(ada.user, batch, SPRING)

    shown = ada.get(MARCH).content.decode()

    assert "?from=2025-03&amp;to=2025-05&amp;method=location" in shown


def test_a_viewer_looks_and_an_owner_orders_in_the_organisations_name(ada, batch):
    viewer = buyer()
    organisation = an_organisation(ada.user, viewer=viewer)
    address = f"{MARCH}&organisation={organisation.public_id}"

    assert "An owner or trader of the organisation can" in pages_of(viewer).get(address).content.decode()
    assert pages_of(buyer()).get(address).status_code == 404
    ada.post(PAGE, fields_of(ada.get(address), "Buy and retire"))

    offset = EmissionsOffset.objects.get()
    assert (offset.organisation, offset.purchase.planned_retirement.beneficiary_name) == (
        organisation,
        "Harbour Bakery",
    )
    assert offset.purchase.planned_retirement.published is True


def test_nobody_signed_in_is_sent_to_sign_in_and_back(factors):
    sent = Client().get(MARCH)

    assert sent.status_code == 302
    assert sent["Location"].startswith("/account/sign-in?next=%2Faccount%2Femissions%2Foffset%3Ffrom")
