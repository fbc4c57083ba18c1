"""One request to a provider, and its answer as JSON with exact decimals; every failure as a problem with words."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from carboncore.common.errors import RegistryError
from carboncore.common.outgoing import Answer, fetch
from integrations.providers.base import AnswerUnreadable, CredentialsRefused, ProviderUnavailable

# Providers ask integrators to be recognisable.
USER_AGENT = "CarbonCore (data source sync)"
_LONGEST_WAIT = 24 * 3600


def ask(
    provider: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json_body: Any = None,
    data: Mapping[str, str] | None = None,
    seconds: float = 20.0,
    most_bytes: int = 20_000_000,
) -> Any:
    """Return the JSON that a provider answers; numbers with a point come as `Decimal`.

    `provider` is its name, for the messages. An address is taken from the catalogue, never from a user.

    Raises:
        CredentialsRefused: 401, or 403 in the interface's own JSON.
        ProviderUnavailable: it cannot be reached, asks to wait (429), is down (5xx), or its gateway blocks us (403 in
            HTML).
        AnswerUnreadable: any other answer, or one that is no JSON.
    """
    answer = ask_raw(
        provider,
        url,
        method=method,
        headers=headers,
        params=params,
        json_body=json_body,
        data=data,
        seconds=seconds,
        most_bytes=most_bytes,
    )
    refuse_failure(provider, answer)
    return parsed(provider, answer)


def ask_raw(
    provider: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json_body: Any = None,
    data: Mapping[str, str] | None = None,
    seconds: float = 20.0,
    most_bytes: int = 20_000_000,
) -> Answer:
    """Return a provider's answer whatever its status.

    Raises:
        ProviderUnavailable: none came.
    """
    try:
        return fetch(
            url,
            method=method,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})},
            params=params,
            json=json_body,
            data=data,
            seconds=seconds,
            most_bytes=most_bytes,
            operator=True,
        )
    except RegistryError as error:
        raise ProviderUnavailable(f"{provider} could not be reached: {error.message} Try again later.") from error


def refuse_failure(provider: str, answer: Answer) -> None:
    """Do nothing about a success; raise the problem that any other answer is.

    Raises:
        CredentialsRefused, ProviderUnavailable, AnswerUnreadable: as `ask`.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    is_json = "json" in answer.headers.get("content-type", "").lower()
    if status == 401 or (status == 403 and is_json):
        raise CredentialsRefused(f"{provider} refused the credentials. Enter valid ones.")
    if status in {403, 408, 429} or status >= 500:
        wait = wait_asked_for(answer)
        why = "asks to wait" if status in {403, 429} else "is out of order"
        raise ProviderUnavailable(f"{provider} {why} at the moment (HTTP {status}). Try again later.", retry_after=wait)
    raise AnswerUnreadable(f"{provider} answered HTTP {status}, which its interface does not explain.")


def parsed(provider: str, answer: Answer) -> Any:
    """Return the JSON of an answer, numbers with a point as `Decimal`.

    Raises:
        AnswerUnreadable: it is none.
    """
    try:
        return json.loads(answer.body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        html = "html" in answer.headers.get("content-type", "").lower()
        what = "a web page" if html else "something that is no JSON"
        raise AnswerUnreadable(f"{provider} answered with {what} instead of data.") from error


def wait_asked_for(answer: Answer) -> int | None:
    """Return the seconds of `Retry-After`, given as a number or a date, at most a day; None without a usable one."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, min(int((aware - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT))


def _no_number(text: str) -> Any:
    raise ValueError(text)
