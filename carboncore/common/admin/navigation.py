"""The sidebar: the table in `settings.STAFF_NAVIGATION`, cut down to what the person may open."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from carboncore.common.admin.dashboard import badges_for


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of links, with the number of things that wait behind each."""
    user: Any = request.user
    if not user.is_authenticated:
        return []
    badges = badges_for(user)
    groups = []
    table: Any = settings.STAFF_NAVIGATION
    for title, entries in table:
        items = [
            _item(entry, badges) for entry in entries if not entry["permission"] or user.has_perm(entry["permission"])
        ]
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items})
    return groups


def _item(entry: dict[str, Any], badges: dict[str, int]) -> dict[str, Any]:
    item = {"title": entry["title"], "icon": entry["icon"], "link": reverse(f"admin:{entry['view']}")}
    if count := sum(badges.get(key, 0) for key in entry.get("badges", ())):
        item |= {"badge": count if count < 1000 else "999+", "badge_variant": "primary"}
    return item
