"""Subscriptions to what happens here: made, changed, tested, disabled; each belongs to a person or an organisation."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Organisation, User
from carboncore.audit.services import changes_since, event_record
from carboncore.common.errors import InvalidInput
from carboncore.common.outgoing import AddressRefused, RemoteFailed, check_address
from integrations.choices import EndpointStatus, OutboxStatus, WebhookEventType
from integrations.errors import (
    EndpointDisabled,
    EndpointLimitReached,
    WebhookDeliveryNotFound,
)
from integrations.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from integrations.services.webhook_secrets import secret_put, secret_replace

# The job's name in the queue; `integrations.tasks` holds what it does.
OUTBOX_TASK = "integrations.outbox_deliver"
MOST_ENDPOINTS = 20  # of one owner
_SUBSCRIBABLE = [name for name in WebhookEventType.values if name != WebhookEventType.TEST]
_TOLD = ("url", "description", "event_types", "status")


def endpoint_create(
    *,
    actor: User,
    organisation: Organisation | None,
    url: str,
    event_types: Sequence[str],
    description: str = "",
) -> tuple[WebhookEndpoint, str]:
    """Subscribe the actor, or an organisation that they act for; returns the subscription and its secret, shown once.

    Raises:
        InvalidInput: the address is not one that this server goes to, or an event type is none.
        EndpointLimitReached: the owner has as many as there may be.
        CredentialKeysMissing: this server has no key to encrypt the secret with.
    """
    _check(url, event_types)
    endpoint = WebhookEndpoint(
        owner=None if organisation else actor,
        organisation=organisation,
        url=url,
        description=description,
        event_types=sorted(set(event_types)),
    )
    with transaction.atomic():
        # The owner's row is locked, so that two at once are counted.
        owner: Any = (Organisation if organisation else User).objects
        owner.select_for_update(no_key=True).get(pk=organisation.pk if organisation else actor.pk)
        of_owner = WebhookEndpoint.objects.filter(
            owner=endpoint.owner, organisation=organisation, deleted_at__isnull=True
        )
        if of_owner.count() >= MOST_ENDPOINTS:
            raise EndpointLimitReached(MOST_ENDPOINTS)
        secret = secret_put(endpoint)
        endpoint.save()
        told = {name: [None, getattr(endpoint, name)] for name in _TOLD}
        event_record(action="webhook_endpoint.created", obj=endpoint, actor=actor, changes=told)
    return endpoint, secret


def endpoint_update(*, actor: User, endpoint: WebhookEndpoint, fields: Mapping[str, Any]) -> WebhookEndpoint:
    """Change the address, description, event types or status; making it active again forgets its failures.

    Raises:
        InvalidInput: as for a new one; nothing is changed.
    """
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        before = {name: getattr(locked, name) for name in _TOLD}
        for name, value in fields.items():
            setattr(locked, name, sorted(set(value)) if name == "event_types" else value)
        _check(locked.url if "url" in fields else "", locked.event_types)
        if locked.status == EndpointStatus.ACTIVE and before["status"] != EndpointStatus.ACTIVE:
            locked.failing_since, locked.status_reason = None, ""
        elif locked.status == EndpointStatus.DISABLED and before["status"] != EndpointStatus.DISABLED:
            locked.status_reason = "Disabled by its owner."
            deliveries_give_up(endpoint=locked, reason="The subscription was disabled.")
        locked.save()
        changes = {name: pair for name, pair in changes_since(before, locked).items() if name in _TOLD}
        event_record(action="webhook_endpoint.changed", obj=locked, actor=actor, changes=changes)
    return locked


def endpoint_secret_replace(*, actor: User, endpoint: WebhookEndpoint) -> str:
    """Return a new secret; for a day deliveries are signed with both.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        secret = secret_replace(locked, now=timezone.now())
        locked.save()
        event_record(action="webhook_endpoint.secret_replaced", obj=locked, actor=actor)
    return secret


