"""The one place where an error becomes an answer: a status, a stable code and words, never a trace or SQL."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from psycopg import errors as postgres
from rest_framework import exceptions as drf

from carboncore.common.api.bodies import json_response
from carboncore.common.errors import InvalidInput, RegistryError
from carboncore.common.observing.database import failure_seen

logger = logging.getLogger(__name__)

_BUSY = (postgres.LockNotAvailable, postgres.DeadlockDetected, postgres.SerializationFailure)
_OVERLOAD = (
    postgres.QueryCanceled,
    postgres.TooManyConnections,
    postgres.CannotConnectNow,
    postgres.AdminShutdown,
    postgres.CrashShutdown,
)


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    details: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the error body that every refused request gets.

    `errors` maps fields to their reasons; `details` is what a program needs to go on, such as the present price.
    """
    body: dict[str, Any] = {"message": message, "error": message, "code": code}
    if details:
        body["details"] = dict(details)
    if errors:
        body["error"] = "; ".join(f"{field}: {' '.join(reasons)}" for field, reasons in errors.items())
    if errors is not None:
        body["errors"] = {field: list(reasons) for field, reasons in errors.items()}
    return json_response(body, status=status, headers=headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer for anything a view raised (REST framework calls this; so do the lean reads)."""
    failure_seen(error)
    for kinds, answer in _ANSWERS:
        if isinstance(error, kinds) and (response := answer(error)) is not None:
            return response
    return _internal_error(error, context.get("request"))


@csrf_exempt  # no cookie is looked at, and the answer is the same for everybody
def not_found_response(_request: HttpRequest, *_args: str) -> HttpResponse:
    """Answer for an address that is not part of the API."""
    return error_response(404, "not_found", "There is no such address in this API; see /api/docs for those there are.")


def _registry_error(error: Any) -> HttpResponse:
    headers = {"Retry-After": str(error.retry_after)} if hasattr(error, "retry_after") else {}
    if verdict := getattr(error, "verdict", None):
        headers |= verdict.headers()
    if error.http_status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    errors = error.errors if isinstance(error, InvalidInput) else ({} if error.http_status == 400 else None)
    details = getattr(error, "details", None)
    return error_response(error.http_status, error.code, error.message, errors=errors, details=details, headers=headers)


def _validation_error(error: Any) -> HttpResponse:
    return error_response(
        400, "invalid", "Please correct the fields named in `errors`.", errors=flat_errors(error.detail)
    )


def flat_errors(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return REST framework's nested reasons as one mapping from a dotted path to words."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            found |= flat_errors(value, f"{path}.{key}" if path else str(key))
        return found
    if isinstance(detail, list | tuple):
        if all(isinstance(item, str) for item in detail):
            return {path or "non_field_errors": [str(item) for item in detail]}
        found = {}
        for index, item in enumerate(detail):
            if item:
                found |= flat_errors(item, f"{path}.{index}" if path else str(index))
        return found
    return {path or "non_field_errors": [str(detail)]}


def _framework_error(error: Any) -> HttpResponse:
    code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    errors: dict[str, list[str]] | None = {} if error.status_code == 400 else None
    return error_response(error.status_code, code, _WORDS.get(code, str(error.detail)), errors=errors, headers=headers)


_WORDS = {
    "not_authenticated": (
        "Sign in (people at /users/login, staff at /admin/login) and send the token as `Authorization: Bearer …`."
    ),
    "permission_denied": "Your role does not allow this. Ask a super admin.",
    "not_found": "There is no such record.",
}


def _conflict(_error: Any) -> HttpResponse:
    return error_response(409, "conflict", "This conflicts with what is stored already; nothing was changed.")


def _in_use(_error: Any) -> HttpResponse:
    return error_response(409, "in_use", "Other records refer to this one, so it cannot be deleted.")


def _data_error(_error: Any) -> HttpResponse:
    return error_response(
        400, "invalid", "A value is out of range or holds characters that cannot be stored.", errors={}
    )


def _too_big(_error: Any) -> HttpResponse:
    return error_response(413, "too_large", "The body is larger than this server takes.")


def _suspicious(_error: Any) -> HttpResponse:
    return error_response(400, "bad_request", "This request cannot be understood.", errors={})


def _busy(error: Any) -> HttpResponse | None:
    if isinstance(error.__cause__, _BUSY):
        return error_response(409, "busy", "Somebody else is changing this right now. Try again in a moment.")
    return unavailable_response() if is_overload(error) else None


def is_overload(error: BaseException) -> bool:
    """Return whether the database could not be reached, had no connection left, or gave a statement up."""
    cause = error.__cause__ if isinstance(error, OperationalError | InterfaceError) else None
    # An OperationalError without a code of PostgreSQL is one of the connection: refused, lost, or none free in time.
    return isinstance(cause, _OVERLOAD) or (isinstance(cause, psycopg.Error) and cause.sqlstate is None)


def unavailable_response() -> HttpResponse:
    """Answer for what would work in a moment."""
    return error_response(
        503,
        "unavailable",
        "The server is too busy right now. Try again in a few seconds.",
        headers={"Retry-After": "5"},
    )


def _internal_error(error: Exception, request: Any) -> HttpResponse:
    logger.error("API request failed", exc_info=error)
    got_request_exception.send(sender=None, request=getattr(request, "_request", request))
    return error_response(500, "internal_error", "Something went wrong on our side; it has been logged. Try again.")


_ANSWERS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], HttpResponse | None]], ...] = (
    (RegistryError, _registry_error),
    (drf.ValidationError, _validation_error),
    (drf.APIException, _framework_error),
    (Http404, lambda _: error_response(404, "not_found", _WORDS["not_found"])),
    (PermissionDenied, lambda _: error_response(403, "permission_denied", _WORDS["permission_denied"])),
    (RequestDataTooBig, _too_big),
    (SuspiciousOperation, _suspicious),
    ((ProtectedError, RestrictedError), _in_use),
    (IntegrityError, _conflict),
    (DataError, _data_error),
    ((OperationalError, InterfaceError), _busy),
)
