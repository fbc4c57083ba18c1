"""Doing a request once, however often it is sent."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from carboncore.common.api.statements import fetch_all
from carboncore.common.errors import InvalidInput
from transactions.errors import IdempotencyKeyReused
from transactions.models import IdempotencyKey

MAX_KEY_LENGTH = 255

_CLAIM = """
    INSERT INTO transactions_idempotencykey (scope, key, request_digest, created_at) VALUES (%s, %s, %s, now())
    ON CONFLICT (scope, key) DO NOTHING RETURNING id
"""
_ANSWER = """
    UPDATE transactions_idempotencykey SET response_status = %s, response_body = %s::jsonb
    WHERE scope = %s AND key = %s RETURNING 1
"""


def answer_once(
    *, scope: str, key: str, request: Mapping[str, Any], action: Callable[[], tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any]]:
    """Run `action` the first time `key` is seen in `scope`; afterwards return its first answer (status, body).

    The insert waits for a simultaneous request with the same key, so two at once make one action. When the
    action raises, the key is forgotten with everything else and the request may be repeated.

    Raises:
        InvalidInput: the key is empty, too long or not printable.
        IdempotencyKeyReused: the key was used for a different request.
    """
    if not key or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput({"Idempotency-Key": [f"Use 1 to {MAX_KEY_LENGTH} printable characters."]})
    digest = request_digest(request)
    with transaction.atomic():
        if not _claim(scope, key, digest):
            return _first_answer(scope, key, digest)
        status, body = action()
        fetch_all(_ANSWER, [status, json.dumps(body), scope, key])
    return status, body


def request_digest(request: Mapping[str, Any]) -> str:
    """Return the digest by which two requests count as the same (64 hex digits)."""
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _claim(scope: str, key: str, digest: str) -> bool:
    return bool(fetch_all(_CLAIM, [scope, key, digest]))


def _first_answer(scope: str, key: str, digest: str) -> tuple[int, dict[str, Any]]:
    found = IdempotencyKey.objects.get(scope=scope, key=key)
    if found.request_digest != digest or found.response_status is None:
        raise IdempotencyKeyReused
    return found.response_status, found.response_body or {}
