"""What waits in integrations: likely double listings without a verdict, and imports that failed."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from carboncore.common.admin.dashboard import WaitingItem, register_waiting
from integrations.choices import ConflictVerdict, ImportState
from integrations.models import ImportRun, ListingConflict

# An older failure has been dealt with or forgotten for good; it stays in the list of imports.
FAILURE_AGE = timedelta(days=14)


@register_waiting
def waiting_integrations_work(user: Any) -> list[WaitingItem]:
    """Return what this user may do next about conflicts and imports."""
    items = []
    if user.has_perm("integrations.change_listingconflict"):
        items.append(
            WaitingItem(
                key="open_conflicts",
                title="likely double listings",
                hint="Two registries may list one project.",
                count=ListingConflict.objects.filter(verdict=ConflictVerdict.OPEN).count(),
                link=_list("listingconflict", verdict__exact=ConflictVerdict.OPEN),
                icon="content_copy",
            )
        )
    if user.has_perm("integrations.add_importrun"):
        items.append(
            WaitingItem(
                key="failed_imports",
                title="failed imports",
                hint="Of the last two weeks; each says what to correct.",
                count=ImportRun.objects.filter(
                    state=ImportState.FAILED, created_at__gte=timezone.now() - FAILURE_AGE
                ).count(),
                link=_list("importrun", state__exact=ImportState.FAILED),
                icon="error",
            )
        )
    return items


def _list(model: str, **query: str) -> str:
    return f"{reverse(f'admin:integrations_{model}_changelist')}?{urlencode(query)}"
