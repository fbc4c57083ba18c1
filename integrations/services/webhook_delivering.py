"""One attempt to tell a subscriber, and what follows from it: delivered, later again, given up, or nobody there."""

import json
import random
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import structlog
from django.db import transaction
from django.utils import timezone

from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.errors import RegistryError
from carboncore.common.outgoing import Answer, fetch
from carboncore.mail.services import mail_send
from integrations.choices import EndpointStatus, OutboxStatus
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.services.outgoing_webhooks import deliveries_give_up, delivery_queue, is_operators_host
from integrations.services.webhook_secrets import secrets_of
from integrations.webhook_signatures import signature

logger = structlog.get_logger(__name__)

# Pauses before the second attempt, the third, …: the example schedule of Standard Webhooks.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
_JITTER = 0.2  # of a pause, at most, on top of it
_LONGEST_WAIT = timedelta(hours=24)
# Silent for so long, an address is taken for dead.
DEAD_AFTER = timedelta(days=5)
TIMEOUT_SECONDS = 20.0
_MOST_BYTES = 64_000
_GONE = 410
_SLOW_DOWN = {429, 502, 503, 504}
_MAIL = "integrations/mail/webhook_disabled"


def delivery_attempt(*, delivery_id: int) -> WebhookDelivery | None:
    """Try a delivery that is due; None where there is nothing to do. Safe to be run twice: ids stay the same.

    No transaction is open while the other side answers.
    """
    now = timezone.now()
    delivery = WebhookDelivery.objects.select_related("endpoint", "event").filter(pk=delivery_id).first()
    if delivery is None or delivery.status != OutboxStatus.WAITING:
        return None
    if delivery.next_attempt_at is not None and delivery.next_attempt_at > now:
        return None  # another job is there for that time
    endpoint = delivery.endpoint
    begun = time.monotonic()
    answer, error = _asked(delivery, now)
    milliseconds = int((time.monotonic() - begun) * 1000)
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        delivery.refresh_from_db()
        if delivery.status != OutboxStatus.WAITING:
            return delivery
        WebhookAttempt.objects.create(
            delivery=delivery,
            http_status=answer.status if answer else None,
            milliseconds=milliseconds,
            error=error[:300],
            answer=_shown(answer.body) if answer else "",
        )
        delivery.attempts += 1
        delivery.last_status, delivery.last_error = answer.status if answer else None, error[:300]
        _follow_up(delivery, locked, answer, error)
    return delivery


def body_of(delivery: WebhookDelivery) -> bytes:
    """Return the body of every attempt of a delivery, byte for byte the same."""
    event = delivery.event
    content = {"type": event.type, "timestamp": event.occurred_at.isoformat(), "data": event.data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _asked(delivery: WebhookDelivery, now: datetime) -> tuple[Answer | None, str]:
    endpoint, body = delivery.endpoint, body_of(delivery)
    known = secrets_of(endpoint, now=now)
    if not known:
        return None, "The secret cannot be read any more; replace it."
    signatures = [signature(secret, webhook_id=delivery.event.public_id, at=now, body=body) for secret in known]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "CarbonCore-Webhooks/1",
        "webhook-id": delivery.event.public_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    try:
        answer = fetch(
            endpoint.url,
            method="POST",
            headers=headers,
            content=body,
            seconds=TIMEOUT_SECONDS,
            most_bytes=_MOST_BYTES,
            operator=is_operators_host(endpoint.url),
        )
    except RegistryError as error:
        return None, error.message
    if 200 <= answer.status < 300:
        return answer, ""
    redirected = " Redirects are not followed." if 300 <= answer.status < 400 else ""
    return answer, f"It answered {answer.status}.{redirected}"


def _follow_up(delivery: WebhookDelivery, endpoint: WebhookEndpoint, answer: Answer | None, error: str) -> None:
    now = timezone.now()
    if not error:
        delivery.status, delivery.next_attempt_at, delivery.finished_at = OutboxStatus.DELIVERED, None, now
        delivery.save()
        endpoint.failing_since, endpoint.last_success_at = None, now
        _save_quietly(endpoint)
        return
    endpoint.failing_since = endpoint.failing_since or now
    _save_quietly(endpoint)
    if answer is not None and answer.status == _GONE:
        _disable(endpoint, "It answered 410: nobody wants to be told there any more.")
    elif now - endpoint.failing_since >= DEAD_AFTER:
        _disable(endpoint, f"Nothing could be delivered for {DEAD_AFTER.days} days. The last reason: {error}")
    elif delivery.attempts > len(PAUSES):
        delivery.status, delivery.next_attempt_at, delivery.finished_at = OutboxStatus.FAILED, None, now
        delivery.save()
    else:
        pause = PAUSES[delivery.attempts - 1]
        pause = max(pause * (1 + random.random() * _JITTER), _asked_to_wait(answer, now))  # noqa: S311 - no secret
        delivery.next_attempt_at = now + pause
        delivery.save()
        delivery_queue(delivery=delivery)
        return
    delivery.refresh_from_db()


def _save_quietly(endpoint: WebhookEndpoint) -> None:
    # What each attempt changes is no change of the subscription, so its history is left alone.
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        failing_since=endpoint.failing_since, last_success_at=endpoint.last_success_at
    )


def _asked_to_wait(answer: Answer | None, now: datetime) -> timedelta:
    """Return how long the other side asked to be left alone, at most a day."""
    text = answer.headers.get("retry-after", "") if answer is not None and answer.status in _SLOW_DOWN else ""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST_WAIT)
    try:
        return min(max(parsedate_to_datetime(text) - now, timedelta()), _LONGEST_WAIT)
    except (ValueError, TypeError):
        return timedelta()


def _disable(endpoint: WebhookEndpoint, reason: str) -> None:
    endpoint.status, endpoint.status_reason = EndpointStatus.DISABLED, reason[:300]
    endpoint.save()
    deliveries_give_up(endpoint=endpoint, reason="The subscription was disabled.")
    event_record(action="webhook_endpoint.disabled", obj=endpoint, outcome=Outcome.FAILED, note=reason)
    logger.warning("webhook_endpoint_disabled", endpoint=endpoint.pk, reason=reason)
    for address in _owners(endpoint):
        mail_send(to=address, template=_MAIL, context={"url": endpoint.url, "reason": reason})


def _owners(endpoint: WebhookEndpoint) -> list[str]:
    if endpoint.owner is not None:
        return [endpoint.owner.email] if endpoint.owner.email else []
    members = endpoint.organisation.memberships.filter(role="owner")  # type: ignore[union-attr]
    return [email for email in members.values_list("user__email", flat=True) if email]


def _shown(body: bytes) -> str:
    text = body[:500].decode(errors="replace")
    return "".join(character if character.isprintable() else " " for character in text)[:500]
