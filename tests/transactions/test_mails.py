"""Who is told what by mail: the certificate to its owner, and each step of a purchase to its buyer; nobody twice."""

import re
from decimal import Decimal
from email import message_from_bytes, policy

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Organisation
from accounts.roles import TRANSACTIONS_OFFICER
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import mails_deliver, nobody_mailed
from tests.factories import UserFactory, person
from tests.ledger_factories import account, account_with, issued_batch, proceeds_of, wanted
from tests.purchase_factories import a_buyer, reserved_purchase, selling_batch
from transactions.mails.facts import money_text, serial_facts
from transactions.models import HoldingAccount, Retirement
from transactions.services import (
    RetirementDetails,
    credits_retire,
    credits_retire_csv,
    credits_transfer,
    transfer_offer_create,
)
from transactions.services.purchases import purchase_cancel, purchase_mark_paid, purchase_refund

pytestmark = pytest.mark.django_db
DETAILS = RetirementDetails(beneficiary_name="Nordwind & Söhne", purpose="corporate_inventory")


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "carboncore.mail.backends.EmlFolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.PUBLIC_URL = "https://registry.example"
    return tmp_path / "mail"


def queued():
    """Whom a mail waits for, and which."""
    rows = OutgoingMail.objects.filter(state="queued").order_by("pk").values_list("recipient", "template")
    return [(recipient, template.removeprefix("transactions/mails/")) for recipient, template in rows]


def delivered(folder):
    """Deliver what waits, and return the one mail that this made."""
    before = set(folder.glob("*.eml"))
    assert mails_deliver() == 1, [mail.last_error for mail in OutgoingMail.objects.all()]
    (file,) = set(folder.glob("*.eml")) - before
    return message_from_bytes(file.read_bytes(), policy=policy.default)


def text_of(message):
    return message.get_body(("plain",)).get_content()


def test_a_retirement_mails_the_certificate_with_the_pdf_to_the_accounts_owner(folder):
    batch = issued_batch(quantity_kg=20_000)
    holder = account_with(batch, 5_000)

    retirement = credits_retire(
        actor=person(TRANSACTIONS_OFFICER), account=holder, wanted=wanted(batch.project, 1_500), details=DETAILS
    )

    assert queued() == [(holder.owner.email, "certificate")]
    message = delivered(folder)
    assert message["To"] == holder.owner.email
    address = f"https://registry.example/certificates/{retirement.public_id}"
    text = text_of(message)
    for line in (
        "Quantity: 1.5 t CO2e",
        "Beneficiary: Nordwind & Söhne",
        f"Project: {batch.project.project_name}",
        "Vintage: 2024",
        "Serial numbers: CC-",
        address,
    ):
        assert line in text
    html = message.get_body(("html",)).get_content()
    assert "Nordwind &amp; Söhne" in html
    assert f'href="{address}"' in html
    assert "<img" not in html
    (pdf,) = message.iter_attachments()
    assert pdf.get_filename() == f"certificate-{retirement.public_id}.pdf"
    assert pdf.get_content_type() == "application/pdf"
    assert pdf.get_content().startswith(b"%PDF-1.7")


def test_a_beneficiary_who_is_not_published_is_named_to_the_buyer_only(folder):
    batch = issued_batch(quantity_kg=20_000)
    details = RetirementDetails(beneficiary_name="A quiet company", purpose="corporate_inventory", published=False)
    credits_retire(actor=None, account=account_with(batch, 5_000), wanted=wanted(batch.project, 1_000), details=details)

    text = text_of(delivered(folder))
    assert "Beneficiary: A quiet company" in text
    assert "The beneficiary is shown neither there nor in the attached certificate" in text


def test_a_retirement_that_is_undone_mails_nobody():
    batch = issued_batch(quantity_kg=20_000)
    holder = account_with(batch, 5_000)

    with transaction.atomic():
        credits_retire(actor=None, account=holder, wanted=wanted(batch.project, 1_000), details=DETAILS)
        assert len(queued()) == 1
        transaction.set_rollback(True)

    assert Retirement.objects.count() == 0
    assert queued() == []


