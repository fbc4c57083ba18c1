"""The boundary field of the staff forms: a map to draw on, with its GeoJSON text beside it."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

_VENDOR = "registry/vendor"
_MAP = "registry/map"
_STYLES: dict[str, Sequence[str]] = {"all": [f"{_VENDOR}/leaflet/leaflet.css", f"{_MAP}/boundary.css"]}
_MAP_SCRIPTS = [
    f"{_VENDOR}/leaflet/leaflet.js",
    f"{_VENDOR}/topojson-client/topojson-client.min.js",
    f"{_VENDOR}/polygon-clipping/polygon-clipping.umd.min.js",
    f"{_MAP}/geo.js",
    f"{_MAP}/backdrop.js",
    f"{_MAP}/neighbours.js",
]
_EDITOR_SCRIPTS = [
    f"{_VENDOR}/leaflet/leaflet.js",
    f"{_VENDOR}/leaflet-geoman/leaflet-geoman.min.js",
    f"{_VENDOR}/topojson-client/topojson-client.min.js",
    f"{_VENDOR}/polygon-clipping/polygon-clipping.umd.min.js",
    f"{_MAP}/geo.js",
    f"{_MAP}/backdrop.js",
    f"{_MAP}/neighbours.js",
    f"{_MAP}/figures.js",
    f"{_MAP}/boundary-editor.js",
]
_POSITION = re.compile(r"\[\s+(-?[\d.e+-]+),\s+(-?[\d.e+-]+)\s+\]")

BOUNDARY_MAP_MEDIA = forms.Media(css=_STYLES, js=[*_MAP_SCRIPTS, f"{_MAP}/boundary-map.js"])
"""What a page needs that shows `boundary_map`."""


class BoundaryWidget(forms.Textarea):
    """Widget of a `forms.JSONField` that holds a boundary.

    It works without scripts as a plain text area. With them, the map and the text follow each other, the
    computed area is compared with the form's `area_field`, and the projects that `neighbours_url` returns
    for `?bbox=west,south,east,north` (a GeoJSON FeatureCollection whose features have `id`, and `name` in
    their properties) are drawn beside it; the one whose id is `project_id` is left out.
    """

    template_name = "registry/boundary_widget.html"

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        *,
        neighbours_url: str = "",
        project_id: str = "",
        area_field: str = "total_area",
        declared_ha: Decimal | None = None,
        readonly: bool = False,
    ) -> None:
        super().__init__({"rows": 12, "spellcheck": "false", **(attrs or {})})
        self.neighbours_url = neighbours_url
        self.project_id = project_id
        self.area_field = area_field
        self.declared_ha = declared_ha
        self.readonly = readonly

    @property
    def media(self) -> forms.Media:
        """The scripts in the order in which they need each other."""
        return forms.Media(css=_STYLES, js=_EDITOR_SCRIPTS)

    def format_value(self, value: Any) -> str:
        """JSON text with one position a line; a text that is not JSON comes back as it was typed."""
        text = "" if value is None else str(value)
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if parsed is None:
            return ""
        return _POSITION.sub(r"[\1, \2]", json.dumps(parsed, indent=1, ensure_ascii=False))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add what the map needs to the text area's context."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        widget = context["widget"]
        if self.readonly:
            widget["attrs"]["readonly"] = True
        widget["attrs"].setdefault("aria-describedby", f"{widget['attrs'].get('id', name)}_form")
        widget.update(
            neighbours_url=self.neighbours_url,
            project_id=self.project_id,
            area_field="" if self.readonly else self.area_field,
            declared_ha=self.declared_ha,
            readonly=self.readonly,
        )
        return context


def boundary_map(
    geometry: Mapping[str, Any] | None,
    *,
    label: str = "Map of the project boundary",
    caption: str = "",
    neighbours_url: str = "",
    project_id: str = "",
) -> SafeString:
    """A map to look at, for read-only pages; the page needs `BOUNDARY_MAP_MEDIA`."""
    context = {
        "geometry": geometry,
        "label": label,
        "caption": caption,
        "neighbours_url": neighbours_url,
        "project_id": project_id,
    }
    return render_to_string("registry/boundary_map.html", context)
