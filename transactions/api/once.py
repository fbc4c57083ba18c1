"""Carrying out a POST once for each Idempotency-Key, and answering alike however often it comes."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from transactions.api.callers import idempotency_key, key_scope, signed_in_caller, what_was_asked
from transactions.services import answer_once


def answered_once(
    request: Request,
    action: Callable[[], dict[str, Any] | tuple[int, dict[str, Any]]],
    *,
    what: str,
    of: uuid.UUID | int | None = None,
    status: int = 200,
) -> HttpResponse:
    """Run `action` under the request's Idempotency-Key and answer with what it returns, or with its (status, body).

    Raises:
        InvalidInput: the key is missing or is none.
        IdempotencyKeyReused: it was used for another request.
    """

    def run() -> tuple[int, dict[str, Any]]:
        done = action()
        return done if isinstance(done, tuple) else (status, done)

    code, answer = answer_once(
        scope=key_scope(signed_in_caller(request), what=what),
        key=idempotency_key(request),
        request=what_was_asked(request, of=str(of) if of is not None else ""),
        action=run,
    )
    return json_response(answer, status=code)
