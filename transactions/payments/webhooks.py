"""Telling a genuine delivery of Stripe from anything else that is sent to the same address."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe

from transactions.errors import WebhookRefused

# Seconds after its signing in which a delivery is taken; a recorded one cannot be sent again later.
TOLERANCE = 300


@dataclass(frozen=True)
class WebhookEvent:
    """What a delivery says of itself. Its object is only named: what it is now is read anew."""

    id: str
    type: str
    created_at: datetime
    object_id: str
    intent_id: str
    purchase_id: str


def event_verified(*, payload: bytes, signature: str, secret: str) -> WebhookEvent:
    """Return the event of a delivery whose signature fits.

    Raises:
        WebhookRefused: unsigned, signed with another secret, too old, or not an event.
    """
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, TOLERANCE)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        raise WebhookRefused("The signature is missing, does not fit, or is too old.", signed=False) from None
    try:
        return _event(json.loads(payload))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        raise WebhookRefused("This is signed, but it is no event.", signed=True) from None


def _event(data: dict[str, Any]) -> WebhookEvent:
    subject = data["data"]["object"]
    object_id = _text(subject.get("id"))
    intent_id = object_id if subject.get("object") == "payment_intent" else _text(subject.get("payment_intent"))
    event_id, event_type = _text(data["id"]), _text(data["type"])
    if data.get("object") != "event" or not event_id or not event_type:
        raise ValueError("no event")
    return WebhookEvent(
        id=event_id,
        type=event_type[:100],
        created_at=datetime.fromtimestamp(data["created"], tz=UTC),
        object_id=object_id,
        intent_id=intent_id,
        purchase_id=_text((subject.get("metadata") or {}).get("transaction")),
    )


def _text(value: Any) -> str:
    """Return an id as text that fits its column; anything else is none."""
    return value if isinstance(value, str) and len(value) <= 255 and value.isprintable() else ""
