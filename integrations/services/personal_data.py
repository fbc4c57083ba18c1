"""What data sources hold about a person: a copy of it, and what goes when they are erased."""

from typing import Any

from accounts.models import User
from integrations.models import Connection, Upload
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
    }


def sources_connected(user: User) -> str:
    """Return what to do first while data sources are connected: their credentials are revoked one by one."""
    connected = Connection.objects.filter(owner=user).connected().count()
    if not connected:
        return ""
    return f"Disconnect your {connected} data source{'s' if connected > 1 else ''} first."


def source_data_forget(user: User) -> None:
    """Erase readings, results, files and what was sent, and empty the names of the person's own data sources."""
    for endpoint in WebhookEndpoint.objects.filter(owner=user, deleted_at__isnull=True):
        endpoint_delete(actor=user, endpoint=endpoint)
    WebhookEndpoint.objects.filter(owner=user).update(url="https://erased.invalid/", description="")
    WebhookEndpoint.history.filter(owner=user).update(url="https://erased.invalid/", description="")
    sources = Connection.objects.filter(owner=user)
    for row in sources:
        source_data_erase(actor=user, connection=row)
    IncomingDelivery.objects.filter(source__connection__in=sources).update(body=b"", rejects=[], message="")
    for upload in Upload.objects.filter(connection__in=sources):
        for file in (upload.file, upload.rejects):
            if file.name:
                file.storage.delete(file.name)
        Upload.objects.filter(pk=upload.pk).update(file_name="erased", preview={}, mapping={}, message="")
    named = {"display_name": "Erased", "site": "", "account_reference": "", "settings": {}}
    sources.update(**named)
    Connection.history.filter(owner=user).update(**named)
