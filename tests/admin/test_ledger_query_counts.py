"""No page of the ledger takes more queries at 300 rows than at 3."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import SUPER_ADMIN
from registry.models import MonitoringPeriod
from tests.admin.ledger_day import ledger_day
from tests.admin.test_ledger_pages import LISTS, pages
from tests.factories import UserFactory, projects_in_bulk
from transactions.models import (
    Balance,
    Block,
    Checkpoint,
    CreditBatch,
    CreditPrice,
    HoldingAccount,
    IssuanceRequest,
    LedgerEntry,
    LedgerLine,
    LedgerVerification,
    PaymentIssue,
    PaymentRefund,
    Retirement,
    ReversalRequest,
    Transaction,
    TransactionEntry,
)

pytestmark = pytest.mark.django_db
ZERO = b"\x00" * 32


def _queries(client, address):
    client.get(address)  # content types and permissions are remembered after the first page
    with CaptureQueriesContext(connection) as caught:
        response = client.get(address)
    assert response.status_code == 200
    return len(caught)


def _more_rows(day, number):
    """Add that many of everything that has a list, each row referring to records of its own."""
    start = CreditBatch.objects.count() + 10
    user, now = day.request.requested_by, timezone.now()
    actors = [UserFactory() for _ in range(number)] if number < 10 else [user] * number
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # rows to look at, no sound ledger
    projects = projects_in_bulk(number, project_type=day.batch.project.project_type)
    accounts = HoldingAccount.objects.bulk_create(HoldingAccount(name=f"A{n}", owner=actors[n]) for n in range(number))
    batches = CreditBatch.objects.bulk_create(
        CreditBatch(project=projects[n], vintage=2020, number=1, serial_root=f"CC-BR-ZZ-{start + n:06d}-2020-01",
                    quantity_kg=1_000, issued_at=now, entries=1)
        for n in range(number)
    )  # fmt: skip
    transactions = Transaction.objects.bulk_create(
        Transaction(transaction_type="retirement", status="completed", project=projects[n], quantity_kg=1_000,
                    from_account=accounts[n], to_account=accounts[n], completed_at=now)
        for n in range(number)
    )  # fmt: skip
    Retirement.objects.bulk_create(
        Retirement(transaction=row, beneficiary_name="B", purpose="other", retired_at=now) for row in transactions
    )
    entries = LedgerEntry.objects.bulk_create(
        LedgerEntry(batch=row, position=1, kind="retirement", format=1, at=now, actor=actors[n],
                    previous_hash=ZERO, hash=ZERO)
        for n, row in enumerate(batches)
    )  # fmt: skip
    TransactionEntry.objects.bulk_create(
        TransactionEntry(transaction=transactions[n], entry=entries[n]) for n in range(number)
    )
    ReversalRequest.objects.bulk_create(
        ReversalRequest(entry=entry, reason="R", requested_by=actors[n]) for n, entry in enumerate(entries)
    )
    periods = MonitoringPeriod.objects.bulk_create(
        MonitoringPeriod(project=row, starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31), claimed_kg=1_000)
        for row in projects
    )
    IssuanceRequest.objects.bulk_create(
        IssuanceRequest(project=row.project, monitoring_period=row, vintage=2020, quantity_kg=9, requested_by=actors[n])
        for n, row in enumerate(periods)
    )
    PaymentIssue.objects.bulk_create(
        PaymentIssue(transaction=row, kind="dispute", subject=uuid.uuid4(), details="D") for row in transactions
    )
    CreditPrice.objects.bulk_create(
        CreditPrice(project=row, currency="EUR", price_per_credit=1, valid_from=now, created_by=actors[n])
        for n, row in enumerate(projects)
    )
    LedgerVerification.objects.bulk_create(
        LedgerVerification(started_at=now, finished_at=now, batches=1, entries=1, problems=0) for _ in range(number)
    )
    Checkpoint.objects.bulk_create(
        Checkpoint(number=start + n, at=now, batches=1, entries=1, root=ZERO, previous_digest=ZERO, digest=ZERO,
                   signature=ZERO * 2, public_key=ZERO)
        for n in range(number)
    )  # fmt: skip
    _more_beside(day, number, batches, accounts, entries)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")


def _more_beside(day, number, batches, accounts, entries):
    """Add rows to what hangs on the day's own account, entry, batch, purchase and period."""
    first = LedgerLine.objects.filter(entry=day.entry).count()
    Balance.objects.bulk_create(
        Balance(account=day.account, batch=row, state="active", quantity_kg=5) for row in batches
    )
    LedgerLine.objects.bulk_create(
        LedgerLine(entry=row, batch=row.batch, at=row.at, first_kg=0, end_kg=9,
                   from_account=day.account, to_account=accounts[n], from_state="active", to_state="active")
        for n, row in enumerate(entries)
    )  # fmt: skip
    LedgerLine.objects.bulk_create(
        LedgerLine(entry=day.entry, batch=day.batch, at=day.entry.at,
                   first_kg=10**6 + first + n, end_kg=10**6 + first + n + 1,
                   from_account=accounts[n], to_account=day.account, from_state="active", to_state="active")
        for n in range(number)
    )  # fmt: skip
    beyond = Block.objects.filter(batch=day.batch).count()
    Block.objects.bulk_create(
        Block(batch=day.batch, batch_kg=10**9, first_kg=10**6 + beyond + n, end_kg=10**6 + beyond + n + 1,
              account=accounts[n], state="retired")
        for n in range(number)
    )  # fmt: skip
    PaymentRefund.objects.bulk_create(
        PaymentRefund(transaction=day.paid, amount=1, currency="EUR", reason="R", requested_by=accounts[n].owner)
        for n in range(number)
    )
    IssuanceRequest.objects.bulk_create(
        IssuanceRequest(project_id=day.period.project_id, monitoring_period=day.period, vintage=3_000 + beyond + n,
                        quantity_kg=9, requested_by=accounts[n].owner, requested_at=datetime.now(UTC))
        for n in range(number)
    )  # fmt: skip


def test_no_page_of_the_ledger_takes_more_queries_at_300_rows_than_at_3(as_role):
    # given three of everything
    day = ledger_day()
    client = as_role(SUPER_ADMIN)
    _more_rows(day, 3)
    addresses = [
        *(reverse(f"admin:{name}_changelist") for name in LISTS),
        *pages(day),
        "/staff/",
        "/staff/transactions/transaction/analytics/",
        reverse("admin:transactions_holdingaccount_deed", args=[day.account.pk, "retire"]),
    ]
    few = {address: _queries(client, address) for address in addresses}

    # when there are three hundred more
    _more_rows(day, 300)

    # then no page notices
    assert {address: _queries(client, address) for address in addresses} == few
