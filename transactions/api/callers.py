"""Who calls, from where, and under which Idempotency-Key: what every POST that moves credits or money asks first."""

import hashlib
import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts.models import User
from carboncore.common.client_address import client_address
from carboncore.common.errors import InvalidInput
from transactions.services import Origin
from transactions.services.idempotency import MAX_KEY_LENGTH

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    "header",
    required=True,
    description=(
        "Any text of your own, new for each new request. The same key with the same body is carried out once and"
        " answered alike; with another body it is refused with 409."
    ),
)


def caller(request: Request) -> User | None:
    """Return the person who is signed in; None for a guest."""
    return request.user if request.user.is_authenticated else None


def signed_in_caller(request: Request) -> User:
    """Return the person who is signed in.

    Raises:
        NotAuthenticated: nobody is.
    """
    user = caller(request)
    if user is None:
        raise NotAuthenticated
    return user


def idempotency_key(request: Request) -> str:
    """Return the request's Idempotency-Key.

    Raises:
        InvalidInput: there is none, or it is no key.
    """
    key = str(request.META.get("HTTP_IDEMPOTENCY_KEY", ""))
    if not key or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput(
            {
                "Idempotency-Key": [
                    f"Send 1 to {MAX_KEY_LENGTH} printable characters, new for each new request, in this header."
                ]
            }
        )
    return key


def key_scope(user: User | None, *, what: str, guest_email: str = "", of: uuid.UUID | None = None) -> str:
    """Return what keeps one caller's keys apart from another's, and one action's from another's."""
    if user is not None:
        who = f"user:{user.pk}"
    else:
        who = f"guest:{hashlib.sha256(guest_email.strip().lower().encode()).hexdigest()[:32]}"
    return f"{what}:{who}:{of or ''}"[:100]


def origin_of(request: Request) -> Origin:
    """Return where a request came from."""
    agent = "".join(c for c in str(request.META.get("HTTP_USER_AGENT", "")) if c.isprintable())
    return Origin(ip_address=client_address(request), user_agent=agent[:500])


def what_was_asked(request: Request, **more: Any) -> dict[str, Any]:
    """Return by what two requests count as the same one."""
    return {"body": request.data, **more}
