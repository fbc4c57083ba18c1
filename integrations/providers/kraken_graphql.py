"""The second interface of suppliers on Kraken: tokens for a key or a password, and the accounts that they open.

It answers with status 200 whatever happens; a refusal stands in `errors`. A token is good for an hour and is sent bare.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.providers.asking import ask
from integrations.providers.base import (
    AnswerUnreadable,
    Credentials,
    CredentialsRefused,
    NothingFound,
    ProviderUnavailable,
    ReauthorisationNeeded,
    Tokens,
)

_OBTAIN = (
    "mutation($input: ObtainJSONWebTokenInput!)"
    "{obtainKrakenToken(input:$input){token refreshToken refreshExpiresIn payload}}"
)
_ACCOUNTS = "query{viewer{accounts{number}}}"
# Of the supplier's list: no header, unauthorised, expired, wrong e-mail or password, not authenticated.
_REFUSED = {
    *("KT-CT-1111", "KT-CT-1112", "KT-CT-1120", "KT-CT-1124", "KT-CT-1132", "KT-CT-1138", "KT-CT-1139", "KT-CT-1143")
}
# A refresh token that has ended, or is none.
_OVER = {"KT-CT-1134", "KT-CT-1135"}
_TOO_MANY = "KT-CT-1199"
_LONGEST_TOKEN = 8_000
_ASK_AGAIN = "The supplier has ended this sign-in. Enter your e-mail address and password once more."


def tokens_obtain(base: str, credentials: Credentials) -> Tokens:
    """Return tokens for an API key, or for an e-mail address and a password.

    Raises:
        CredentialsRefused: they are wrong.
        ProviderProblem: see `base`.
    """
    if "password" in credentials:
        given = {"email": credentials.get("email", ""), "password": credentials["password"]}
    else:
        given = {"APIKey": credentials.get("apiKey", "")}
    return _tokens(base, given)


def tokens_renew(base: str, refresh_token: str) -> Tokens:
    """Return new tokens for a refresh token, which stays good where the supplier sends no other.

    Raises:
        ReauthorisationNeeded: the refresh token has ended or is refused. It is not to be tried again.
        ProviderProblem: see `base`.
    """
    try:
        fresh = _tokens(base, {"refreshToken": refresh_token})
    except CredentialsRefused as error:
        raise ReauthorisationNeeded(_ASK_AGAIN) from error
    return fresh if fresh.refresh_token else Tokens(fresh.access_token, refresh_token, fresh.expires_at)


def account_number(base: str, token: str) -> str:
    """Return the number of the one account that a token opens.

    Raises:
        NothingFound: it opens none.
        CredentialsRefused: it opens several.
        ProviderProblem: see `base`.
    """
    found = _asked(base, _ACCOUNTS, {}, {"Authorization": token})
    accounts = inside(found, "viewer").get("accounts")
    numbers = [str(each["number"]) for each in tables(accounts) if each.get("number")]
    if not numbers:
        raise NothingFound("These credentials open no account.")
    if len(numbers) > 1:
        raise CredentialsRefused(
            f"These credentials open several accounts ({', '.join(numbers[:5])}): name one of them."
        )
    return numbers[0]


def inside(found: Any, name: str) -> dict[str, Any]:
    """Return an object inside another; an empty one where there is none."""
    inner = found.get(name) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def tables(found: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none where it is no list."""
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _tokens(base: str, given: Mapping[str, str]) -> Tokens:
    found = inside(_asked(base, _OBTAIN, {"input": dict(given)}, {}), "obtainKrakenToken")
    token, refresh = found.get("token"), found.get("refreshToken") or ""
    if not _is_token(token) or not (refresh == "" or _is_token(refresh)):
        raise AnswerUnreadable("The supplier's answer to the credentials holds no token.")
    return Tokens(str(token), str(refresh), _end(inside(found, "payload").get("exp")))


def _asked(base: str, query: str, variables: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer = ask("The supplier", f"{base}/graphql/", method="POST", headers=headers, json_body=body)
    _refuse_errors(answer)
    return inside(answer, "data")


def _refuse_errors(answer: Any) -> None:
    errors = tables(answer.get("errors")) if isinstance(answer, dict) else []
    codes = {str(inside(error, "extensions").get("errorCode")) for error in errors}
    if codes & _OVER:
        raise ReauthorisationNeeded(_ASK_AGAIN)
    if codes & _REFUSED:
        raise CredentialsRefused("The supplier refused the credentials. Enter valid ones.")
    if _TOO_MANY in codes:
        raise ProviderUnavailable("The supplier asks to wait at the moment. Try again later.")
    if errors:
        raise AnswerUnreadable(f"The supplier answered with an error ({', '.join(sorted(codes))[:80]}).")


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()


def _end(seconds: Any) -> datetime | None:
    """Return when a token ends; None where the supplier does not say, and its refusal will."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
