"""The catalogue as its readers see it."""

from django.db.models import Q, QuerySet

from integrations.choices import Availability, IntegrationStatus, IntegrationType
from integrations.errors import IntegrationNotFound
from integrations.models import Integration


def integrations_listed(*, category: str = "", status: str = "", search: str = "") -> QuerySet[Integration]:
    """Return the listed entries, narrowed; `search` looks at names, provider and description, every word of it."""
    rows = Integration.objects.filter(listed=True)
    if category:
        rows = rows.filter(category=category)
    if status:
        rows = rows.filter(status=status)
    for word in search.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(provider__icontains=word) | Q(description__icontains=word))
    return rows.order_by("name", "pk")


def integration_listed(*, slug: str) -> Integration:
    """Return a listed entry.

    Raises:
        IntegrationNotFound: there is none of that name.
    """
    row = Integration.objects.filter(listed=True, slug=slug).first()
    if row is None:
        raise IntegrationNotFound
    return row


def connectable_slugs() -> set[str]:
    """Return the entries that people can connect now; OAuth needs the operator's client for it."""
    offered = Integration.objects.filter(listed=True).exclude(availability=Availability.NONE)
    ready = offered.exclude(status=IntegrationStatus.DEVELOPMENT)
    own = Q(type__in=[IntegrationType.FILE_UPLOAD, IntegrationType.MANUAL_ENTRY, IntegrationType.WEBHOOK])
    by_key = Q(type=IntegrationType.API_KEY) & ~Q(adapter="")
    by_oauth = Q(type=IntegrationType.OAUTH, oauth_client__enabled=True) & ~Q(adapter="")
    return set(ready.filter(own | by_key | by_oauth).values_list("slug", flat=True))
