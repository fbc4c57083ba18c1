"""Which webhook subscriptions a person may see and change, for every entrance."""

import uuid

from django.db.models import Q, QuerySet

from accounts.choices import MOVING_ROLES
from accounts.models import User
from integrations.errors import WebhookEndpointNotFound
from integrations.models import WebhookEndpoint


def endpoints_of(user: User) -> QuerySet[WebhookEndpoint]:
    """Return the person's own subscriptions and those of organisations that they act for."""
    acting = user.memberships.filter(role__in=MOVING_ROLES)
    own = Q(owner=user) | Q(organisation__in=acting.values("organisation"))
    return WebhookEndpoint.objects.filter(own, deleted_at__isnull=True).select_related("organisation")


def endpoint_of(*, user: User, public_id: uuid.UUID) -> WebhookEndpoint:
    """Return one of them.

    Raises:
        WebhookEndpointNotFound: there is none, or the person may not know that there is.
    """
    found = endpoints_of(user).filter(public_id=public_id).first()
    if found is None:
        raise WebhookEndpointNotFound
    return found
