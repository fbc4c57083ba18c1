"""The chart of a footprint's months as SVG: stacked scopes, and a mark where the same month of the year before was.

Pages without scripts and the PDF show the same drawing. Colours are attributes, which a page's style sheet overrides
by the classes `s1`, `s2`, `s3`, `then`, `grid` and `words`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from html import escape
from typing import Any

_COLOURS = ("#0b6b4b", "#4a86c5", "#dba13a")
_INK, _QUIET, _LINE = "#16211c", "#57645d", "#cdd6cf"
_TOP, _BOTTOM, _LEFT = 26, 40, 58
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_TENTH = Decimal("0.1")
_TONNES_FROM = Decimal(10_000)


def month_chart(chart: Mapping[str, Any], *, width: int = 720, height: int = 280) -> str:
    """Return the drawing of a `by_month` chart, `width` by `height` units in letters of twelve; empty without any."""
    labels, series = chart["labels"], chart["series"]
    columns = [[None if one["values"][place] is None else Decimal(one["values"][place]) for one in series]
               for place in range(len(labels))]  # fmt: skip
    then = [None if value is None else Decimal(value) for value in chart["year_before"]["values"]]
    sums = [sum((part or Decimal(0) for part in column), Decimal(0)) for column in columns]
    top = max([*sums, *(value for value in then if value is not None)], default=Decimal(0))
    if not top:
        return ""
    divisor, unit = (Decimal(1000), "t CO2e") if top >= _TONNES_FROM else (Decimal(1), "kg CO2e")
    step = _step(top / divisor) * divisor
    ceiling = (top / step).quantize(Decimal(1), rounding=ROUND_CEILING) * step
    plane = _Plane(width, height, len(labels), ceiling)
    begin = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{escape(_told(labels, sums))}" font-family="Noto Sans, system-ui, sans-serif"'
        f' font-size="12"><text class="words" x="0" y="12" fill="{_QUIET}">{unit}</text>'
    )
    parts = [begin, *_grid(plane, step, divisor)]
    for place, label in enumerate(labels):
        parts += plane.column(place, label, columns[place], [one["name"] for one in series])
        if (before := then[place]) is not None:
            parts.append(plane.mark(place, label, before))
    return "".join([*parts, *_months(plane, labels), "</svg>"])


class _Plane:
    """Where values lie on the drawing."""

    def __init__(self, width: int, height: int, count: int, ceiling: Decimal) -> None:
        self.width, self.floor = width, Decimal(height - _BOTTOM)
        self.slot = Decimal(width - _LEFT) / count
        self.bar = min(self.slot * Decimal("0.62"), Decimal(46))
        self.ceiling = ceiling

    def left(self, place: int) -> Decimal:
        return _LEFT + self.slot * place + (self.slot - self.bar) / 2

    def middle(self, place: int) -> Decimal:
        return _LEFT + self.slot * place + self.slot / 2

    def at(self, value: Decimal) -> Decimal:
        return self.floor - (self.floor - _TOP) * value / self.ceiling

    def column(self, place: int, label: str, values: Sequence[Decimal | None], names: Sequence[str]) -> list[str]:
        """Return the bars of one month from the bottom up; a dash where there is no result."""
        if all(value is None for value in values):
            dash = (
                f'<text class="words" x="{_n(self.middle(place))}" y="{_n(self.floor - 4)}" text-anchor="middle"'
                f' fill="{_QUIET}">–<title>{label}: no results</title></text>'
            )
            return [dash]
        bars, base = [], Decimal(0)
        for number, (value, name) in enumerate(zip(values, names, strict=True)):
            if value:
                bars.append(
                    f'<rect class="s{number + 1}" x="{_n(self.left(place))}" y="{_n(self.at(base + value))}"'
                    f' width="{_n(self.bar)}" height="{_n(self.at(base) - self.at(base + value))}"'
                    f' fill="{_COLOURS[number]}"><title>{label}, {name}: {value:,} kg CO2e</title></rect>'
                )
                base += value
        return bars

    def mark(self, place: int, label: str, value: Decimal) -> str:
        """Return the line at the height of the year before."""
        y, reach = _n(self.at(value)), min(self.slot * Decimal("0.42"), self.bar / 2 + 5)
        return (
            f'<line class="then" x1="{_n(self.middle(place) - reach)}" x2="{_n(self.middle(place) + reach)}"'
            f' y1="{y}" y2="{y}" stroke="{_INK}" stroke-width="2.5">'
            f"<title>{label}, a year before: {value:,} kg CO2e</title></line>"
        )


def _grid(plane: _Plane, step: Decimal, divisor: Decimal) -> list[str]:
    lines, value = [], Decimal(0)
    while value <= plane.ceiling:
        y = plane.at(value)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{plane.width}" y1="{_n(y)}" y2="{_n(y)}" stroke="{_LINE}"/>'
            f'<text class="words" x="{_LEFT - 8}" y="{_n(y + 4)}" text-anchor="end" fill="{_QUIET}">'
            f"{_plain(value / divisor)}</text>"
        )
        value += step
    return lines


def _months(plane: _Plane, labels: Sequence[str]) -> list[str]:
    """Name as many months as there is room for, and the year under the first and under each January that is named."""
    every = next((n for n in (1, 2, 3, 6, 12, 24) if plane.slot * n >= 30), 60)
    named = []
    for place in range(0, len(labels), every):
        month = date(int(labels[place][:4]), int(labels[place][5:]), 1)
        x = _n(plane.middle(place))
        named.append(_word(x, plane.floor + 17, f"{month:%b}"))
        if place == 0 or month.month == 1 or every >= 12:
            named.append(_word(x, plane.floor + 33, f"{month:%Y}"))
    return named


def _word(x: str, y: Decimal, text: str) -> str:
    return f'<text class="words" x="{x}" y="{_n(y)}" text-anchor="middle" fill="{_QUIET}">{text}</text>'


def _step(top: Decimal) -> Decimal:
    """Return a round distance of lines, so that there are at most five of them."""
    rough = top / 5
    unit = Decimal(1).scaleb(rough.adjusted())
    return next(unit * step for step in _STEPS if unit * step >= rough)


def _told(labels: Sequence[str], sums: Sequence[Decimal]) -> str:
    most = max(range(len(sums)), key=lambda place: sums[place])
    return (
        f"Emissions by month from {labels[0]} to {labels[-1]}, the most in {labels[most]}:"
        f" {sums[most]:,} kg CO2e. The figures follow as a table."
    )


def _n(value: Decimal) -> str:
    return f"{value.quantize(_TENTH):f}"


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
