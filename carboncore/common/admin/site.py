"""The staff site: one sign-in through our own services, and a lock-out that answers 429."""

from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from carboncore.common.admin.notices import notice_for
from carboncore.common.rate_limits.declare import rate_limited

# Why somebody stands before the sign-in page who had been inside, by the word in the address.
_WHY = {
    "idle": "You were signed out because you had not opened a page for a while. Sign in to go on where you were.",
    "expired": "Your working day here is over: every session ends after some hours. Sign in to go on where you were.",
    "ended": "Your session has ended. Sign in to go on where you were.",
    "again": "The first step was too long ago. Begin once more with your e-mail and password.",
}


class StaffLoginView(LoginView):
    """Django's sign-in view, which keeps `next` safe, taught to say when an e-mail is locked.

    The form proves the password through the accounts services and carries `retry_after` (seconds) when they refuse
    because of too many wrong tries; its `enter` says where to go on: inside, or to the second step.
    """

    def form_valid(self, form: Any) -> HttpResponse:
        return HttpResponseRedirect(form.enter(self.get_success_url()))

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if retry_after := getattr(form, "retry_after", None):
            response.status_code = 429
            response["Retry-After"] = str(retry_after)
        return response


class StaffAdminSite(UnfoldAdminSite):
    """The site at `/staff/`. Its sign-in form is named in `STAFF_SIGN_IN_FORM`, for this module knows no app."""

    site_title = "CarbonCore"
    index_title = "Dashboard"
    enable_nav_sidebar = True

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page shows, with the notice that concerns this person."""
        return {**super().each_context(request), "staff_notice": notice_for(request)}

    @method_decorator(rate_limited("sign-in"))
    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the sign-in form, or sign in and go where the person wanted to go."""
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        context = {
            **self.each_context(request),
            "title": "Sign in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "why_here": _WHY.get(request.GET.get("why", ""), ""),
            **(extra_context or {}),
        }
        request.current_app = self.name
        view: Any = StaffLoginView.as_view(
            extra_context=context,
            authentication_form=import_string(settings.STAFF_SIGN_IN_FORM),
            template_name="admin/staff_login.html",
            redirect_field_name=REDIRECT_FIELD_NAME,
            next_page=index,
        )
        response: HttpResponse = view(request)
        return response
