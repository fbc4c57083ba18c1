"""What an import found and did, and how it tells how far it is."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportSummary:
    """What an import found and did. `applied` is false for a dry run and for a file with rejected rows.

    Of projects a row is one record; of credits a row may be several statements or none, and `stated_kg` sums the
    kilograms taken in, by kind.
    """

    rows_read: int = 0
    rejected: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    kept_fields: int = 0
    applied: bool = False
    skipped: list[tuple[str, str]] = field(default_factory=list)
    unknown_statuses: Counter[str] = field(default_factory=Counter)
    unknown_countries: Counter[str] = field(default_factory=Counter)
    unmapped_types: Counter[str] = field(default_factory=Counter)
    reject_codes: Counter[str] = field(default_factory=Counter)
    stated_kg: Counter[str] = field(default_factory=Counter)

    @property
    def findings(self) -> dict[str, dict[str, int]]:
        """The things to look at, by name and count, for the run's record."""
        skipped = Counter(reason for _, reason in self.skipped)
        return {
            "unknown_statuses": dict(self.unknown_statuses.most_common()),
            "unknown_countries": dict(self.unknown_countries.most_common()),
            "unmapped_types": dict(self.unmapped_types.most_common()),
            "reasons_of_rejection": dict(self.reject_codes.most_common()),
            "kilograms_stated": dict(self.stated_kg.most_common()),
            "skipped": dict(skipped.most_common()),
        }


def silently(_done: int, _total: int) -> None:
    """Progress that nobody watches."""
