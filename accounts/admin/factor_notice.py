"""The notice that a second factor has still to be set up, above every page while the grace lasts."""

from django.http import HttpRequest
from django.urls import reverse

from accounts.second_factor import grace_until
from accounts.staff_gate import staff_session
from carboncore.common.admin.notices import Notice, register_notice


def factor_notice(request: HttpRequest) -> Notice | None:
    """Return the notice for somebody who works by their password alone; nothing on the pages where it is set up."""
    session = staff_session(request)
    if session is None or session.second_factor_at is not None or request.path.startswith(reverse("staff-security")):
        return None
    until = grace_until(session.user)
    if until is None:
        return None
    words = f"Your password alone opens this until {until.day} {until:%B %Y, %H:%M} UTC."
    return Notice(words, "Set up a second factor now", reverse("staff-security"))


register_notice(factor_notice)
