"""What staff do on the ledger's pages: each deed asks first, goes through its service, and happens once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER
from registry.models import MonitoringPeriod
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import (
    account,
    account_with,
    buffer_pool,
    issuance_request,
    issued_batch,
    proceeds_of,
    registered_project,
    submitted_period,
    verified_period,
    wanted,
)
from tests.purchase_factories import assert_ledger_clean, blocks_of, held, payable_purchase, selling_batch
from transactions.models import (
    CreditBatch,
    CreditPrice,
    IssuanceRequest,
    PaymentIssue,
    PaymentRefund,
    Retirement,
    ReversalRequest,
    Transaction,
)
from transactions.services import credits_transfer, issuance_request_create
from transactions.services.purchases import purchase_mark_paid

pytestmark = pytest.mark.django_db


def deed(record, name):
    """Return the address of the page that asks for a deed."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_deed", args=[record.pk, name])


def page(record):
    """Return the address of a record's page."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])


def ask(client, address, **fields):
    """Fill the form of a page and send it; returns the answer and what was sent."""
    form = {**form_values(client.get(address)), **fields}
    return client.post(address, form), form


# -- monitoring ------------------------------------------------------------------------------------------------


def test_a_period_is_stated_submitted_and_verified_by_two_people(as_role):
    project = registered_project()
    officer, admin = as_role(REGISTRY_OFFICER), as_role(SUPER_ADMIN)

    # when one states and submits it
    response, _ = ask(
        officer,
        "/staff/registry/monitoringperiod/state/",
        project=project.pk,
        starts_on="2024-01-01",
        ends_on="2024-12-31",
        claimed="1200.5",
    )
    period = MonitoringPeriod.objects.get()
    assert response.headers["Location"] == page(period)
    ask(officer, deed(period, "submit"))

    # then another verifies it
    response, _ = ask(
        admin,
        deed(period, "verify"),
        verified="1100",
        validator=project.certifications.get().validator_id,
        verified_on="2025-02-01",
    )
    period.refresh_from_db()
    assert (response.status_code, period.status) == (302, "verified")
    assert (period.claimed_kg, period.verified_kg) == (1_200_500, 1_100_000)
    assert (period.submitted_by, period.verified_by) == (officer.user, admin.user)


def test_who_submitted_a_period_does_not_decide_it(as_role):
    project = registered_project()
    admin = as_role(SUPER_ADMIN)
    period = submitted_period(project, year=2024, claimed_kg=5_000)
    MonitoringPeriod.objects.filter(pk=period.pk).update(submitted_by=admin.user)

    assert "so a second person has to verify or reject it" in text_of(admin.get(page(period)))
    assert deed(period, "verify") not in read_page(admin.get(page(period))).links
    assert admin.get(deed(period, "verify")).status_code == 302
    refused = admin.post(deed(period, "reject"), {"reason": "Not mine to say."})

    period.refresh_from_db()
    assert (refused.status_code, period.status) == (403, "submitted")


def test_a_quantity_that_is_none_is_told_and_nothing_is_verified(as_role):
    project = registered_project()
    period = submitted_period(project, year=2024, claimed_kg=5_000)
    admin = as_role(SUPER_ADMIN)
    given = {"validator": project.certifications.get().validator_id, "verified_on": "2025-02-01"}

    for text in ("0", "-1", "1,5", "0.0001", "1e30", "NaN", ""):
        response, _ = ask(admin, deed(period, "verify"), verified=text, **given)
        assert response.status_code == 400, text
    more, _ = ask(admin, deed(period, "verify"), verified="5.001", **given)

    assert "up to the 5.000 t claimed" in text_of(more)
    period.refresh_from_db()
    assert (period.status, period.verified_kg) == ("submitted", None)


# -- issuance --------------------------------------------------------------------------------------------------


def test_credits_are_asked_for_from_a_verified_period_and_approved_by_somebody_else(as_role):
    # given a verified period of a project with a buffer share of 12.5 %
    project = registered_project(buffer_percentage=Decimal("12.50"))
    period = verified_period(project, year=2024, verified_kg=10_001)
    officer, admin = as_role(TRANSACTIONS_OFFICER), as_role(SUPER_ADMIN)

    # when an officer follows the period's link, whose form is filled already
    address = next(link for link in read_page(officer.get(page(period))).links if "/ask/" in link)
    form = form_values(officer.get(address))
    assert (form["monitoring_period"], form["vintage"], form["quantity"]) == (str(period.pk), "2024", "10.001")
    officer.post(address, {**form, "labels": "CORSIA phase 1"})
    request = IssuanceRequest.objects.get()
    assert request.labels == ["CORSIA phase 1"]

    # then the second person sees the split and approves it
    told = text_of(admin.get(page(request)))
    assert "8.750 t to the project's proceeds" in told
    assert "1.251 t to the buffer pool (12.5 %)" in told
    response, _ = ask(admin, deed(request, "approve"), note="Checked.")
    batch = CreditBatch.objects.get()
    assert response.headers["Location"] == page(request)
    assert [(first, end, state) for first, end, _, state in blocks_of(batch)] == [
        (0, 8_750, "active"),
        (8_750, 10_001, "buffer"),
    ]
    assert admin.post(deed(request, "approve"), {"note": ""}).status_code == 409
    assert CreditBatch.objects.count() == 1


def test_who_asked_for_an_issuance_sees_why_they_cannot_decide_it(as_role):
    project = registered_project()
    admin = as_role(SUPER_ADMIN)
    request = issuance_request(quantity_kg=1_000, project=project, actor=admin.user)
    before = ledger_dump()

    assert "so a second person has to decide it" in text_of(admin.get(page(request)))
    assert deed(request, "approve") not in read_page(admin.get(page(request))).links
    assert admin.get(deed(request, "approve")).status_code == 302
    assert admin.post(deed(request, "approve"), {"note": ""}).status_code == 403
    assert admin.post(deed(request, "reject"), {"note": "No."}).status_code == 403

    assert ledger_dump() == before
    waiting = reverse("admin:transactions_issuancerequest_changelist") + "?waiting=me"
    assert f"Request {request.pk}" not in text_of(admin.get(waiting))
    assert f"Request {request.pk}" in text_of(as_role(SUPER_ADMIN).get(waiting))


def test_a_request_that_is_not_ready_says_what_is_missing(as_role):
    project = registered_project()
    period = submitted_period(project, year=2024, claimed_kg=9_000)
    request = issuance_request_create(
        actor=person(REGISTRY_OFFICER), project=project, vintage=2024, quantity_kg=9_000, period=period
    )
    admin = as_role(SUPER_ADMIN)

    assert "Credits are issued only for a verified monitoring period." in text_of(admin.get(page(request)))
    response, _ = ask(admin, deed(request, "approve"))

    assert response.status_code == 409
    assert "Credits are issued only for a verified monitoring period." in text_of(response)
    assert CreditBatch.objects.count() == 0


# -- accounts --------------------------------------------------------------------------------------------------


def test_an_officer_retires_for_an_account_once_however_often_the_form_is_sent(as_role):
    batch = issued_batch(quantity_kg=50_000)
    holder = account_with(batch, 20_000)
    officer = as_role(TRANSACTIONS_OFFICER)

    response, form = ask(
        officer,
        deed(holder, "retire"),
        project=batch.project_id,
        quantity="5.25",
        beneficiary_name="Harbour Foundation",
        purpose="environmental_benefit",
    )
    again = officer.post(deed(holder, "retire"), form)

    retirement = Retirement.objects.get()
    assert (response.status_code, again.status_code) == (302, 302)
    assert (retirement.beneficiary_name, retirement.published) == ("Harbour Foundation", True)
    assert retirement.transaction.entry_links.get().entry.actor == officer.user
    assert (held(holder), held(holder, "retired")) == (14_750, 5_250)
    changed = officer.post(deed(holder, "retire"), {**form, "quantity": "6"})
    assert changed.status_code == 409
    assert held(holder) == 14_750
    assert_ledger_clean()


def test_named_serials_are_the_ones_that_move(as_role):
    batch = issued_batch(quantity_kg=50_000)
    holder, receiver = account_with(batch, 20_000), account("Receiver")
    officer = as_role(TRANSACTIONS_OFFICER)

    response, _ = ask(
        officer,
        deed(holder, "transfer"),
        project=batch.project_id,
        quantity="3",
        serials=f"{batch.serial_root}-11-13",
        to_account=receiver.pk,
    )

    assert response.status_code == 302
    assert (10_000, 13_000, receiver.pk, "active") in blocks_of(batch)
    wrong, _ = ask(
        officer,
        deed(holder, "transfer"),
        project=batch.project_id,
        quantity="3",
        serials=f"{batch.serial_root}-30-32",
        to_account=receiver.pk,
    )
    assert wrong.status_code == 409
    assert held(receiver) == 3_000


def test_more_than_there_is_and_a_frozen_account_move_nothing(as_role):
    batch = issued_batch(quantity_kg=50_000)
    holder = account_with(batch, 20_000)
    officer = as_role(TRANSACTIONS_OFFICER)
    given = {"project": batch.project_id, "reason": "Issued twice elsewhere."}
    before = ledger_dump()

    too_much, form = ask(officer, deed(holder, "cancel"), quantity="20.001", **given)
    assert too_much.status_code == 409
    assert ledger_dump() == before

    assert ask(officer, deed(holder, "freeze"))[0].status_code == 400
    assert ask(officer, deed(holder, "freeze"), reason="A court's order.")[0].status_code == 302
    holder.refresh_from_db()
    assert holder.state == "frozen"
    told = text_of(officer.get(page(holder)))
    assert "purchases into it do not settle. Why: A court's order." in told
    assert f"Became By Why {holder.history.first().history_date:%d %b %Y %H:%M} UTC Frozen {officer.user}" in told
    assert "“A court's order.”" in text_of(officer.get(page(holder).replace("/change/", "/history/")))
    assert officer.get(deed(holder, "cancel")).status_code == 302
    frozen = officer.post(deed(holder, "cancel"), {**form, "quantity": "1"})
    assert frozen.status_code == 409
    assert held(holder) == 20_000

    assert ask(officer, deed(holder, "unfreeze"))[0].status_code == 302
    assert ask(officer, deed(holder, "cancel"), quantity="1", **given)[0].status_code == 302
    assert (held(holder), held(holder, "cancelled")) == (19_000, 1_000)
    full, _ = ask(officer, deed(holder, "close"))
    assert (full.status_code, "still holds credits" in text_of(full)) == (409, True)


def test_buffer_credits_are_released_and_cancelled_from_the_pools_page(as_role):
    batch = issued_batch(quantity_kg=50_000, buffer=20)
    pool, source = buffer_pool(), proceeds_of(batch.project)
    officer = as_role(TRANSACTIONS_OFFICER)
    assert deed(pool, "retire") not in read_page(officer.get(page(pool))).links

    given = {"project": batch.project_id, "reason": "A fire in 2025."}
    ask(officer, deed(pool, "cancel-buffer"), quantity="2", **given)
    ask(officer, deed(pool, "release"), quantity="3", to_account=source.pk, **given)

    assert (held(pool, "buffer"), held(pool, "cancelled"), held(source)) == (5_000, 2_000, 43_000)
    assert_ledger_clean()


# -- purchases -------------------------------------------------------------------------------------------------


def test_an_invoice_is_marked_as_paid_and_partly_refunded_once(as_role):
    batch = selling_batch()
    purchase = payable_purchase(batch, 10_000)
    officer = as_role(TRANSACTIONS_OFFICER)

    ask(officer, deed(purchase, "mark-paid"), reference="BANK-77")
    purchase.refresh_from_db()
    assert (purchase.status, purchase.payment.reference, held(purchase.to_account)) == ("completed", "BANK-77", 10_000)
    assert officer.post(deed(purchase, "mark-paid"), {"reference": "BANK-77"}).status_code == 409

    response, form = ask(officer, deed(purchase, "refund"), quantity="4", reason="Ordered too many.")
    assert response.status_code == 302
    assert officer.post(deed(purchase, "refund"), form).status_code == 302

    refund = PaymentRefund.objects.get()
    assert (refund.amount, refund.quantity_kg, refund.requested_by) == (Decimal("50.00"), 4_000, officer.user)
    assert held(purchase.to_account) == 6_000
    assert_ledger_clean()


def test_an_unpaid_purchase_is_cancelled_and_its_credits_are_free(as_role):
    batch = selling_batch()
    purchase = payable_purchase(batch, 10_000)
    officer = as_role(TRANSACTIONS_OFFICER)
    assert held(proceeds_of(batch.project)) == 90_000

    response, _ = ask(officer, deed(purchase, "cancel"))

    purchase.refresh_from_db()
    assert (response.status_code, purchase.status) == (302, "cancelled")
    assert held(proceeds_of(batch.project)) == 100_000
    assert officer.post(deed(purchase, "cancel")).status_code == 409
    missing = officer.post(deed(purchase, "refund"), {"reason": ""})
    assert missing.status_code == 400


def test_a_payment_issue_is_decided_with_a_note(as_role):
    purchase = payable_purchase(selling_batch())
    purchase_mark_paid(actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reference="B-1")
    issue = PaymentIssue.objects.create(transaction=purchase, kind="dispute", subject="dp_1", details="A dispute.")
    officer = as_role(TRANSACTIONS_OFFICER)

    assert "Money given back" not in text_of(officer.get(deed(issue, "resolve")))
    assert officer.post(deed(issue, "resolve"), {"resolution": "noted", "note": ""}).status_code == 400
    ask(officer, deed(issue, "resolve"), resolution="noted", note="The bank decided for us.")

    issue.refresh_from_db()
    assert (issue.resolution, issue.resolved_by) == ("noted", officer.user)
    again = officer.post(deed(issue, "resolve"), {"resolution": "noted", "note": "Twice."})
    assert again.status_code == 409


# -- prices and reversals --------------------------------------------------------------------------------------


def test_a_price_is_set_with_tiers_and_ended_but_never_edited(as_role):
    batch = issued_batch(quantity_kg=10_000)
    officer = as_role(TRANSACTIONS_OFFICER)
    address = "/staff/transactions/creditprice/set/"

    response, _ = ask(
        officer, address, project=batch.project_id, currency="eur", price_per_credit="12.5", tiers="100: 11.25\n1000:10"
    )
    price = CreditPrice.objects.get()
    assert response.headers["Location"] == page(price)
    assert list(price.tiers.values_list("from_kg", "price_per_credit")) == [
        (100_000, Decimal("11.2500")),
        (1_000_000, Decimal("10.0000")),
    ]
    wrong, _ = ask(officer, address, project=batch.project_id, price_per_credit="9", tiers="many: cheap")
    assert (wrong.status_code, "“many: cheap” is no tier." in text_of(wrong)) == (400, True)
    unknown, _ = ask(officer, address, project=batch.project_id, currency="XXX", price_per_credit="9")
    assert (unknown.status_code, "ISO 4217" in text_of(unknown)) == (400, True)

    assert officer.post(deed(price, "delete")).status_code == 409
    assert ask(officer, deed(price, "end"))[0].status_code == 302
    price.refresh_from_db()
    assert abs(price.valid_to - timezone.now()) < timedelta(minutes=5)
    assert CreditPrice.objects.count() == 1


def test_a_wrong_transfer_is_reversed_by_two_people(as_role):
    batch = issued_batch(quantity_kg=50_000)
    holder, receiver = account_with(batch, 20_000), account("By mistake")
    transfer = credits_transfer(
        actor=None, from_account=holder, to_account=receiver, wanted=wanted(batch.project, 7_000)
    )
    entry = transfer.entry_links.get().entry
    officer, admin = as_role(TRANSACTIONS_OFFICER), as_role(SUPER_ADMIN)

    ask(officer, deed(entry, "reverse"), reason="The receiver has the same name.")
    request = ReversalRequest.objects.get()
    assert officer.get(deed(entry, "reverse")).status_code == 302
    assert officer.post(deed(request, "approve"), {"note": ""}).status_code == 403
    assert held(receiver) == 7_000

    response, _ = ask(admin, deed(request, "approve"))
    assert response.status_code == 302
    assert (held(holder), held(receiver)) == (20_000, 0)
    assert "Reversal of an entry" in text_of(admin.get(page(entry)))
    assert Transaction.objects.count() == 2
    assert_ledger_clean()
