"""Officers for some countries or standards: credits of projects out of their reach are not there, through any door."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import StaffScope, User
from accounts.roles import SUPER_ADMIN
from carboncore.common.errors import NotFound
from tests.admin.pages import text_of
from tests.api_clients import Api
from tests.factories import person, staff_token
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account_with, buffer_pool, proceeds_of, wanted
from tests.purchase_factories import reserved_purchase, selling_batch
from transactions.models import CreditPrice, HoldingAccount, LedgerEntry, PaymentIssue, ReversalRequest
from transactions.services import (
    buffer_cancel,
    credits_cancel,
    credits_transfer,
    holding_account_freeze,
    payment_issue_resolve,
    purchase_refund,
    reversal_request_approve,
    reversal_request_create,
)
from transactions.services.prices import price_end, price_set
from transactions.services.purchases import purchase_mark_paid

pytestmark = pytest.mark.django_db


def limited(*countries):
    user = person(SUPER_ADMIN)
    StaffScope.objects.create(user=user, countries=list(countries), standards=[])
    return User.objects.get(pk=user.pk)


@pytest.fixture
def sold():
    """A Brazilian project's batch with two purchases (one paid), a transfer that is wrong, and an issue."""
    batch = selling_batch(quantity_kg=50_000)
    due, paid = (reserved_purchase(batch, 1_000) for _ in range(2))
    purchase_mark_paid(actor=person(SUPER_ADMIN), purchase_pk=paid.pk, reference="Bank 1")
    holder = account_with(batch, 2_000)
    entry = LedgerEntry.objects.filter(kind="transfer").get()
    asked = reversal_request_create(actor=person(SUPER_ADMIN), entry_pk=entry.pk, reason="Wrong.")
    issue = PaymentIssue.objects.create(kind="dispute", subject="dp_1", details="Disputed.", transaction=due)
    return {"batch": batch, "due": due, "paid": paid, "holder": holder, "entry": entry, "asked": asked, "issue": issue}


def test_no_deed_reaches_credits_out_of_reach(sold):
    far, project, price = limited("PE"), sold["batch"].project, CreditPrice.objects.get()
    before = ledger_dump()

    for deed in (
        lambda: purchase_mark_paid(actor=far, purchase_pk=sold["due"].pk, reference="Bank 2"),
        lambda: purchase_refund(actor=far, purchase_pk=sold["paid"].pk, reason="Twice."),
        lambda: payment_issue_resolve(actor=far, pk=sold["issue"].pk, resolution="noted", note="Seen."),
        lambda: reversal_request_approve(actor=far, pk=sold["asked"].pk),
        lambda: reversal_request_create(actor=far, entry_pk=sold["entry"].pk, reason="Wrong."),
        lambda: holding_account_freeze(actor=far, pk=proceeds_of(project).pk, reason="Doubts."),
        lambda: buffer_cancel(actor=far, pool=buffer_pool(), wanted=wanted(project, 1), reason="Fire."),
        lambda: credits_cancel(actor=far, account=sold["holder"], wanted=wanted(project, 1), reason="No."),
        lambda: credits_transfer(
            actor=far, from_account=sold["holder"], to_account=proceeds_of(project), wanted=wanted(project, 1)
        ),
        lambda: price_set(actor=far, project=project, vintage=None, currency="EUR", price_per_credit=Decimal(1)),
        lambda: price_end(actor=far, pk=price.pk),
    ):
        with pytest.raises(NotFound):
            deed()

    assert ledger_dump() == before
    assert ReversalRequest.objects.get().state == "pending"
    assert (HoldingAccount.objects.filter(state="frozen").count(), CreditPrice.objects.get().valid_to) == (0, None)
    assert PaymentIssue.objects.get().resolved_at is None
    assert purchase_mark_paid(actor=limited("BR"), purchase_pk=sold["due"].pk, reference="B").status == "completed"


def test_the_api_lists_and_adds_up_only_what_is_in_reach(sold):
    near, far = (Api(str(staff_token(limited(country)))) for country in ("BR", "PE"))
    price, issue, asked = CreditPrice.objects.get().pk, sold["issue"].pk, sold["asked"].pk

    for path, found in (("transactions", 3), ("credit-prices", 1), ("payment-issues", 1), ("reversal-requests", 1)):
        assert [len(client.get(f"/admin/{path}").json()) for client in (near, far)] == [found, 0], path
    for path in (f"credit-prices/{price}", f"payment-issues/{issue}"):
        assert [client.get(f"/admin/{path}").status_code for client in (near, far)] == [200, 404], path
    totals = [client.get("/admin/transactions/analytics").json()["totals"]["count"] for client in (near, far)]
    assert totals == [3, 0]
    rows = [b"".join(client.get("/admin/transactions.csv").streaming_content).count(b"\n") for client in (near, far)]
    assert rows == [4, 1]
    key = {"Idempotency-Key": "0f0e0d0c-0b0a-4908-8706-050403020100"}
    refused = far.post(f"/purchases/{sold['due'].public_id}/mark-paid", {"reference": "B"}, **key)
    assert (refused.status_code, refused.json()["code"]) == (404, "purchase_not_found")
    assert far.post(f"/admin/reversal-requests/{asked}/approve", {}, **key).status_code == 404
    PaymentIssue.objects.create(kind="foreign_refund", subject="pi_2", details="Whose is it?")
    assert [len(client.get("/admin/payment-issues").json()) for client in (near, far)] == [2, 1]


def test_the_admin_shows_and_opens_only_what_is_in_reach(sold):
    records = [
        sold["batch"], sold["due"], sold["entry"], sold["asked"], sold["issue"],
        CreditPrice.objects.get(), proceeds_of(sold["batch"].project),
    ]  # fmt: skip
    near, far = Client(), Client()
    near.force_login(limited("BR"))
    far.force_login(limited("PE"))

    for record in records:
        model = f"admin:{record._meta.app_label}_{record._meta.model_name}"
        address = reverse(f"{model}_change", args=[record.pk])
        assert near.get(address).status_code == 200
        # Django sends who asks for what is not there to the dashboard
        assert far.get(address).status_code in (302, 404)
        assert address not in far.get(reverse(f"{model}_changelist")).content.decode()
    listed = text_of(far.get(reverse("admin:transactions_holdingaccount_changelist")))
    assert sold["holder"].name in listed
