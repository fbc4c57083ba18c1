"""The public front page, and the answer to an address that does not exist."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carboncore.common.api.errors import not_found_response
from registry.selectors.public_counts import newest_public_projects, public_counts


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page; two queries, no session, no request to any other host."""
    response = render(request, "home.html", {"counts": public_counts(), "projects": newest_public_projects()})
    response["Cache-Control"] = "public, max-age=60"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django hands it over by this name
    """Answer for an unknown address: a page to people, the API's error body to programs that ask for JSON."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return not_found_response(request)
    return render(request, "404.html", status=404)
