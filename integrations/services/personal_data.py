"""What data sources hold about a person: a copy of it, and what goes when they are erased."""

from functools import partial
from typing import Any

from django.db import transaction

from accounts.models import User
from integrations.models import Connection, EmissionsOffset, Upload
from integrations.models.incoming_webhook import IncomingDelivery
from integrations.models.outgoing_webhook import WebhookEndpoint
from integrations.services.connections import source_data_erase
from integrations.services.outgoing_webhooks import endpoint_delete


def source_data(user: User) -> dict[str, Any]:
    """Return the person's own data sources with how many readings each has, their files and their subscriptions."""
    return {
        "data_sources": [
            {
                "id": str(row.public_id),
                "provider": row.integration.name,
                "display_name": row.display_name,
                "site": row.site,
                "account_reference": row.account_reference,
                "settings": row.settings,
                "status": row.status,
                "readings": row.readings.count(),
                "files": [upload.file_name for upload in Upload.objects.filter(connection=row).order_by("pk")],
                "created_at": row.created_at.isoformat(),
            }
            for row in Connection.objects.filter(owner=user).select_related("integration").order_by("pk")
        ],
        "webhook_endpoints": list(
            WebhookEndpoint.objects.filter(owner=user).order_by("pk").values_list("url", flat=True)
        ),
        "emissions_offsets": [
            {
                "id": str(row.public_id),
                "from": f"{row.first_month:%Y-%m}",
                "to": f"{row.last_month:%Y-%m}",
                "method": row.method,
                "total_kg_co2e": f"{row.total_kg_co2e:f}",
                "offset_before_kg": row.before_kg,
                "quantity_kg": row.quantity_kg,
                "status": row.status.value,
                "certificate": str(row.retired.public_id) if row.retired else None,
                "report_sha256": row.report_sha256,
                "report": row.report,
                "made_at": row.made_at.isoformat(),
            }
            for row in EmissionsOffset.objects.filter(owner=user).with_ends().defer(None).order_by("pk")
        ],
    }


def sources_connected(user: User) -> str:
    """Return what to do first while data sources are connected: their credentials are revoked one by one."""
    connected = Connection.objects.filter(owner=user).connected().count()
    if not connected:
        return ""
    return f"Disconnect your {connected} data source{'s' if connected > 1 else ''} first."


def source_data_forget(user: User) -> None:
    """Erase readings, results, files, what was sent and reports, and empty the names of the person's own data sources.

    Of an offset there stay its months, its quantity and the report's digest, which the certificate names as well.
    """
    for endpoint in WebhookEndpoint.objects.filter(owner=user, deleted_at__isnull=True):
        endpoint_delete(actor=user, endpoint=endpoint)
    WebhookEndpoint.objects.filter(owner=user).update(url="https://erased.invalid/", description="")
    WebhookEndpoint.history.filter(owner=user).update(url="https://erased.invalid/", description="")
    EmissionsOffset.objects.filter(owner=user).exclude(report="").update(report="")
    sources = Connection.objects.filter(owner=user)
    for row in sources:
        source_data_erase(actor=user, connection=row)
    IncomingDelivery.objects.filter(source__connection__in=sources).update(body=b"", rejects=[], message="")
    for upload in Upload.objects.filter(connection__in=sources):
        for file in (upload.file, upload.rejects):
            if file.name:
                # Only once the erasure is certain: a file does not come back when it is rolled back.
                transaction.on_commit(partial(file.storage.delete, file.name), robust=True)
        Upload.objects.filter(pk=upload.pk).update(file_name="erased", preview={}, mapping={}, message="")
    named = {"display_name": "Erased", "site": "", "account_reference": "", "settings": {}}
    sources.update(**named)
    Connection.history.filter(owner=user).update(**named)
