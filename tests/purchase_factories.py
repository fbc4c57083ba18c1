"""Purchases for tests: a project that sells, a buyer, a purchase at any stage; and what must hold of all of them."""

from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.roles import TRANSACTIONS_OFFICER
from tests.factories import UserFactory, person
from tests.ledger_factories import issued_batch, registered_project
from transactions.choices import PaymentState
from transactions.models import Balance, Block, CreditBatch, Payment, PaymentIssue, PaymentRefund, Transaction
from transactions.selectors.records import compare_records
from transactions.selectors.replay import Checked, Problem, replay_blocks, replay_chains
from transactions.services.prices import price_set
from transactions.services.purchases import payment_begin, purchase_start

PRICE = Decimal("12.5000")


def selling_batch(*, quantity_kg: int = 100_000, price: Decimal = PRICE, **fields: Any) -> CreditBatch:
    """Return a batch of a public project whose credits cost `price` EUR each."""
    project = registered_project(published=True, **fields)
    batch = issued_batch(quantity_kg=quantity_kg, project=project)
    price_set(actor=person(TRANSACTIONS_OFFICER), project=project, vintage=None, currency="EUR", price_per_credit=price)
    return batch


def a_buyer(**fields: Any) -> User:
    """Return a person who is no member of staff."""
    return UserFactory(is_staff=False, **fields)


def reserved_purchase(batch: CreditBatch, quantity_kg: int = 10_000, **details: Any) -> Transaction:
    """Return a purchase whose credits are reserved and for which nobody has asked the provider yet."""
    details.setdefault("expected_price", PRICE)
    if "guest_email" not in details:
        details.setdefault("buyer", None)
        details["buyer"] = details["buyer"] or a_buyer()
    return purchase_start(
        **{"buyer": None, "project": batch.project, "quantity_kg": quantity_kg, "currency": "EUR", **details}
    )


def payable_purchase(batch: CreditBatch, quantity_kg: int = 10_000, **details: Any) -> Transaction:
    """Return a reserved purchase with its payment prepared at the provider."""
    purchase = reserved_purchase(batch, quantity_kg, **details)
    payment_begin(purchase=purchase)
    purchase.refresh_from_db()
    return purchase


def held(account: Any, state: str = "active") -> int:
    """Return how many kilograms an account holds in a state."""
    return sum(Balance.objects.filter(account=account, state=state).values_list("quantity_kg", flat=True))


def blocks_of(batch: CreditBatch) -> list[tuple[int, int, int, str]]:
    """Return the blocks of a batch: first and end kilogram, account, state."""
    rows = Block.objects.filter(batch=batch).order_by("first_kg")
    return list(rows.values_list("first_kg", "end_kg", "account_id", "state"))


def assert_ledger_clean() -> None:
    """Replay the whole ledger inside the test's own transaction and find nothing."""
    findings = [*replay_chains(), *replay_blocks(), *compare_records()]
    assert [str(finding) for finding in findings if isinstance(finding, Problem)] == []
    assert any(isinstance(finding, Checked) and finding.entries for finding in findings)


def unaccounted_payments() -> list[Payment]:
    """Return the payments that were taken and have neither credits, nor a refund, nor a person's attention."""
    taken = Payment.objects.filter(state=PaymentState.TAKEN).exclude(transaction__status="completed")
    return [
        payment
        for payment in taken
        if not PaymentRefund.objects.filter(transaction=payment.transaction_id).exists()
        and not PaymentIssue.objects.filter(transaction=payment.transaction_id).exists()
    ]
