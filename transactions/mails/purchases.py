"""The mails of a purchase: how to pay it, that it is paid, and what is paid back."""

from django.conf import settings

from carboncore.mail.composing import Content, composes
from transactions.choices import PaymentMethod, RefundState, TransactionStatus
from transactions.mails.facts import Facts, credits_text, money_text, project_facts, serial_facts
from transactions.models import PaymentRefund, PlannedRetirement, Transaction
from transactions.selectors.purchases import transaction_serials


@composes("transactions/mails/invoice")
def invoice_content(*, pk: int) -> Content:
    """Say what to pay until when, or that there is nothing to pay any more."""
    purchase = _purchase(pk)
    is_open = purchase.status == TransactionStatus.RESERVED
    until = [("Pay until", f"{purchase.expires_at:%-d %B %Y}, {purchase.expires_at:%H:%M} UTC")]
    return Content(
        {
            "is_open": is_open,
            "status": purchase.get_status_display().lower(),
            "instructions": settings.INVOICE_INSTRUCTIONS,
            "is_retired": PlannedRetirement.objects.filter(transaction=purchase, withdrawn_at=None).exists(),
            "facts": [
                ("Purchase", str(purchase.public_id)),
                *project_facts(purchase),
                ("Price", f"{money_text(purchase.price_per_credit, purchase.currency)} per t CO2e"),
                ("Total", money_text(purchase.total_amount, purchase.currency)),
                *(until if is_open and purchase.expires_at else []),
            ],
        }
    )


@composes("transactions/mails/receipt")
def receipt_content(*, pk: int) -> Content:
    """Say what was paid, and which credits are the buyer's now."""
    purchase = _purchase(pk)
    facts: Facts = [
        ("Purchase", str(purchase.public_id)),
        *project_facts(purchase),
        *paid_facts(purchase),
        *serial_facts(transaction_serials(transaction=purchase), rest="listed with your purchase"),
    ]
    return Content({"facts": facts, "guest_email": purchase.guest_email})


@composes("transactions/mails/refund")
def refund_content(*, pk: int) -> Content:
    """Say what is paid back, why, and how."""
    refund = PaymentRefund.objects.select_related("transaction__project").get(pk=pk)
    returned = [("Credits taken back", credits_text(refund.quantity_kg))] if refund.quantity_kg else []
    facts: Facts = [
        ("Amount", money_text(refund.amount, refund.currency)),
        *returned,
        ("Project", refund.transaction.project.project_name),
        ("Reason", refund.reason),
        ("Purchase", str(refund.transaction.public_id)),
    ]
    return Content({"facts": facts, "is_by_hand": refund.state == RefundState.BY_HAND})


def paid_facts(purchase: Transaction) -> Facts:
    """Return what was paid for a purchase, and how; expects the payment to be loaded."""
    facts = [("Paid", money_text(purchase.total_amount, purchase.currency))]
    if purchase.payment_method == PaymentMethod.INVOICE and purchase.payment.reference:
        facts.append(("Payment reference", purchase.payment.reference))
    return facts


def _purchase(pk: int) -> Transaction:
    return Transaction.objects.select_related("project", "payment").get(pk=pk)
