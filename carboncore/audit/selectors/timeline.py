"""Events as people read them: one object's timeline, and what an event says in words."""

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst

from carboncore.audit.models import Event
from carboncore.audit.redaction import CHANGED
from carboncore.common.admin.history import FieldChange, HistoryEntry, HistoryPage


def object_timeline(*, object_type: str, object_id: str, page: str, size: int) -> HistoryPage:
    """Return one page of an object's events, newest first."""
    number = max(1, int(page)) if page.isdigit() and len(page) < 6 else 1
    first = (number - 1) * size
    events = Event.objects.filter(object_type=object_type, object_id=object_id).select_related("actor").order_by("-pk")
    rows = list(events[first : first + size + 1])
    return HistoryPage([_entry(event) for event in rows[:size]], number, len(rows) > size)


def changes_told(event: Event) -> list[FieldChange]:
    """Return what the event says changed, with the fields' names as people know them."""
    return [
        FieldChange(label=_label(event.object_type, name), old=_words(values[0]), new=_words(values[1]))
        if isinstance(values, list) and len(values) == 2
        else FieldChange(
            label=_label(event.object_type, name),
            old="",
            new="changed (kept to itself)" if values == CHANGED else _words(values),
        )
        for name, values in event.changes.items()
    ]


def actor_name(event: Event) -> str:
    """Return who it was: the e-mail of an account that is there, a number of one that is not, or the system."""
    if event.actor_id is None:
        return "the system" if event.entrance in ("command", "job") else "somebody not signed in"
    return str(event.actor) if _has_actor(event) else f"account no. {event.actor_id}"


def object_name(object_type: str, object_id: str) -> str:
    """Return what an object is called without reading it: `Project 7`."""
    try:
        name = capfirst(str(apps.get_model(object_type)._meta.verbose_name))
    except (LookupError, ValueError):
        name = object_type
    return f"{name} {object_id}".strip()


def _entry(event: Event) -> HistoryEntry:
    return HistoryEntry(
        at=event.at,
        kind=event.label,
        subject="" if event.outcome == "done" else event.get_outcome_display(),
        user=actor_name(event),
        entrance=event.get_entrance_display(),
        reason=event.note,
        changes=changes_told(event),
    )


def _has_actor(event: Event) -> bool:
    try:
        return event.actor is not None
    except Event.actor.RelatedObjectDoesNotExist:  # no foreign key holds the account there
        return False


def _label(object_type: str, name: str) -> str:
    try:
        return capfirst(str(apps.get_model(object_type)._meta.get_field(name).verbose_name))
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return capfirst(name.replace("_", " "))


def _words(value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    return str(value)
