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


class ApiView(APIView):
    """A view for staff: `permissions` names one permission per method (see `HasNamedPermission`)."""

    permissions: dict[str, str] = {}
    largest_body: int | None = None

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

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
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
