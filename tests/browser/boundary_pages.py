"""Pages for the tests of the boundary map: a form with the widget, and neighbours from an address, under /staff/."""

import json
from decimal import Decimal

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt

from registry.admin.boundary_widget import BOUNDARY_MAP_MEDIA, BoundaryWidget, boundary_map

KENYA = {
    "type": "Polygon",
    "coordinates": [[[38.5, -3.9], [38.7, -3.9], [38.7, -3.7], [38.5, -3.7], [38.5, -3.9]]],
}
NEIGHBOUR = {
    "type": "Feature",
    "id": "neighbour",
    "properties": {"name": "Tsavo <b>East</b>"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[38.65, -3.95], [38.9, -3.95], [38.9, -3.8], [38.65, -3.8], [38.65, -3.95]]],
    },
}
ITSELF = {"type": "Feature", "id": "itself", "properties": {"name": "Itself"}, "geometry": KENYA}
PAGE = """<!doctype html><html lang="en" class="{}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Boundary</title>
<link rel="icon" href="data:,">{}</head><body>{}</body></html>"""


class BoundaryForm(forms.Form):
    """The two fields of a project that the map connects."""

    total_area = forms.DecimalField()
    coordinates = forms.JSONField(required=False)


def edit(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST answers with what the form understood."""
    declared = Decimal(request.GET["declared"]) if "declared" in request.GET else None
    widget = BoundaryWidget(
        neighbours_url="/staff/neighbours" if "neighbours" in request.GET else "",
        project_id="itself",
        readonly="readonly" in request.GET,
        declared_ha=declared,
    )
    initial = {
        "total_area": declared,
        "coordinates": KENYA if "saved" in request.GET else None,
    }
    form = BoundaryForm(request.POST or None, initial=initial)
    form.fields["coordinates"].widget = widget
    if request.method == "POST" and form.is_valid():
        return JsonResponse({"coordinates": form.cleaned_data["coordinates"], "changed": form.changed_data})
    body = format_html(
        '<form method="post">{}{}<button>Save</button></form>',
        form["total_area"] if not widget.readonly else "",
        form["coordinates"],
    )
    return HttpResponse(format_html(PAGE, request.GET.get("theme", ""), form.media, body))


def look(request: HttpRequest) -> HttpResponse:
    """Show the map that only shows."""
    return HttpResponse(format_html(PAGE, "", BOUNDARY_MAP_MEDIA, boundary_map(KENYA, caption="Kasigau")))


def neighbours(request: HttpRequest) -> HttpResponse:
    """Answer with the project itself and one neighbour, and say what was asked."""
    west, south, east, north = map(float, request.GET["bbox"].split(","))
    features = [ITSELF, NEIGHBOUR] if west < 38.9 < east and south < -3.8 < north else []
    return HttpResponse(
        json.dumps({"type": "FeatureCollection", "features": features}), content_type="application/geo+json"
    )


urlpatterns = [
    path("staff/edit", csrf_exempt(edit)),
    path("staff/look", look),
    path("staff/neighbours", neighbours),
]
