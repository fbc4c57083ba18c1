"""The headers that make browsers careful, on every answer; the policy is wider under the staff admin's own path."""

from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def security_headers(*, secure: bool, shared: bool = False) -> list[tuple[str, str]]:
    """Return the headers for an answer that nobody has given its own.

    `secure`: it goes over HTTPS. `shared`: pages of other sites may embed it, as they may read the public API.
    """
    headers = [
        ("Content-Security-Policy", build_policy()),
        ("Cross-Origin-Opener-Policy", str(settings.SECURE_CROSS_ORIGIN_OPENER_POLICY)),
        ("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin"),
        ("Permissions-Policy", settings.PERMISSIONS_POLICY),
        ("Referrer-Policy", str(settings.SECURE_REFERRER_POLICY)),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
    ]
    if secure and settings.SECURE_HSTS_SECONDS:
        parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
        parts += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
        parts += ["preload"] if settings.SECURE_HSTS_PRELOAD else []
        headers.append(("Strict-Transport-Security", "; ".join(parts)))
    return headers


def is_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether an answer may be one that only its caller should have."""
    signed_in = "HTTP_AUTHORIZATION" in request.META or settings.SESSION_COOKIE_NAME in request.COOKIES
    return signed_in or bool(response.cookies)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """django-csp's middleware, which knows one policy, taught the staff admin's second one."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return what the policy of this answer is made of."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(settings.STAFF_PATH) and not report_only and parts.replace is None:
            parts.replace = settings.STAFF_CONTENT_SECURITY_POLICY
        return parts