def endpoint_delete(*, actor: User, endpoint: WebhookEndpoint) -> None:
    """End a subscription and destroy its secret; its deliveries stay as a record."""
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        locked.status, locked.deleted_at = EndpointStatus.DISABLED, timezone.now()
        locked.envelope, locked.previous_envelope, locked.previous_until = "", "", None
        locked.save()
        deliveries_give_up(endpoint=locked, reason="The subscription was deleted.")
        event_record(action="webhook_endpoint.deleted", obj=locked, actor=actor)


def endpoint_test(*, actor: User, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a test event to one subscriber, whatever they subscribed to.

    Raises:
        EndpointDisabled: it is not active.
    """
    if endpoint.status != EndpointStatus.ACTIVE:
        raise EndpointDisabled
    with transaction.atomic():
        event = WebhookEvent.objects.create(
            public_id=f"test_{uuid.uuid4().hex}",
            type=WebhookEventType.TEST,
            occurred_at=timezone.now(),
            subject=f"endpoint:{endpoint.public_id}",
            data={"message": "This is a test; nothing happened."},
        )
        delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event, next_attempt_at=timezone.now())
        event_record(action="webhook_endpoint.tested", obj=endpoint, actor=actor)
        delivery_queue(delivery=delivery)
    return delivery


def delivery_send_again(*, actor: User, endpoint: WebhookEndpoint, pk: int) -> WebhookDelivery:
    """Send an event once more, from the beginning of the schedule; its id stays the same.

    Raises:
        WebhookDeliveryNotFound: the subscription has none of that number.
        EndpointDisabled: it is not active.
    """
    with transaction.atomic():
        found = WebhookDelivery.objects.select_for_update(no_key=True).filter(endpoint=endpoint, pk=pk).first()
        if found is None:
            raise WebhookDeliveryNotFound
        if endpoint.status != EndpointStatus.ACTIVE:
            raise EndpointDisabled
        found.status, found.attempts, found.finished_at = OutboxStatus.WAITING, 0, None
        found.next_attempt_at = timezone.now()
        found.save(update_fields=["status", "attempts", "finished_at", "next_attempt_at"])
        event_record(action="webhook_endpoint.redelivered", obj=endpoint, actor=actor, note=found.event.public_id)
        delivery_queue(delivery=found)
    return found


def delivery_queue(*, delivery: WebhookDelivery) -> None:
    """Have a delivery attempted when it is due; those of one subscription one after the other."""
    lock = f"{OUTBOX_TASK}:{delivery.endpoint_id}"
    task = app.configure_task(OUTBOX_TASK, queue="webhooks", lock=lock, schedule_at=delivery.next_attempt_at)
    task.defer(delivery_id=delivery.pk)


def deliveries_give_up(*, endpoint: WebhookEndpoint, reason: str) -> None:
    """Stop trying what still waits for a subscriber."""
    waiting = endpoint.deliveries.filter(status=OutboxStatus.WAITING)
    waiting.update(
        status=OutboxStatus.FAILED, next_attempt_at=None, finished_at=timezone.now(), last_error=reason[:300]
    )


def is_operators_host(url: str) -> bool:
    """Return whether this server's operator named the address's host as one to which webhooks may go."""
    host = urlsplit(url).netloc.rpartition("@")[2].lower()
    return host in {entry.lower() for entry in settings.WEBHOOK_ALLOWED_HOSTS}


def _check(url: str, event_types: Sequence[str]) -> None:
    errors: dict[str, list[str]] = {}
    if url:
        try:
            check_address(url, operator=is_operators_host(url))
        except (AddressRefused, RemoteFailed) as error:
            errors["url"] = [error.message]
    unknown = [name for name in event_types if name not in _SUBSCRIBABLE]
    if unknown or not event_types:
        errors["event_types"] = [f"Choose from: {', '.join(_SUBSCRIBABLE)}."]
    if errors:
        raise InvalidInput(errors)
