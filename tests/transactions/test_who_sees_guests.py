"""Who a guest is and where they called from: for those who work transactions, in the API, the admin and the files."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import AUDITOR, REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from tests.admin.pages import text_of
from tests.api_clients import Api
from tests.factories import ProjectFactory, person, staff_token
from transactions.choices import TransactionStatus, TransactionType
from transactions.models import Transaction

pytestmark = pytest.mark.django_db
GUEST, ADDRESS, PROGRAM = "guest@example.org", "203.0.113.77", "Netscape 4"
WORKERS, OTHERS = [SUPER_ADMIN, TRANSACTIONS_OFFICER], [REGISTRY_OFFICER, AUDITOR, VIEWER]


@pytest.fixture
def purchase():
    return Transaction.objects.create(
        transaction_type=TransactionType.PURCHASE,
        status=TransactionStatus.FAILED,
        project=ProjectFactory(),
        vintage=2020,
        quantity_kg=1_000,
        guest_email=GUEST,
        ip_address=ADDRESS,
        user_agent=PROGRAM,
        expires_at=timezone.now() + timedelta(hours=1),
    )


def clients(role):
    user = person(role)
    browser = Client()
    browser.force_login(user)
    return Api(str(staff_token(user))), browser


@pytest.mark.parametrize(("role", "sees"), [*[(r, True) for r in WORKERS], *[(r, False) for r in OTHERS]])
def test_the_api_tells_it_to_those_and_says_nothing_to_others(purchase, role, sees):
    api, _ = clients(role)

    (row,) = api.get("/admin/transactions").json()

    assert (row["guest_email"], row["ip_address"], row["user_agent"]) == (
        (GUEST, ADDRESS, PROGRAM) if sees else (None, None, None)
    )


@pytest.mark.parametrize(("role", "sees"), [*[(r, True) for r in WORKERS], *[(r, False) for r in OTHERS]])
def test_the_admin_page_its_search_and_its_export_as_well(purchase, role, sees):
    _, browser = clients(role)
    page = text_of(browser.get(reverse("admin:transactions_transaction_change", args=[purchase.pk])))
    address = reverse("admin:transactions_transaction_changelist")

    assert [word in page for word in (GUEST, ADDRESS, PROGRAM)] == [sees] * 3
    assert (f"/{purchase.pk}/change/" in browser.get(address, {"q": GUEST}).content.decode()) == sees


def test_the_columns_of_a_file_are_the_same_for_everybody(purchase):
    for role, sees in ((TRANSACTIONS_OFFICER, True), (VIEWER, False)):
        api, _ = clients(role)
        answer = api.get("/admin/transactions.csv")
        header, row = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
        told = dict(zip(header, row, strict=True))
        assert (told["guest_email"], told["ip_address"]) == ((GUEST, ADDRESS) if sees else ("", ""))
