"""The API's addresses, included twice: at the root, where the first client expects them, and under `/api/v1`."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from carboncore.common.addresses import by_first_word
from carboncore.common.api.errors import error_response, not_found_response
from carboncore.operations.views import PerformanceView


@csrf_exempt  # nothing is done here; only the answer to other methods would differ
def to_staff_admin(request: HttpRequest) -> HttpResponse:
    """Send a browser that looks for the staff admin where other Django sites have it to its address here."""
    if request.method not in {"GET", "HEAD"}:
        return error_response(405, "method_not_allowed", "Only GET is possible here.", headers={"Allow": "GET, HEAD"})
    return redirect(settings.STAFF_PATH)


_FIRST_WORDS = (
    "admin|projects|project-types|standards|countries|documents|organisations|holding-accounts|purchases|transfers"
    "|transfer-offers|transfer-approvals|retirements|cancellations|serials|ledger|webhooks|users|performance|emissions|emission-factors"
    "|integrations|oauth"
    "|datasources|webhook-endpoints"
)

_ADDRESSES: list[URLPattern | URLResolver] = [
    path("", include("registry.api.urls")),  # the busiest first
    path("", include("accounts.api.urls")),
    path("", include("transactions.api.urls")),
    path("", include("transactions.api.office_urls")),
    path("", include("integrations.api.emission_urls")),
    path("", include("integrations.api.offset_urls")),
    path("", include("integrations.api.source_urls")),
    path("", include("integrations.api.file_urls")),
    path("performance", PerformanceView.as_view()),
    re_path(r"^admin/?$", to_staff_admin),
    # Whatever else begins like the API is answered in its own words, with DEBUG on as well.
    re_path(rf"^({_FIRST_WORDS})(/[\s\S]*)?$", not_found_response),
]
urlpatterns = by_first_word(_ADDRESSES)
