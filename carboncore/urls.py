"""Every address of the server."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, re_path

from carboncore.common.addresses import by_first_word
from carboncore.common.api.docs import ApiDocsView, schema_view
from carboncore.common.api.errors import not_found_response
from carboncore.views import home


def favicon(_request: HttpRequest) -> HttpResponse:
    """Send browsers, which ask for this fixed address on any page, to the icon."""
    return redirect(static("carboncore/icon.svg"))


_ADDRESSES: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("favicon.ico", favicon),
    path("staff/", include("accounts.staff_pages.urls")),
    path("staff/", admin.site.urls),
    path("", include("transactions.pages.urls")),
    path("", include("integrations.pages.urls")),
    path("", include("accounts.pages.urls")),
    path("", include("carboncore.operations.urls")),
    path("", include("carboncore.api_urls")),
    path("api/v1/", include("carboncore.api_urls")),
    path("api/schema", schema_view, name="schema"),
    path("api/docs", ApiDocsView.as_view(url_name="schema")),
    re_path(r"^api(?:/[\s\S]*)?$", not_found_response),
]
urlpatterns = by_first_word(_ADDRESSES)

handler404 = "carboncore.views.not_found"
