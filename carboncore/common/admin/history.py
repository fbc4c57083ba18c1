"""Reading history rows as sentences: who changed which field from what to what, when, through which entrance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.text import capfirst

from carboncore.common.context import Entrance

_KINDS = {"+": "Added", "~": "Changed", "-": "Deleted"}
_SHORTEST_SUMMARY = 300
# Bookkeeping that changes with every save, or repeats in other words what another field says.
_UNTOLD = {
    "updated_date", "updated_at", "created_at", "created_date", "search_text", "search_vector", "version",
    "origin_digest", "centroid_longitude", "centroid_latitude", "bbox_west", "bbox_south", "bbox_east", "bbox_north",
    "slug", "public_id",
}  # fmt: skip


@dataclass(frozen=True)
class HistorySource:
    """History rows of one model: those matching `filters`, told as rows about `label` (None: the page's record).

    `named_by` is the foreign key whose record is named after the label, where the label alone does not say which.
    """

    model: type[models.Model]
    filters: Mapping[str, Any]
    label: str | None = None
    named_by: str = ""


@dataclass(frozen=True)
class FieldChange:
    """One field's old and new value, as a person reads them."""

    label: str
    old: str
    new: str


@dataclass
class HistoryEntry:
    """One row of history."""

    at: datetime
    kind: str
    subject: str
    user: str
    entrance: str
    reason: str = ""
    changes: list[FieldChange] = field(default_factory=list)


@dataclass(frozen=True)
class HistoryPage:
    """A page of entries, newest first."""

    entries: list[HistoryEntry]
    number: int
    has_next: bool


def history_page(sources: Sequence[HistorySource], page: str, size: int) -> HistoryPage:
    """Return one page of the merged history; four queries a source at most, whatever the number of rows."""
    number = max(1, int(page)) if page.isdigit() and len(page) < 6 else 1
    wanted = number * size + 1
    rows = [(source, row) for source in sources for row in _newest(source, wanted)]
    rows.sort(key=lambda pair: (pair[1].history_date, pair[1].history_id), reverse=True)
    shown = rows[(number - 1) * size : number * size]
    entries: dict[int, HistoryEntry] = {}
    for source in sources:
        own = [(position, row) for position, (origin, row) in enumerate(shown) if origin is source]
        if own:
            entries |= _entries(source, own)
    return HistoryPage([entries[position] for position in sorted(entries)], number, len(rows) > number * size)


def log_page(record: models.Model, page: str, size: int) -> HistoryPage:
    """Return one page of what the staff admin itself noted, for records (accounts, groups) without history rows."""
    number = max(1, int(page)) if page.isdigit() and len(page) < 6 else 1
    rows = (
        LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))
        .select_related("user")
        .order_by("-action_time", "-pk")[(number - 1) * size : number * size + 1]
    )
    kinds = {ADDITION: "Added", CHANGE: "Changed", DELETION: "Deleted"}
    entries = [
        HistoryEntry(
            at=row.action_time,
            kind=kinds[row.action_flag],
            subject=row.get_change_message() if row.is_change() else "",
            user=str(row.user),
            entrance=Entrance.ADMIN.label,
        )
        for row in rows
    ]
    return HistoryPage(entries[:size], number, len(entries) > size)


def _history_model(model: type[models.Model]) -> Any:
    return model.history.model  # type: ignore[attr-defined]


def _newest(source: HistorySource, count: int) -> list[Any]:
    manager = _history_model(source.model)._default_manager
    rows = manager.filter(**source.filters).select_related("history_user").order_by("-history_date", "-history_id")
    return list(rows[:count])


def _entries(source: HistorySource, rows: list[tuple[int, Any]]) -> dict[int, HistoryEntry]:
    before = _predecessors(source, [row for _, row in rows])
    names = _names_of_related(source, [row for _, row in rows] + [row for row in before.values() if row])
    return {
        position: HistoryEntry(
            at=row.history_date,
            kind=_KINDS[row.history_type],
            subject=_subject(source, row, names),
            user=str(row.history_user) if row.history_user else "the system",
            entrance=row.get_entrance_display(),
            reason=row.history_change_reason or "",
            changes=_changes(source, before[row.history_id], row, names),
        )
        for position, row in rows
    }


def _subject(source: HistorySource, row: Any, names: Mapping[tuple[str, Any], str]) -> str:
    named = names.get((source.named_by, getattr(row, f"{source.named_by}_id")), "") if source.named_by else ""
    return f"{source.label or ''} {named}".strip()


def _predecessors(source: HistorySource, rows: list[Any]) -> dict[int, Any]:
    """Map each row's history_id to the row before it of the same record (None for the first)."""
    pk = source.model._meta.pk.attname
    by_record: dict[Any, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.history_id):
        by_record.setdefault(getattr(row, pk), []).append(row)
    older = _history_model(source.model)._default_manager.filter(
        **{f"{pk}__in": list(by_record)}, history_id__lt=min(row.history_id for row in rows)
    )
    last_older = {getattr(row, pk): row for row in older.order_by(pk, "-history_id").distinct(pk)}
    return {
        row.history_id: previous
        for record, own in by_record.items()
        for previous, row in zip([last_older.get(record), *own], own, strict=False)
    }


def _told_fields(source: HistorySource) -> list[models.Field]:
    """Leave out bookkeeping, what history does not keep, and the parent of rows told on their parent's own page."""
    kept = {f.attname for f in _history_model(source.model)._meta.concrete_fields}
    return [
        f
        for f in source.model._meta.concrete_fields
        if f.name not in _UNTOLD and not f.primary_key and f.attname in kept and f.attname not in source.filters
    ]


def _names_of_related(source: HistorySource, rows: list[Any]) -> dict[tuple[str, Any], str]:
    """Return what the foreign keys in `rows` are called: one query for each kind of record they point to."""
    names: dict[tuple[str, Any], str] = {}
    for told in _told_fields(source):
        if not isinstance(told, models.ForeignKey):
            continue
        keys = {getattr(row, told.attname) for row in rows} - {None}
        related: Any = told.related_model
        if keys:
            names |= {(told.name, item.pk): str(item) for item in related._default_manager.filter(pk__in=keys)}
    return names


def _changes(
    source: HistorySource, old: Any | None, new: Any, names: Mapping[tuple[str, Any], str]
) -> list[FieldChange]:
    if new.history_type == "-":
        return []
    changes = []
    for told in _told_fields(source):
        old_value = getattr(old, told.attname) if old is not None else None
        new_value = getattr(new, told.attname)
        if old_value == new_value or (old is None and new_value in (None, "", [], False)):
            continue
        changes.append(
            FieldChange(
                label=capfirst(str(told.verbose_name)),
                old=_readable(told, old_value, names),
                new=_readable(told, new_value, names),
            )
        )
    return changes


def _readable(told: models.Field, value: Any, names: Mapping[tuple[str, Any], str]) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(told, models.ForeignKey):
        return names.get((told.name, value), f"no. {value} (deleted since)")
    if told.choices:
        return str(dict(told.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and "coordinates" in value:
        return f"{value.get('type')} of {_count_points(value['coordinates']):,} points"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return value.strftime("%d %b %Y %H:%M UTC")
    text = str(value)
    return text if len(text) <= _SHORTEST_SUMMARY else f"{text[:_SHORTEST_SUMMARY]}… ({len(text):,} characters)"


def _count_points(coordinates: Any) -> int:
    if coordinates and isinstance(coordinates[0], int | float):
        return 1
    return sum(_count_points(part) for part in coordinates)
