"""Who may do what: a view names one permission per method and, for machines, one scope; what it omits is denied."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from carboncore.common.context import Entrance, set_actor
from carboncore.common.errors import NotAllowed


class KeyScopeMissing(NotAllowed):
    """A machine's key is not for this."""

    code = "api_key_scope_missing"

    def __init__(self, scope: str | None) -> None:
        super().__init__(
            f"This API key may not do this: it lacks the scope `{scope}`. Make a key that has it."
            if scope
            else "No API key may do this. Sign in as a person."
        )


def require_key_scope(request: Request, scope: str | None) -> None:
    """Let a request by a machine's key pass only for a scope that the key has; others are not asked.

    Raises:
        KeyScopeMissing: the key lacks it, or `scope` is None and no key may.
    """
    scopes = getattr(request.auth, "scopes", None)
    if scopes is not None and (scope is None or scope not in scopes):
        raise KeyScopeMissing(scope)


class HasNamedPermission(BasePermission):
    """Asks for the permission that `view.permissions` names for the method; default deny.

    Reading asks for `view_*` like everything else: being signed in is no right.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the bearer may; also names them as the actor of this request."""
        needed: Mapping[str, str] = getattr(view, "permissions", {})
        method = "GET" if request.method == "HEAD" else str(request.method)
        user = request.user
        if not user.is_authenticated or not user.is_staff:
            return False
        set_actor(user, Entrance.API)
        return method in needed and user.has_perm(needed[method])
