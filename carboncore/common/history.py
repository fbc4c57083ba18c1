"""Readable history: every tracked model's past rows, each with its actor and its entrance."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from carboncore.common.context import Entrance, current_actor


def _current_entrance() -> str:
    return current_actor().entrance.value


class HistoryWithEntrance(models.Model):
    """What every history row adds to the library's own columns: the entrance the change came through."""

    entrance = models.CharField(max_length=10, choices=Entrance.choices, default=_current_entrance)

    class Meta:
        abstract = True


def _history_user(**_: Any) -> Any:
    return current_actor().user


def tracked_history(**options: Any) -> HistoricalRecords:
    """Make the history manager that every tracked model here has under the name `history`."""
    return HistoricalRecords(
        bases=[HistoryWithEntrance], get_user=_history_user, cascade_delete_history=False, **options
    )
