"""The fixed lists of the accounts app."""

from django.db import models


class OrganisationState(models.TextChoices):
    """Whether staff have approved an organisation; only an approved one may hold and move credits."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    SUSPENDED = "suspended", "Suspended"


class MembershipRole(models.TextChoices):
    """What a member may do for the organisation."""

    OWNER = "owner", "Owner"
    TRADER = "trader", "Trader"
    VIEWER = "viewer", "Viewer"


# Who moves what the organisation holds; a viewer looks.
MOVING_ROLES = (MembershipRole.OWNER, MembershipRole.TRADER)