@pytest.fixture
def organisation_account():
    """An approved organisation's account with two members, and the members."""
    owner, trader = UserFactory(is_staff=False), UserFactory(is_staff=False)
    organisation = Organisation.objects.create(
        name="Nordwind",
        country_code="DE",
        state="approved",
        created_by=owner,
        decided_by=person(),
        decided_at="2026-01-01T00:00Z",
    )
    Membership.objects.create(organisation=organisation, user=trader, role="trader")
    Membership.objects.create(organisation=organisation, user=owner, role="owner")
    return HoldingAccount.objects.create(name="Nordwind", organisation=organisation), owner, trader


@pytest.mark.parametrize("who", ["trader", "owner", "staff", "nobody"])
def test_of_an_organisation_the_member_who_acted_is_told_else_its_owner(organisation_account, who):
    holder, owner, trader = organisation_account
    batch = issued_batch(quantity_kg=20_000)
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=holder, wanted=wanted(batch.project, 2_000)
    )
    actor = {"trader": trader, "owner": owner, "staff": person(TRANSACTIONS_OFFICER), "nobody": None}[who]

    credits_retire(actor=actor, account=holder, wanted=wanted(batch.project, 1_000), details=DETAILS)

    assert queued() == [((trader if who == "trader" else owner).email, "certificate")]


def test_many_retirements_are_one_mail_with_their_addresses(folder):
    batch = issued_batch(quantity_kg=20_000)
    holder = account_with(batch, 10_000)
    rows = "\n".join(f"{batch.project.pk},1.5,Company {n},corporate_inventory" for n in range(1, 4))

    made = credits_retire_csv(
        actor=holder.owner, account=holder, text=f"project_id,quantity,beneficiary_name,purpose\n{rows}\n"
    )

    assert queued() == [(holder.owner.email, "certificates")]
    message = delivered(folder)
    assert message["Subject"] == "Certificates of 3 retirements of carbon credits"
    assert list(message.iter_attachments()) == []
    text = text_of(message)
    assert "3 retirements were made, of 4.5 t CO2e together." in text
    for number, retirement in enumerate(made, 1):
        assert f"Company {number}: 1.5 t CO2e, " in text
        assert f"https://registry.example/certificates/{retirement.public_id}\n" in text


def test_a_csv_of_one_row_is_mailed_with_its_pdf():
    batch = issued_batch(quantity_kg=20_000)
    holder = account_with(batch, 10_000)
    text = f"project_id,quantity,beneficiary_name,purpose\n{batch.project.pk},1,One,corporate_inventory\n"
    credits_retire_csv(actor=holder.owner, account=holder, text=text)

    assert queued() == [(holder.owner.email, "certificate")]


def test_a_purchase_by_invoice_is_told_how_to_pay_then_that_it_is_paid(folder, settings):
    settings.INVOICE_INSTRUCTIONS = "Pay to DE00 1234, Registry Bank.\nAsk billing@registry.example."
    buyer = a_buyer()
    purchase = reserved_purchase(selling_batch(), 10_000, buyer=buyer)

    assert queued() == [(buyer.email, "invoice")]
    text = text_of(delivered(folder))
    for line in (
        "Pay to DE00 1234, Registry Bank.\nAsk billing@registry.example.",
        f"Purchase: {purchase.public_id}",
        "Quantity: 10 t CO2e",
        "Price: 12.50 EUR per t CO2e",
        "Total: 125.00 EUR",
        "Pay until: ",
    ):
        assert line in text

    purchase_mark_paid(actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reference="INV-7")
    assert queued() == [(buyer.email, "receipt")]
    text = text_of(delivered(folder))
    assert "Paid: 125.00 EUR" in text
    assert "Payment reference: INV-7" in text
    assert "Serial numbers: " in text
    assert "wait in an account" not in text

    purchase_refund(
        actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reason="Wrong project", quantity_kg=4_000
    )
    assert queued() == [(buyer.email, "refund")]
    text = text_of(delivered(folder))
    assert "Amount: 50.00 EUR" in text
    assert "Credits taken back: 4 t CO2e" in text
    assert "Reason: Wrong project" in text
    assert "to the account that your payment came from" in text


def test_an_invoice_mail_that_comes_too_late_asks_for_no_money(folder):
    buyer = a_buyer()
    purchase = reserved_purchase(selling_batch(), 10_000, buyer=buyer)
    purchase_cancel(actor=buyer, purchase=purchase)

    message = delivered(folder)
    assert message["Subject"] == "Your purchase is cancelled"
    assert "there is nothing to pay" in text_of(message)
    assert "Pay until" not in text_of(message)


