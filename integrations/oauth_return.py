"""Where a browser goes when it comes back from a provider: to the account pages, where it left from these."""

from django.http import HttpRequest

from integrations.models import Connection

_KEY = "permission_asked_for"


def asked_from_pages(request: HttpRequest, connection: Connection) -> None:
    """Note in the browser's session that a permission is asked for from the account pages."""
    request.session[_KEY] = str(connection.public_id)


def came_from_pages(request: HttpRequest) -> bool:
    """Tell, once, whether the browser had left from the account pages; a program with a token carries no session."""
    session = getattr(request, "session", None)
    return session is not None and session.pop(_KEY, None) is not None
