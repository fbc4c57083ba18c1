"""The limits of a staff member's work: some countries, some standards; and which of these there are to choose from.

The apps above hold the standards and the projects. They say what can be chosen (`register_standards`), and narrow their
own rows by `limits_of`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django_countries.data import COUNTRIES

from accounts.models import StaffScope, User

MOST = 300
_standards: list[Callable[[], list[str]]] = []


@dataclass(frozen=True)
class Limits:
    """Codes of countries and of standards; an empty set is no limit."""

    countries: frozenset[str] = frozenset()
    standards: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.countries or self.standards)

    def within(self, other: "Limits") -> bool:
        """Return whether nothing is in reach of these limits that is out of reach of the others."""
        pairs = ((self.countries, other.countries), (self.standards, other.standards))
        return all(not theirs or (ours and ours <= theirs) for ours, theirs in pairs)

    def told(self) -> dict[str, list[str]]:
        """Return the limits as lists, for the API and the audit trail."""
        return {"countries": sorted(self.countries), "standards": sorted(self.standards)}


NO_LIMITS = Limits()
_UNREAD: Any = object()


def limits_of(user: object) -> Limits:
    """Return the limits of whoever this is; nobody, and people who are no staff, have none. One query a request."""
    if not isinstance(user, User) or not user.is_staff:
        return NO_LIMITS
    kept: Any = User._meta.get_field("staff_scope")
    scope: StaffScope | None = kept.get_cached_value(user, default=_UNREAD)
    if scope is _UNREAD:
        scope = StaffScope.objects.filter(user_id=user.pk).first()
        kept.set_cached_value(user, scope)
    return NO_LIMITS if scope is None else Limits(frozenset(scope.countries), frozenset(scope.standards))


def register_standards(codes: Callable[[], list[str]]) -> None:
    """Have `codes` say which standards there are; the app that keeps them calls this in its `AppConfig.ready()`."""
    _standards[:] = [codes]


def known_standards() -> list[str]:
    """Return the codes of the standards there are."""
    return [code for codes in _standards for code in codes()]


def known_countries() -> list[tuple[str, str]]:
    """Return the ISO 3166-1 countries as (code, name), by name."""
    return sorted(((code, str(name)) for code, name in COUNTRIES.items()), key=lambda pair: pair[1])
