"""Who may do what: a view names one permission per method, and what it does not name nobody may do."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from carboncore.common.context import Entrance, set_actor


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