def test_a_guest_is_told_at_the_address_they_gave(folder):
    purchase = reserved_purchase(selling_batch(), 10_000, guest_email="guest@example.org")
    assert queued() == [("guest@example.org", "invoice")]
    delivered(folder)
    purchase_mark_paid(actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reference="INV-8")

    assert queued() == [("guest@example.org", "receipt")]
    assert "They wait in an account for guest@example.org. Register with that address" in text_of(delivered(folder))


@pytest.mark.parametrize("guest_email", ["", "guest@example.org"])
def test_bought_and_retired_in_one_step_is_one_mail_with_certificate_and_payment(folder, guest_email):
    buyer = None if guest_email else a_buyer()
    details = {"guest_email": guest_email} if guest_email else {"buyer": buyer}
    purchase = reserved_purchase(selling_batch(), 10_000, retire=DETAILS, **details)
    assert "are retired as you asked as soon as it arrives" in text_of(delivered(folder)).replace("\n", " ")
    purchase_mark_paid(actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reference="INV-9")

    assert queued() == [(guest_email or buyer.email, "certificate")]
    message = delivered(folder)
    assert "Paid: 125.00 EUR" in text_of(message)
    assert len(list(message.iter_attachments())) == 1


def test_who_is_offered_credits_is_told(folder):
    batch = issued_batch(quantity_kg=20_000)
    giver, receiver = account_with(batch, 5_000, "Giver"), account()
    transfer_offer_create(
        actor=giver.owner, from_account=giver, to_account=receiver, wanted=wanted(batch.project, 2_000)
    )

    assert queued() == [(receiver.owner.email, "offer")]
    text = text_of(delivered(folder))
    assert f"From: Giver ({giver.number})" in text
    assert "Quantity: 2 t CO2e" in text
    assert "Open until: " in text
    assert re.search(r"Answer it:\n\S+/account/transfers\n", text)


def test_a_purchase_takes_one_statement_more_for_its_mail():
    batch, buyer, officer = selling_batch(), a_buyer(), person(TRANSACTIONS_OFFICER)
    first = reserved_purchase(batch, 1_000, buyer=buyer)
    # the officer's rights and limits are asked for once
    purchase_mark_paid(actor=officer, purchase_pk=first.pk, reference="INV-0")

    def statements():
        with CaptureQueriesContext(connection) as caught:
            purchase = reserved_purchase(batch, 1_000, buyer=buyer)
            purchase_mark_paid(actor=officer, purchase_pk=purchase.pk, reference="INV-1")
        return [query["sql"] for query in caught]

    with_mail = statements()
    with nobody_mailed():
        without = statements()

    mails = [sql for sql in with_mail if "mail_outgoingmail" in sql]
    assert len(with_mail) - len(without) == 2, "one for the invoice, one for the receipt"
    assert [sql.split('"')[0] for sql in mails] == ["INSERT INTO ", "INSERT INTO "]


def test_an_address_that_cannot_be_used_stops_no_retirement(folder):
    batch = issued_batch(quantity_kg=20_000)
    holder = account_with(batch, 5_000)
    type(holder.owner).objects.filter(pk=holder.owner_id).update(email="no address")

    credits_retire(actor=None, account=holder, wanted=wanted(batch.project, 1_000), details=DETAILS)
    assert mails_deliver() == 0

    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.last_error) == ("failed", "This is no e-mail address.")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("1250.0000", "EUR", "1,250.00 EUR"), ("0.1234", "EUR", "0.1234 EUR"), ("1250.00", "JPY", "1,250 JPY")],
)
def test_money_is_written_with_the_places_of_its_currency(amount, currency, text):
    assert money_text(Decimal(amount), currency) == text


def test_very_many_serials_are_cut_short_with_where_the_rest_is():
    facts = serial_facts([f"CC-{n}" for n in range(1, 24)], rest="listed in the certificate")

    assert facts[0] == ("Serial numbers", "CC-1")
    assert facts[19:] == [("", "CC-20"), ("", "and 3 more, listed in the certificate")]
