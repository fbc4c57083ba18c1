"""What staff see of an organisation's own arrangements: documents, invitations, limit, and what waits for a member."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER
from accounts.services import (
    member_invite,
    organisation_approve,
    organisation_create,
    organisation_document_add,
    organisation_limit_set,
)
from carboncore.audit.models import Event
from tests.admin.pages import read_page, text_of
from tests.factories import PDF, buyer, member_of, person
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from transactions.choices import ApprovedKind
from transactions.services import AskedTransfer, credits_transfer, holding_account_open, transfer_or_ask

pytestmark = pytest.mark.django_db
LIST = "/staff/transactions/movementapproval/"


@pytest.fixture
def mill():
    """An organisation with a document, an invitation, a limit of 1 t, a higher one asked for, and 2 t waiting."""
    owner, second = buyer(username="owner_1", email="owner@example.org"), buyer(username="second_1")
    mill = organisation_create(actor=owner, name="Mill", country="PT")
    upload = SimpleUploadedFile("extract.pdf", PDF)
    mill.shown = organisation_document_add(actor=owner, organisation=mill, title="Extract", upload=upload)
    organisation_approve(actor=person(REGISTRY_OFFICER), pk=mill.pk)
    member_of(mill, second, "owner")
    member_invite(actor=owner, organisation=mill, email="new@example.org", role="viewer")
    batch, stock = issued_batch(quantity_kg=10_000), holding_account_open(organisation=mill, name="Stock")
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=stock, wanted=wanted(batch.project, 5_000)
    )
    organisation_limit_set(actor=owner, organisation=mill, limit_kg=1_000)
    organisation_limit_set(actor=owner, organisation=mill, limit_kg=3_000)
    asked = AskedTransfer(ApprovedKind.TRANSFER, stock, account(), wanted(batch.project, 2_000))
    mill.waiting = transfer_or_ask(actor=owner, asked=asked)
    return mill


def test_an_organisations_page_shows_its_arrangements_and_hands_out_documents(as_role, mill):
    page = reverse("admin:accounts_organisation_change", args=[mill.pk])
    document = reverse("admin:accounts_organisation_document", args=[mill.pk, mill.shown.public_id])
    officer, desk = as_role(REGISTRY_OFFICER), as_role(TRANSACTIONS_OFFICER)

    told = text_of(officer.get(page))
    for words in (
        "Extract extract.pdf application/pdf",
        "new@example.org Viewer Open",
        "Transfer limit: 1 t CO2e in 24 hours",
        "3 t CO2e in 24 hours Waiting for a second member",
        f"Approval no. {mill.waiting.pk} Transfer 2.000",
    ):
        assert words in told
    assert document in read_page(officer.get(page)).links
    answer = officer.get(document)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PDF)
    assert Event.objects.filter(action="user.personal_data_read", object_id=str(mill.pk)).count() == 1
    assert "Extract" not in text_of(desk.get(page))
    assert desk.get(document).status_code == 403
    assert officer.get(document.replace(f"/{mill.pk}/document", "/0/document")).status_code == 404


def test_what_waits_is_listed_and_staff_do_not_decide(as_role, mill):
    desk = as_role(TRANSACTIONS_OFFICER)
    page = reverse("admin:transactions_movementapproval_change", args=[mill.waiting.pk])

    listed = desk.get(f"{LIST}?state__exact=pending&q=Mill")
    assert page in " ".join(read_page(listed).links)
    assert "Waiting for a second member" in text_of(listed)
    told = text_of(desk.get(page))
    assert "Another owner or trader of the organisation decides about it; staff do not." in told
    assert "Transfer of 2 t · Mill" in told
    assert desk.get(f"{LIST}?state__exact=rejected&q=Mill").status_code == 200
