"""Events that Stripe delivers: each is kept once, and only says what to look at; what is true is read anew."""

import structlog
from django.utils import timezone

from transactions.choices import IssueKind
from transactions.errors import PaymentNotFound
from transactions.models import PaymentRefund, StripeEvent, Transaction
from transactions.payments import WebhookEvent
from transactions.services.purchases.asking import provider_asked
from transactions.services.purchases.moves import issue_open
from transactions.services.purchases.paying import payment_apply
from transactions.services.purchases.refunds import refund_record

logger = structlog.get_logger(__name__)

UNKNOWN, IGNORED, SEEN, DISPUTE = "unknown", "ignored", "seen", "dispute"


def event_receive(*, event: WebhookEvent) -> tuple[StripeEvent, bool]:
    """Keep a verified event; returns it, and whether it is new here."""
    kept, is_new = StripeEvent.objects.get_or_create(
        event_id=event.id,
        defaults={
            "event_type": event.type,
            "object_id": event.object_id,
            "intent_id": event.intent_id,
            "created_at_stripe": event.created_at,
        },
    )
    if not is_new:
        logger.info("webhook_repeated", stripe_event=event.id, type=event.type)
    return kept, is_new


def event_process(*, event: StripeEvent) -> str:
    """Act on an event; safe any number of times. Returns what came of it, which is kept with the event.

    Raises:
        PaymentUnavailable: the provider gives no answer; the event stays to be processed.
    """
    outcome = _outcome(event)
    StripeEvent.objects.filter(pk=event.pk, processed_at__isnull=True).update(
        processed_at=timezone.now(), outcome=outcome[:30]
    )
    logger.info("webhook_processed", stripe_event=event.event_id, type=event.event_type, outcome=outcome)
    return outcome


def _outcome(event: StripeEvent) -> str:
    if event.event_type.startswith("payment_intent."):
        return _payment_changed(event)
    if event.event_type.startswith("refund."):
        return _refund_changed(event)
    if event.event_type.startswith("charge.dispute."):
        return _disputed(event)
    return IGNORED


def _payment_changed(event: StripeEvent) -> str:
    if not event.intent_id:
        return IGNORED
    try:
        intent = provider_asked().intent_read(event.intent_id)
    except PaymentNotFound:
        return _unknown(event)
    purchase = _purchase_of(event.intent_id)
    if purchase is None and intent.purchase_id:
        purchase = (
            Transaction.objects.filter(public_id=intent.purchase_id).first() if _is_uuid(intent.purchase_id) else None
        )
    if purchase is None or not hasattr(purchase, "payment"):
        return _unknown(event)
    if not purchase.stripe_payment_intent_id and not intent.is_paid:
        # Whoever asked for it is about to write down its id; an intent nobody asked for again must not be taken for it.
        return SEEN
    return payment_apply(purchase=purchase, intent=intent)


def _refund_changed(event: StripeEvent) -> str:
    try:
        seen = provider_asked().refund_read(event.object_id)
    except PaymentNotFound:
        return _unknown(event)
    refund = PaymentRefund.objects.filter(provider_id=seen.id).first()
    if refund is None and _is_uuid(seen.refund_id):
        refund = PaymentRefund.objects.filter(public_id=seen.refund_id).first()
    if refund is not None:
        return refund_record(refund_pk=refund.pk, seen=seen)
    purchase = _purchase_of(seen.intent_id)
    if purchase is None:
        return _unknown(event)
    issue_open(
        purchase=purchase,
        kind=IssueKind.FOREIGN_REFUND,
        subject=seen.id,
        details="Money of this purchase was given back at the provider, not here; its credits are still the buyer's.",
    )
    return IssueKind.FOREIGN_REFUND.value


def _disputed(event: StripeEvent) -> str:
    purchase = _purchase_of(event.intent_id)
    if purchase is None:
        return _unknown(event)
    issue_open(
        purchase=purchase,
        kind=IssueKind.DISPUTE,
        subject=event.object_id or event.event_id,
        details="The card's owner disputes this payment. Answer at the provider; its outcome decides about the money.",
    )
    return DISPUTE


def _unknown(event: StripeEvent) -> str:
    logger.warning(
        "webhook_about_nothing_of_ours", stripe_event=event.event_id, type=event.event_type, object=event.object_id
    )
    return UNKNOWN


def _purchase_of(intent_id: str) -> Transaction | None:
    if not intent_id:
        return None
    return Transaction.objects.filter(stripe_payment_intent_id=intent_id).first()


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4 and all(c in "0123456789abcdef-" for c in text.lower())
