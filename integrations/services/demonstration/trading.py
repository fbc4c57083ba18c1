"""What happens to the demonstration's credits: sold by invoice, refunded, passed on, retired, cancelled."""

from collections.abc import Sequence
from datetime import date

from django.conf import settings

from integrations.services.demonstration import plan
from integrations.services.demonstration.people import People
from registry.models import Project
from transactions.choices import PaymentMethod
from transactions.models import HoldingAccount
from transactions.services import (
    RetirementDetails,
    Wanted,
    buffer_cancel,
    buffer_pool_account,
    credits_cancel,
    credits_retire,
    credits_transfer,
    holding_account_open,
    proceeds_account,
)
from transactions.services.prices import price_for, price_set
from transactions.services.purchases import purchase_mark_paid, purchase_refund, purchase_start

Accounts = dict[str, HoldingAccount]


def credits_trade(*, people: People, projects: Sequence[Project]) -> None:
    """Carry out the plan's prices, sales, transfers, retirements and cancellations, in that order."""
    accounts = {name: holding_account_open(owner=buyer, name=name) for name, buyer in people.buyers.items()}
    for planned, project in zip(plan.PROJECTS, projects, strict=True):
        price_set(
            actor=people.trader,
            project=project,
            vintage=None,
            currency=plan.CURRENCY,
            price_per_credit=planned.price,
        )
    for number, sale in enumerate(plan.SALES, 1):
        _sell(people, projects[sale.project], accounts[sale.buyer], sale, f"DEMO-INVOICE-{number:04d}")
    for place, giver, receiver, quantity_kg in plan.TRANSFERS:
        credits_transfer(
            actor=people.buyers[giver],
            from_account=accounts[giver],
            to_account=accounts[receiver],
            wanted=Wanted(project_id=projects[place].pk, quantity_kg=quantity_kg),
            note="Demonstration",
        )
    for retirement in plan.RETIREMENTS:
        _retire(people, projects[retirement.project], accounts, retirement)
    _cancel(people, projects)


def _sell(people: People, project: Project, account: HoldingAccount, sale: plan.PlannedSale, invoice: str) -> None:
    buyer = people.buyers[sale.buyer]
    if settings.PAYMENT_MODE != PaymentMethod.INVOICE:
        # Where cards are charged there is nothing to show without charging one: the credits are handed over instead.
        if kept_kg := (sale.quantity_kg - sale.refunded_kg) * sale.paid:
            credits_transfer(
                actor=people.trader,
                from_account=proceeds_account(project=project),
                to_account=account,
                wanted=Wanted(project_id=project.pk, quantity_kg=kept_kg),
                note="Demonstration",
            )
        return
    quote = price_for(project=project, vintage=None, quantity_kg=sale.quantity_kg, currency=plan.CURRENCY)
    purchase = purchase_start(
        buyer=buyer,
        project=project,
        quantity_kg=sale.quantity_kg,
        currency=plan.CURRENCY,
        expected_price=quote.price_per_credit,
        to_account=account,
    )
    if sale.paid:
        purchase_mark_paid(actor=people.trader, purchase_pk=purchase.pk, reference=invoice)
    if sale.refunded_kg:
        purchase_refund(
            actor=people.trader, purchase_pk=purchase.pk, reason="Demonstration", quantity_kg=sale.refunded_kg
        )


def _retire(people: People, project: Project, accounts: Accounts, retirement: plan.PlannedRetirement) -> None:
    credits_retire(
        actor=people.buyers[retirement.buyer],
        account=accounts[retirement.buyer],
        wanted=Wanted(project_id=project.pk, quantity_kg=retirement.quantity_kg),
        details=RetirementDetails(
            beneficiary_name=retirement.beneficiary,
            beneficiary_location=retirement.location,
            purpose=retirement.purpose,
            period_start=date(retirement.year, 1, 1),
            period_end=date(retirement.year, 12, 31),
            note=retirement.note,
            published=retirement.published,
        ),
    )


def _cancel(people: People, projects: Sequence[Project]) -> None:
    buffer_cancel(
        actor=people.approver,
        pool=buffer_pool_account(),
        wanted=Wanted(project_id=projects[0].pk, quantity_kg=plan.REVERSED_KG),
        reason="Demonstration of a reversal: stored carbon lost in a storm that never was",
    )
    credits_cancel(
        actor=people.approver,
        account=proceeds_account(project=projects[2]),
        wanted=Wanted(project_id=projects[2].pk, quantity_kg=plan.CANCELLED_KG),
        reason="Demonstration of a cancellation",
    )
