"""Data sources with readings, and the project's factor sets, for tests of emissions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from integrations.models import Connection, Integration, Reading
from tests.factories import buyer


def data_source(owner=None, *, adapter="", **fields):
    """Return a connection of a person, new unless given."""
    slug = adapter or "csv-upload"
    integration, _ = Integration.objects.get_or_create(
        slug=slug,
        defaults={
            "name": slug.title(),
            "provider": slug.title(),
            "category": "energy",
            "type": "file_upload",
            "status": "production",
            "adapter": adapter,
            "description": "Readings.",
            "setup_complexity": "easy",
            "estimated_setup_time": "1 minute",
        },
    )
    fields.setdefault("account_reference", f"A-{Connection.objects.count()}")
    holder = {} if "organisation" in fields else {"owner": owner or buyer()}
    return Connection.objects.create(integration=integration, display_name="Source", **holder, **fields)


def reading(connection, kind, quantity, unit, *, start=datetime(2025, 3, 1, tzinfo=UTC), days=1, **fields):
    """Store one reading that begins at `start` and lasts `days`."""
    end = fields.pop("ends_at", start + timedelta(days=days))
    fields.setdefault("external_id", f"{kind}:{fields.get('series', '')}:{start:%Y%m%d%H%M}:{fields.get('payload')}")
    return Reading.objects.create(
        connection=connection,
        reading_type=kind,
        quantity=Decimal(quantity),
        unit=unit,
        starts_at=start,
        ends_at=end,
        **fields,
    )
