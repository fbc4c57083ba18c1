"""The Content-Security-Policy of each answer: strict everywhere, a little wider under the staff admin's own path."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


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
