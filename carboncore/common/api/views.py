"""The two base classes of API views: one for staff and writes, one for public reads that must be fast."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from carboncore.common.api.errors import exception_handler
from carboncore.common.api.permissions import require_key_scope
from carboncore.common.rate_limits.declare import Declared, RateLimited, judge_public_read, judge_request
from carboncore.common.rate_limits.limiter import Verdict


class ApiView(APIView):
    """A view that knows its caller: `permissions` names one permission per method (see `HasNamedPermission`).

    `key_scopes` names, per method, the scope that a machine's key needs; what is not named is for no key.
    `rate_limit` names a scope of its own on top of the general limits (see `carboncore.common.rate_limits.scopes`).
    """

    permissions: dict[str, str] = {}
    key_scopes: dict[str, str] = {}
    largest_body: int | None = None
    rate_limit: Declared = None
    counts_itself = True
    _verdict: Verdict | None = None

    def perform_authentication(self, request: Request) -> None:
        """Learn who calls, and count the request as theirs; who fails to say so is counted by address."""
        user, api_key = None, None
        try:
            user = request.user
            api_key = getattr(request.auth, "rate_limit_caller", None)
        finally:
            self._verdict = judge_request(request, self.rate_limit, user=user, api_key=api_key)
        method = "GET" if request.method == "HEAD" else str(request.method)
        require_key_scope(request, self.key_scopes.get(method))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        limit = self.largest_body or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > limit:
            raise RequestDataTooBig("The announced body is larger than this view takes.")

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Name the methods; what they take is told by the schema."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self._verdict.headers().items() if self._verdict else ():
            response[name] = value
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        if response.status_code == 405:
            response["Allow"] = ", ".join(self.allowed_methods)
        return response


class LeanReadView(APIView):
    """A public read: no sign-in, no negotiation, no body, hence nothing of what those cost.

    The schema generator sees an ordinary view; only `dispatch` is short.
    """

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    http_method_names = ["get", "head", "options"]
    counts_itself = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Count the read and answer it, with what is left of the caller's limit."""
        try:
            verdict = judge_public_read(request)
        except RateLimited as refusal:
            return exception_handler(refusal, {"request": request})
        response = self._answer(request, *args, **kwargs)
        for name, value in verdict.headers().items() if verdict else ():
            response.headers[name] = value
        return response

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer GET and HEAD; turn every error into the API's own."""
        try:
            if request.method in {"GET", "HEAD"}:
                return self.get(request, *args, **kwargs)  # type: ignore[attr-defined]
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": "GET, HEAD, OPTIONS"})
            raise MethodNotAllowed(str(request.method))
        except Exception as error:  # noqa: BLE001 - the one boundary: whatever it is, a body of ours leaves
            response = exception_handler(error, {"request": request})
            if response.status_code == 405:
                response["Allow"] = "GET, HEAD, OPTIONS"
            return response
