"""Data sources for tests: a provider's row and a person's connection to it."""

from typing import Any

from integrations.choices import ConnectionStatus, IntegrationCategory, IntegrationStatus, IntegrationType
from integrations.models import Connection, Integration
from tests.factories import buyer


def provider_row(slug: str = "metering", **fields: Any) -> Integration:
    """Return a catalogue row of that slug, made if there is none; `fields` are set on it either way."""
    values = {
        "name": slug.title(),
        "provider": slug.title(),
        "category": IntegrationCategory.ENERGY,
        "type": IntegrationType.API_KEY,
        "status": IntegrationStatus.PRODUCTION,
        "description": "Meter readings.",
        "setup_complexity": "easy",
        "estimated_setup_time": "5 minutes",
    }
    row, _ = Integration.objects.update_or_create(slug=slug, defaults=fields, create_defaults={**values, **fields})
    return row


def source(integration: Integration | None = None, **fields: Any) -> Connection:
    """Return an active connection of a new person, or of the `owner` or `organisation` given."""
    if "owner" not in fields and "organisation" not in fields:
        fields["owner"] = buyer()
    values = {"display_name": "The flat", "status": ConnectionStatus.ACTIVE, "account_reference": "A-1", **fields}
    return Connection.objects.create(integration=integration or provider_row(), **values)
