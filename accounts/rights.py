"""Default deny: what a service asks first, before it does anything for its actor, whichever entrance they came by."""

from accounts.models import User
from carboncore.common.errors import NotAllowed


def require_permission(actor: User, permission: str, deed: str) -> None:
    """Refuse who lacks the permission; the deed completes “You may not …”.

    Raises:
        NotAllowed: they may not do the deed.
    """
    if not actor.has_perm(permission):
        raise NotAllowed(f"You may not {deed}. A super admin can, or can give you the right.")
