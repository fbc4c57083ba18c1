"""From the audit trail to subscribers: what happened is read there, so that nothing below knows of webhooks.

The links of the trail are numbered without a gap, stream by stream, at the commit of their event. How far each stream
was read is therefore a number, and no event that commits late is passed over. The id of an event is that of every
delivery of it: whoever hears of it twice can tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from carboncore.audit.choices import Outcome
from carboncore.audit.models import STREAMS, Event, EventLink
from carboncore.common.quantities import tonnes_from_kg
from integrations.choices import EndpointStatus, WebhookEventType
from integrations.locks import relay_lock
from integrations.models import (
    Connection,
    EmissionsOffset,
    RelayPosition,
    Upload,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.services.outgoing_webhooks import delivery_queue
from registry.models import Project
from transactions.models import IssuanceRequest, Transaction

_MOST_LINKS = 500  # of one stream in one round


@dataclass(frozen=True)
class Told:
    """What subscribers are told of an event, and which of them: everybody, or the owner alone."""

    type: str
    data: Mapping[str, Any]
    subject: str
    only_of: Q | None = None


def events_relay() -> int:
    """Turn what was recorded since the last round into deliveries; returns how many there are of them.

    A stream is begun where it is when the first round looks: subscribers are not told of years ago.
    """
    with transaction.atomic():
        relay_lock()
        links = _new_links()
        events = Event.objects.filter(pk__in=[link.event_id for link in links], action__in=_MAKERS).order_by("pk")
        count = 0
        for event in events:
            make = (_MAKERS if event.outcome == Outcome.DONE else _MAKERS_OF_FAILURES).get(event.action)
            told = make(event) if make is not None else None
            if told is not None:
                count += _tell(event, told)
    return count


def _new_links() -> list[EventLink]:
    heads = dict(EventLink.objects.values_list("stream").annotate(head=Max("position")))
    positions = {row.stream: row for row in RelayPosition.objects.select_for_update()}
    found: list[EventLink] = []
    for stream in range(1, STREAMS + 1):
        row = positions.get(stream)
        if row is None:
            RelayPosition.objects.create(stream=stream, position=heads.get(stream, 0))
            continue
        if heads.get(stream, 0) <= row.position:
            continue
        links = list(
            EventLink.objects.filter(stream=stream, position__gt=row.position).order_by("position")[:_MOST_LINKS]
        )
        row.position = links[-1].position
        row.save(update_fields=["position"])
        found += links
    return found


def _tell(event: Event, told: Told) -> int:
    subscribers: QuerySet[WebhookEndpoint] = WebhookEndpoint.objects.filter(
        status=EndpointStatus.ACTIVE, event_types__contains=[told.type]
    )
    if told.only_of is not None:
        subscribers = subscribers.filter(told.only_of)
    endpoints = list(subscribers.order_by("pk"))
    if not endpoints:
        return 0
    made, is_new = WebhookEvent.objects.get_or_create(
        public_id=f"evt_{event.pk}",
        defaults={
            "type": told.type, "occurred_at": event.at, "subject": told.subject[:100], "data": dict(told.data),
        },
    )  # fmt: skip
    if not is_new:
        return 0
    for endpoint in endpoints:
        delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=made, next_attempt_at=timezone.now())
        delivery_queue(delivery=delivery)
    return len(endpoints)


def _project_data(project: Project) -> dict[str, Any]:
    return {"project": {"id": str(project.public_id), "slug": project.slug, "status": project.status}}


def _project(event: Event) -> Project | None:
    return Project.objects.filter(pk=int(event.object_id)).first() if event.object_id.isdigit() else None


def _published(event: Event) -> Told | None:
    project = _project(event)
    if project is None:
        return None
    # Of a hidden one no more is said than that it was taken away.
    data = (
        {**_project_data(project), "published": True}
        if project.is_public
        else {"project": {"id": str(project.public_id)}, "published": False}
    )
    return Told(WebhookEventType.PROJECT_PUBLISHED, data, f"project:{project.pk}")


def _moved(event: Event) -> Told | None:
    project = _project(event)
    if project is None or not project.is_public:
        return None
    return Told(WebhookEventType.PROJECT_MOVED, _project_data(project), f"project:{project.pk}")


def _issued(event: Event) -> Told | None:
    request = IssuanceRequest.objects.select_related("project", "batch").filter(pk=int(event.object_id)).first()
    if request is None or request.batch is None or not request.project.is_public:
        return None
    data = {
        **_project_data(request.project),
        "vintage": request.vintage,
        "quantity": _tonnes(request.quantity_kg),
        "serial_root": request.batch.serial_root,
    }
    return Told(WebhookEventType.CREDITS_ISSUED, data, f"project:{request.project_id}")


def _used(event_type: str) -> Callable[[Event], Told | None]:
    def make(event: Event) -> Told | None:
        rows = Transaction.objects.select_related("project", "retirement")
        found = rows.filter(pk=int(event.object_id)).first() if event.object_id.isdigit() else None
        if found is None or not found.project.is_public:
            return None
        data = {
            **_project_data(found.project),
            "vintage": found.vintage,
            "quantity": _tonnes(found.quantity_kg),
            "transaction": str(found.public_id),
        }
        if hasattr(found, "retirement"):
            # The certificate's address; on whose behalf it was stands there as far as it is public.
            data["retirement"] = str(found.retirement.public_id)
        return Told(event_type, data, f"project:{found.project_id}")

    return make


def _synced(event: Event) -> Told | None:
    failed = event.outcome == Outcome.FAILED
    connection = Connection.objects.filter(pk=int(event.object_id)).first()
    if connection is None:
        return None
    run = connection.sync_runs.filter(finished_at__lte=event.at).order_by("-finished_at").first()
    data: dict[str, Any] = {"datasource": str(connection.public_id)}
    if run is not None:
        data |= {"sync": str(run.public_id), "status": run.status, "records_processed": run.records_processed,
                 "records_failed": run.records_failed}  # fmt: skip
        data |= {"problem": run.problem, "message": run.error_message} if failed else {}
    event_type = WebhookEventType.SYNC_FAILED if failed else WebhookEventType.SYNC_FINISHED
    return Told(event_type, data, f"datasource:{connection.pk}", _owned_like(connection))


def _uploaded(event: Event) -> Told | None:
    upload = Upload.objects.select_related("connection").filter(pk=int(event.object_id)).first()
    if upload is None:
        return None
    data = {
        "datasource": str(upload.connection.public_id),
        "upload": str(upload.public_id),
        "records_imported": upload.records_imported,
        "records_rejected": upload.records_rejected,
    }
    return Told(
        WebhookEventType.UPLOAD_PROCESSED, data, f"datasource:{upload.connection_id}", _owned_like(upload.connection)
    )


def _offset(event: Event) -> Told | None:
    made = EmissionsOffset.objects.with_ends().filter(pk=int(event.object_id)).first()
    if made is None:
        return None
    data = {
        "offset": str(made.public_id),
        "from": f"{made.first_month:%Y-%m}",
        "to": f"{made.last_month:%Y-%m}",
        "method": made.method,
        "quantity": _tonnes(made.quantity_kg),
        "status": made.status.value,
        "purchase": str(made.purchase.public_id) if made.purchase else None,
        "retirement": str(made.retired.public_id) if made.retired else None,
    }
    return Told(WebhookEventType.EMISSIONS_OFFSET, data, f"offset:{made.pk}", _owned_like(made))


def _tonnes(kilograms: int) -> str:
    return format(tonnes_from_kg(kilograms), "f")


def _owned_like(row: Connection | EmissionsOffset) -> Q:
    return Q(owner=row.owner_id) if row.owner_id else Q(organisation=row.organisation_id)


_MAKERS: dict[str, Callable[[Event], Told | None]] = {
    "project.published": _published,
    "project.moved": _moved,
    "issuance.approved": _issued,
    "credits.retired": _used(WebhookEventType.CREDITS_RETIRED),
    "credits.cancelled": _used(WebhookEventType.CREDITS_CANCELLED),
    "connection.synchronised": _synced,
    "upload.processed": _uploaded,
    "emissions.offset": _offset,
}
_MAKERS_OF_FAILURES: dict[str, Callable[[Event], Told | None]] = {"connection.synchronised": _synced}
