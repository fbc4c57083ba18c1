"""A little of everything that the ledger's staff pages show, made through the services."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER
from registry.models import MonitoringPeriod
from tests.factories import person
from tests.ledger_factories import (
    account_with,
    issuance_request,
    proceeds_of,
    registered_project,
    submitted_period,
    wanted,
)
from tests.purchase_factories import payable_purchase, selling_batch
from transactions.models import (
    Checkpoint,
    CreditBatch,
    CreditPrice,
    HoldingAccount,
    IssuanceRequest,
    LedgerEntry,
    LedgerVerification,
    PaymentIssue,
    Retirement,
    ReversalRequest,
    Transaction,
)
from transactions.services import RetirementDetails, credits_retire, credits_transfer, reversal_request_create
from transactions.services.checkpoints import checkpoint_make
from transactions.services.purchases import purchase_mark_paid


@dataclass
class LedgerDay:
    """One record of each kind."""

    period: MonitoringPeriod
    request: IssuanceRequest
    batch: CreditBatch
    account: HoldingAccount
    unpaid: Transaction
    paid: Transaction
    issue: PaymentIssue
    retirement: Retirement
    price: CreditPrice
    entry: LedgerEntry
    verification: LedgerVerification
    checkpoint: Checkpoint
    moved: LedgerEntry
    reversal: ReversalRequest


def ledger_day(**fields) -> LedgerDay:
    """Issue 100 t (10 % buffer), sell 10 t twice (one paid), retire 5 of a holder's 20 t, send 1 t back twice."""
    batch = selling_batch(buffer_percentage=10, **fields)
    account = account_with(batch, 20_000)
    retirement = credits_retire(
        actor=None,
        account=account,
        wanted=wanted(batch.project, 5_000),
        details=RetirementDetails(beneficiary_name="Harbour Foundation", purpose="environmental_benefit"),
    )
    unpaid, paid = payable_purchase(batch), payable_purchase(batch)
    purchase_mark_paid(actor=person(TRANSACTIONS_OFFICER), purchase_pk=paid.pk, reference="BANK-1")
    paid.refresh_from_db()
    moved, wrong = (_transfer(account, batch) for _ in range(2))
    other = registered_project()
    return LedgerDay(
        period=submitted_period(other, year=2023, claimed_kg=7_000),
        request=issuance_request(quantity_kg=30_000, project=other, year=2022),
        batch=batch,
        account=account,
        unpaid=unpaid,
        paid=paid,
        issue=PaymentIssue.objects.create(
            transaction=unpaid, kind="amount_differs", subject=f"pi_{unpaid.pk}", details="12.00 EUR came, not 125.00."
        ),
        retirement=retirement,
        price=CreditPrice.objects.get(project=batch.project),
        entry=LedgerEntry.objects.filter(batch=batch).latest("position"),
        verification=LedgerVerification.objects.create(
            started_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            finished_at=timezone.now(),
            batches=1,
            entries=7,
            problems=0,
        ),
        checkpoint=checkpoint_make(),
        moved=moved,
        reversal=reversal_request_create(
            actor=person(TRANSACTIONS_OFFICER), entry_pk=wrong.pk, reason="Wrong account."
        ),
    )


def _transfer(holder, batch):
    transfer = credits_transfer(
        actor=None,
        from_account=holder,
        to_account=proceeds_of(batch.project),
        wanted=wanted(batch.project, 1_000),
    )
    return transfer.entry_links.get().entry
