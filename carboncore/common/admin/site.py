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

from carboncore.common.rate_limits.declare import rate_limited


class StaffLoginView(LoginView):
    """Django's sign-in view, which keeps `next` safe, taught to say when an e-mail is locked.

    The form signs in through the accounts services and carries `retry_after` (seconds) when they refuse
    because of too many wrong tries.
    """

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
            **(extra_context or {}),
        }
        request.current_app = self.name
        view: Any = StaffLoginView.as_view(
            extra_context=context,
            authentication_form=import_string(settings.STAFF_SIGN_IN_FORM),
            template_name="admin/login.html",
            redirect_field_name=REDIRECT_FIELD_NAME,
            next_page=index,
        )
        response: HttpResponse = view(request)
        return response
