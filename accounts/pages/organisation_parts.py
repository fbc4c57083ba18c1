"""What other apps show on the page of an organisation; each registers its part in its `AppConfig.ready()`."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import Organisation, User

OrganisationPart = Callable[[HttpRequest, User, Organisation], SafeString]
_parts: list[OrganisationPart] = []


def register_organisation_part(part: OrganisationPart) -> None:
    """Have `part` render its section of an organisation's page, after those registered before."""
    if part not in _parts:
        _parts.append(part)


def organisation_parts() -> list[OrganisationPart]:
    """Return the sections in their order."""
    return list(_parts)
