"""The public front page: what this is, what is in it, and the ways in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.selectors.public_counts import newest_public_projects, public_counts


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page; two queries, no session, no request to any other host."""
    response = render(request, "home.html", {"counts": public_counts(), "projects": newest_public_projects()})
    response["Cache-Control"] = "public, max-age=60"
    return response
