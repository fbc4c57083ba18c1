"""Webhooks that others send: addresses and their secrets, keeping each delivery once, acting on it as a job."""

import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.models import User
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record, refusal_record
from carboncore.common.errors import RegistryError
from integrations.choices import InboxChannel, InboxStatus, ReadingQuality
from integrations.errors import DataSourceNotFound, IncomingDeliveryNotFound
from integrations.models import Connection, IncomingDelivery, IncomingSource
from integrations.services.reading_entries import entries_store
from integrations.services.syncing import sync_hint
from integrations.services.webhook_secrets import secret_put, secret_replace, secrets_of
from integrations.uploads.entries import MOST_ENTRIES
from integrations.webhook_signatures import SignatureRefused, is_secret, verified

logger = structlog.get_logger(__name__)

# The job's name in the queue; `integrations.tasks` holds what it does.
INBOX_TASK = "integrations.inbox_process"
INBOX_RETRIES = RetryStrategy(max_attempts=8, exponential_wait=4)
LARGEST_BODY = 1_000_000
_MOST_REJECTS_KEPT = 100
_MOST_DIGITS = 64
_NOBODYS = "There is no such address, or no secret for it."


class DeliveryRefused(Exception):
    """What was delivered says nothing that can be acted on; trying again would change nothing."""


def incoming_source_make(*, actor: User, connection: Connection) -> tuple[IncomingSource, str]:
    """Make the address to which readings of a data source are sent, or replace the secret of the one it has.

    Returns the address and its new secret, which is shown this once. The secret before stays valid for a day.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
        DataSourceNotFound: the source was disconnected.
    """
    with transaction.atomic():
        locked = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        if locked.disconnected_at is not None:
            raise DataSourceNotFound
        row = IncomingSource.objects.filter(connection=locked).first()
        if row is None:
            row = IncomingSource(connection=locked)
            secret = secret_put(row)
            row.save()
            event_record(action="webhook_address.made", obj=row, actor=actor)
        else:
            secret = secret_replace(row, now=timezone.now())
            row.save()
            event_record(action="webhook_address.secret_replaced", obj=row, actor=actor)
    return row, secret


def generic_delivery_receive(*, public_id: uuid.UUID, headers: Mapping[str, str], body: bytes) -> IncomingDelivery:
    """Keep a delivery to a data source's own address, once however often it comes, and queue what it asks for.

    Raises:
        SignatureRefused: it is not signed with the address's secret, or there is no such address; nothing is kept.
    """
    row = IncomingSource.objects.select_related("connection").filter(public_id=public_id).first()
    # An unknown address, and one of a source that is gone, answer like a wrong signature does.
    usable = row is not None and row.connection.disconnected_at is None
    known = secrets_of(row, now=timezone.now()) if row is not None and usable else []
    return _receive(InboxChannel.GENERIC, row, known, headers, body)


def provider_delivery_receive(*, channel: str, headers: Mapping[str, str], body: bytes) -> IncomingDelivery:
    """Keep a hint to a provider's channel, signed with the secret that this server's operator set for it.

    Raises:
        SignatureRefused: it is not, or the operator set none; nothing is kept.
    """
    secret = settings.PROVIDER_WEBHOOK_SECRETS.get(channel, "")
    return _receive(channel, None, [secret] if is_secret(secret) else [], headers, body)


def _receive(
    channel: str, row: IncomingSource | None, known: list[str], headers: Mapping[str, str], body: bytes
) -> IncomingDelivery:
    try:
        webhook_id, sent_at = verified(headers, body, valid_secrets=known, now=timezone.now())
    except SignatureRefused as refusal:
        reason = refusal.message if known else _NOBODYS
        logger.warning("webhook_refused", channel=channel, reason=reason)
        refusal_record(action="webhook.refused", note=f"{channel}: {reason}", obj=row)
        raise
    with transaction.atomic():
        kept, is_new = IncomingDelivery.objects.get_or_create(
            channel=channel, source=row, webhook_id=webhook_id, defaults={"sent_at": sent_at, "body": body}
        )
        if is_new:
            event_record(action="webhook.received", obj=kept, note=channel)
            _queue(kept)
        else:
            IncomingDelivery.objects.filter(pk=kept.pk).update(repeats=F("repeats") + 1)
    return kept


