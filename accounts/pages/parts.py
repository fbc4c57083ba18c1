"""What other apps show on the page of somebody's account; each registers its part in its `AppConfig.ready()`."""

from collections.abc import Callable

from django.utils.safestring import SafeString

from accounts.models import User

Part = Callable[[User], SafeString]
_parts: list[Part] = []


def register_account_part(part: Part) -> None:
    """Have `part` render its section of a person's account page, after those registered before."""
    if part not in _parts:
        _parts.append(part)


def account_parts() -> list[Part]:
    """Return the sections in their order."""
    return list(_parts)
