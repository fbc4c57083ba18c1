"""Grave deeds ask that their actor showed a moment ago who they are: a session left open is not enough."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from carboncore.common.context import Entrance, current_actor
from carboncore.common.errors import RegistryError


class ReauthenticationRequired(RegistryError):
    """The actor has to show their password or second factor once more, and may then do this."""

    code = "reauthentication_required"
    http_status = 403

    def __init__(self) -> None:
        super().__init__(
            f"This needs a sign-in of the last {settings.REAUTHENTICATION_MINUTES} minutes. In the staff admin, confirm"
            " that it is you; over the API, sign in again at /admin/login and repeat this with the new token."
        )


def is_fresh() -> bool:
    """Return whether the actor showed who they are within the last minutes, or acts by the command line or a job."""
    actor = current_actor()
    if actor.entrance not in (Entrance.ADMIN, Entrance.API):
        return True
    lately = timezone.now() - timedelta(minutes=settings.REAUTHENTICATION_MINUTES)
    return actor.proven_at is not None and actor.proven_at >= lately


def require_fresh() -> None:
    """Let only a fresh actor go on.

    Raises:
        ReauthenticationRequired: they showed who they are too long ago.
    """
    if not is_fresh():
        raise ReauthenticationRequired