def _queue(delivery: IncomingDelivery) -> None:
    # Those of one address in the order in which they came.
    lock = f"{INBOX_TASK}:{delivery.source_id or delivery.channel}"
    app.configure_task(INBOX_TASK, queue="webhooks", lock=lock).defer(delivery_id=delivery.pk)


def inbox_replay(*, actor: User, pk: int) -> IncomingDelivery:
    """Act on a kept delivery once more; readings that are there are not counted again.

    Raises:
        IncomingDeliveryNotFound: there is none of that number.
    """
    with transaction.atomic():
        found = IncomingDelivery.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if found is None:
            raise IncomingDeliveryNotFound
        found.status, found.message, found.processed_at = InboxStatus.RECEIVED, "", None
        found.save(update_fields=["status", "message", "processed_at"])
        event_record(action="webhook.replayed", obj=found, actor=actor)
        _queue(found)
    return found


def inbox_process(*, delivery: IncomingDelivery) -> IncomingDelivery:
    """Act on a delivery; safe any number of times, and does nothing when that is done already."""
    if delivery.status != InboxStatus.RECEIVED:
        return delivery
    IncomingDelivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1)
    try:
        with transaction.atomic():
            content = _content(bytes(delivery.body))
            words = _readings(delivery, content) if delivery.source_id else _hint(delivery, content)
            _end(delivery, InboxStatus.PROCESSED, words)
    except (DeliveryRefused, RegistryError) as refusal:
        _end(delivery, InboxStatus.FAILED, refusal.message if isinstance(refusal, RegistryError) else str(refusal))
    return delivery


def _end(delivery: IncomingDelivery, status: str, words: str) -> None:
    delivery.status, delivery.message, delivery.processed_at = status, words[:1000], timezone.now()
    fields = ["status", "message", "processed_at", "records_imported", "records_rejected", "rejects"]
    with transaction.atomic():
        delivery.save(update_fields=fields)
        outcome = Outcome.DONE if status == InboxStatus.PROCESSED else Outcome.FAILED
        event_record(action="webhook.processed", obj=delivery, outcome=outcome, note=words)


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body, parse_float=_decimal, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise DeliveryRefused("The body is not JSON that can be read.") from error
    if not isinstance(content, dict):
        raise DeliveryRefused("The body has to be an object with type and data.")
    return content


def _decimal(text: str) -> Decimal:
    return Decimal(_short(text))


def _whole(text: str) -> int:
    return int(_short(text))


def _short(text: str) -> str:
    if len(text) > _MOST_DIGITS:
        raise ValueError("too long")
    return text


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _readings(delivery: IncomingDelivery, content: Mapping[str, Any]) -> str:
    data = content.get("data")
    entries = data.get("readings") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_ENTRIES:
        raise DeliveryRefused(f"data.readings has to be a list of 1 to {MOST_ENTRIES:,} readings.")
    source = delivery.source
    if source is None:
        raise DeliveryRefused("The delivery belongs to no data source.")
    connection = Connection.objects.select_related("integration").get(pk=source.connection_id)
    counts, refused = entries_store(connection=connection, entries=entries, quality=ReadingQuality.MEASURED)
    delivery.records_imported = counts.created + counts.changed + counts.unchanged
    delivery.records_rejected = len(refused)
    delivery.rejects = [{"entry": place, "reason": reason} for place, reason in refused[:_MOST_REJECTS_KEPT]]
    return f"{delivery.records_imported:,} readings taken, {len(refused):,} rejected."


def _hint(delivery: IncomingDelivery, content: Mapping[str, Any]) -> str:
    data = content.get("data")
    account = data.get("account") if isinstance(data, dict) else None
    if not isinstance(account, str) or not account:
        raise DeliveryRefused("data.account has to name the account at the provider that has something new.")
    connections = Connection.objects.connected().filter(
        integration__slug=delivery.channel, account_reference=account, next_sync_at__isnull=False
    )
    started = sum(sync_hint(connection=connection) is not None for connection in connections)
    return f"{started} syncs begun for this account." if started else "No data source of this account was to be read."
