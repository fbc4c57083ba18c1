"""What a factor set changed against the one of the year before: added, removed, changed and by how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from integrations.emissions.arithmetic import plain
from integrations.models import Factor, FactorSet


@dataclass(frozen=True, slots=True)
class FactorChange:
    """One factor in two sets; `before` or `after` is missing where a set has none. `percent` is of `before`."""

    label: str
    line: str
    region: str
    unit: str
    before: Decimal | None
    after: Decimal | None

    @property
    def told(self) -> tuple[str, str]:
        """Both figures without zeros at their ends; a dash for none."""
        before, after = ("–" if figure is None else plain(figure) for figure in (self.before, self.after))
        return before, after

    @property
    def percent(self) -> str:
        """How much more, or less, as text with its sign."""
        if not self.before or self.after is None:
            return ""
        change = (self.after - self.before) * 100 / self.before
        return f"{change.quantize(Decimal('0.1'), rounding=ROUND_HALF_UP):+f} %"


@dataclass(frozen=True, slots=True)
class SetChanges:
    """Two sets compared."""

    before: FactorSet
    added: Sequence[FactorChange]
    removed: Sequence[FactorChange]
    changed: Sequence[FactorChange]
    same: int


def set_before(factor_set: FactorSet) -> FactorSet | None:
    """Return the publisher's set of the nearest year before."""
    return (
        FactorSet.objects.filter(publisher=factor_set.publisher, name=factor_set.name, year__lt=factor_set.year)
        .order_by("-year", "-pk")
        .first()
    )


def set_changes(*, before: FactorSet, after: FactorSet) -> SetChanges:
    """Compare two sets by what their factors mean, the greatest change first."""
    old, new = _factors(before), _factors(after)
    pairs = [_change(old.get(meaning), new.get(meaning)) for meaning in dict.fromkeys([*old, *new])]
    changed = [
        pair for pair in pairs if pair.before is not None and pair.after is not None and pair.before != pair.after
    ]
    return SetChanges(
        before=before,
        added=[pair for pair in pairs if pair.before is None],
        removed=[pair for pair in pairs if pair.after is None],
        changed=sorted(changed, key=lambda pair: -abs(_ratio(pair))),
        same=sum(pair.before == pair.after for pair in pairs),
    )


def _factors(factor_set: FactorSet) -> dict[tuple[str, str, str, str], Factor]:
    return {(row.activity, row.line, row.region, row.unit): row for row in factor_set.factors.order_by("pk")}


def _change(old: Factor | None, new: Factor | None) -> FactorChange:
    either = new or old
    if either is None:
        raise ValueError("A change is of a factor that one of the sets has.")
    return FactorChange(
        label=either.label,
        line=either.get_line_display(),
        region=either.region,
        unit=either.unit,
        before=old.kg_co2e if old else None,
        after=new.kg_co2e if new else None,
    )


def _ratio(pair: FactorChange) -> Decimal:
    if pair.before is None or pair.after is None or not pair.before:
        return Decimal(0)
    return (pair.after - pair.before) / pair.before
