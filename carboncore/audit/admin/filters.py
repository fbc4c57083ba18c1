"""The filters of the list of events."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, TextFilter

from carboncore.audit.actions import ACTIONS
from carboncore.audit.models import Event


class ActionFilter(DropdownFilter):
    """One action of all that are declared."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the declared actions in the order of their labels."""
        return [(action.name, action.label) for action in sorted(ACTIONS.values(), key=lambda item: item.label)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Narrow to the action."""
        return queryset.filter(action=self.value()) if self.value() else queryset


class ConcernFilter(DropdownFilter):
    """What it is about: access to the system, or the registry's own matters."""

    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two concerns."""
        return [("security", "Security"), ("matters", "The registry's matters")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Narrow to the actions of the concern."""
        security = [action.name for action in ACTIONS.values() if action.security]
        if self.value() == "security":
            return queryset.filter(action__in=security)
        return queryset.exclude(action__in=security) if self.value() == "matters" else queryset


class _ExactTextFilter(TextFilter):
    """What is typed must be the column's whole text."""

    column = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Narrow to the rows with just this text."""
        value = (self.value() or "").strip()
        return queryset.filter(**{self.column: value}) if value and "\x00" not in value else queryset


class ActorFilter(_ExactTextFilter):
    """The e-mail of the person who acted."""

    title = "actor's e-mail"
    parameter_name = "actor"
    column = "actor__email__iexact"


class ObjectTypeFilter(_ExactTextFilter):
    """The kind of object, such as `registry.project`."""

    title = "kind of object (registry.project)"
    parameter_name = "object_type"
    column = "object_type"


class ObjectIdFilter(_ExactTextFilter):
    """The object's number."""

    title = "object's number"
    parameter_name = "object_id"
    column = "object_id"


class RequestFilter(_ExactTextFilter):
    """The request's id, as the log and the answer's `X-Request-ID` have it."""

    title = "request id"
    parameter_name = "request"
    column = "request_id"


class DaysFilter(RangeDateFilter):
    """From one day to another, both included, in UTC: what is underneath takes the last day's midnight for its end."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event] | None:
        """Narrow to the days; what is no day narrows to nothing."""
        name = self.parameter_name
        try:
            first, last = (self._day(f"{name}_{end}") for end in ("from", "to"))
        except ValueError:
            return queryset.none()
        if first is not None:
            queryset = queryset.filter(**{f"{name}__gte": datetime.combine(first, time.min, UTC)})
        if last is not None and last < date.max:
            queryset = queryset.filter(**{f"{name}__lt": datetime.combine(last + timedelta(days=1), time.min, UTC)})
        return queryset

    def _day(self, name: str) -> date | None:
        value = self.used_parameters.get(name)
        return date.fromisoformat(str(value)) if value else None
