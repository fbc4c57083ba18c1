"""Takes out of a log line or an error report what neither may hold: secrets, tokens and people's addresses.

Nobody logs such a thing on purpose. It comes along: PostgreSQL quotes the row in its refusal, a library the header that
it could not read. So the last step before a line leaves looks for their shapes.
"""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(
    r"passw|secret|token|authorization|cookie|api_?key|signature|session|otp|e_?mail|csrf|dsn", re.IGNORECASE
)
_SHAPES = [
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"\b(?:sk|rk|pk|whsec|pi|seti)_[A-Za-z0-9_]{8,}"), HIDDEN),
    (re.compile(r"(\w+://[^\s:/@]+:)[^\s@/]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), HIDDEN),
    # PostgreSQL quotes the values of a refused row behind these words, to the end of the line.
    (re.compile(r"(?m)^(DETAIL|CONTEXT):.*$"), rf"\1: {HIDDEN}"),
    (
        re.compile(
            r"(?i)\b(password|passwd|secret|token|api_?key|authorization)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&]{3,}"
        ),
        rf"\1\2{HIDDEN}",
    ),
]


def scrub_text(text: str) -> str:
    """Return the text without what looks like a secret or an e-mail address."""
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def scrub(value: Any) -> Any:
    """Return a copy of a JSON-like value, scrubbed: texts by their shape, entries of mappings by their name too."""
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if isinstance(name, str) and _names_a_secret(name, entry) else scrub(entry)
            for name, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrub(entry) for entry in value]
    return value


def scrub_event(_logger: Any, _method: str, event: Any) -> Any:
    """Scrub a line of the log; one of structlog's processors."""
    return {name: entry if name.startswith("_") else scrub({name: entry})[name] for name, entry in event.items()}


def _names_a_secret(name: str, entry: Any) -> bool:
    return isinstance(entry, str | bytes | list | tuple) and bool(entry) and _SECRET_NAME.search(name) is not None
