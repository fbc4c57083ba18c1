"""Bar charts for staff pages: data and options for the theme's canvas, and the same figures as a table."""

import json
from collections.abc import Sequence
from typing import Any

_GREY = "#8b949e"  # 3 to 1 and more against the light and the dark page
_COLOURS = ("var(--color-primary-500)", "oklch(62% .14 250)", "oklch(74% .15 70)", "oklch(62% .19 27)")


def bar_chart(
    *,
    title: str,
    unit: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Any]]],
    places: int = 0,
    lying: bool = False,
    most: int | None = None,
) -> dict[str, Any]:
    """Return a chart of one or more series, stacked; `places` decimals in its table, bars `lying` for long names.

    Only the first `most` labels have bars; the others are counted and added up, and all stand in the table.
    """
    shown = labels[:most]
    rest = [value for _, values in series for value in values[len(shown) :]]
    return {
        "title": title,
        "unit": unit,
        "is_empty": not any(value for _, values in series for value in values),
        "headers": [name for name, _ in series],
        "rows": [
            (label, [f"{values[position]:,.{places}f}" for _, values in series])
            for position, label in enumerate(labels)
        ],
        "others": len(labels) - len(shown),
        "others_sum": f"{sum(rest):,.{places}f}",
        "height": 40 + 26 * max(len(shown), 3) if lying else 240,
        "data": json.dumps(
            {
                "labels": [label if len(label) <= 24 else f"{label[:23]}…" for label in shown],
                "datasets": [
                    {
                        "label": name,
                        "data": [round(float(value), places) for value in values[: len(shown)]],
                        "backgroundColor": _COLOURS[position % len(_COLOURS)],
                        "borderRadius": 2,
                        "maxBarThickness": 24,
                    }
                    for position, (name, values) in enumerate(series)
                ],
            }
        ),
        "options": json.dumps(_options(lying=lying, has_legend=len(series) > 1, whole=places == 0)),
    }


def _options(*, lying: bool, has_legend: bool, whole: bool) -> dict[str, Any]:
    values = {
        "beginAtZero": True,
        "stacked": True,
        "ticks": {
            "color": _GREY,
            "maxTicksLimit": 5,
            "maxRotation": 0,
            "format": {"notation": "compact"},
            **({"precision": 0} if whole else {}),
        },
        "border": {"display": False},
        "grid": {"display": True, "tickLength": 0},
    }
    names = {
        "stacked": True,
        "ticks": {"color": _GREY, "autoSkip": not lying},
        "border": {"display": False},
        "grid": {"display": False},
    }
    legend = {"display": has_legend, "position": "bottom", "labels": {"color": _GREY, "boxWidth": 12}}
    return {
        "indexAxis": "y" if lying else "x",
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {"legend": legend, "tooltip": {"enabled": True}},
        "scales": {"x": values, "y": names} if lying else {"x": names, "y": values},
    }
