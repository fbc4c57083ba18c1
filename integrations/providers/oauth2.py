"""OAuth 2 with a provider: authorisation code with PKCE (RFC 7636), refreshing, revoking (RFC 7009), discovery.

authlib makes and reads the protocol's messages; they travel through the one way out of this server. No table here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from integrations.providers.asking import ask, ask_raw, parsed, wait_asked_for
from integrations.providers.base import (
    AnswerUnreadable,
    ProviderProblem,
    ProviderUnavailable,
    ReauthorisationNeeded,
    Tokens,
)

_SECONDS = 15.0
_LONGEST_TOKEN = 8_000
# What the token address may say that only its owner or the operator can put right.
_OVER = {"invalid_grant"}


class ClientMisconfigured(ProviderProblem):
    """The provider does not accept the operator's client, or this server's address; no customer can help that."""


@dataclass(frozen=True)
class OAuthApplication:
    """The operator's client at one provider, with its secret in clear: only for the time of a call."""

    provider: str
    client_id: str
    client_secret: str = field(repr=False)
    token_auth_method: str
    authorize_url: str
    token_url: str
    revoke_url: str = ""
    issuer: str = ""
    scopes: str = ""


def discovered(provider: str, url: str) -> dict[str, str]:
    """Return the addresses that a provider's discovery document names: issuer, authorisation, token, revocation.

    Raises:
        ProviderUnavailable: it cannot be read at present.
        AnswerUnreadable: it is none.
    """
    document = ask(provider, url, seconds=_SECONDS, most_bytes=500_000)
    if not isinstance(document, dict):
        raise AnswerUnreadable(f"{provider}'s discovery document is no object.")
    methods = document.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise ClientMisconfigured(f"{provider} does not offer PKCE with S256, which is required here.")
    names = ("issuer", "authorization_endpoint", "token_endpoint", "revocation_endpoint")
    return {name: str(document.get(name) or "") for name in names}


def authorization_address(application: OAuthApplication, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Return where to send the person's browser."""
    return str(
        prepare_grant_uri(
            application.authorize_url,
            application.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=application.scopes or None,
            state=state,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
    )


def code_exchange(application: OAuthApplication, *, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """Return the tokens for a code.

    Raises:
        ReauthorisationNeeded: the code was used, is too old, or was not given to this client.
        ClientMisconfigured: the provider refuses the operator's client.
        ProviderUnavailable, AnswerUnreadable: as everywhere.
    """
    body = prepare_token_request("authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier)
    return _tokens(application, _token_answer(application, body))


def tokens_refresh(application: OAuthApplication, *, refresh_token: str) -> Tokens:
    """Return new tokens; a provider that does not rotate its refresh tokens leaves the old one good.

    Raises:
        ReauthorisationNeeded: the refresh token is not, or no longer, good. It is not to be tried again.
        ClientMisconfigured: the provider refuses the operator's client.
        ProviderUnavailable, AnswerUnreadable: as everywhere.
    """
    body = prepare_token_request("refresh_token", refresh_token=refresh_token)
    fresh = _tokens(application, _token_answer(application, body))
    return fresh if fresh.refresh_token else Tokens(fresh.access_token, refresh_token, fresh.expires_at)


def token_revoke(application: OAuthApplication, *, token: str, hint: str) -> bool:
    """Ask the provider to end a token, and what hangs on it; return whether it said that it did."""
    body, headers = prepare_revoke_token_request(token, hint)
    try:
        answer = _send(application, application.revoke_url, body, headers)
    except ProviderUnavailable:
        return False
    return 200 <= answer.status < 300


def _token_answer(application: OAuthApplication, body: str) -> Any:
    answer = _send(application, application.token_url, body, {})
    if answer.status == 429 or answer.status >= 500:
        raise ProviderUnavailable(
            f"{application.provider} gives no tokens at the moment (HTTP {answer.status}). Try again later.",
            retry_after=wait_asked_for(answer),
        )
    found = parsed(application.provider, answer)
    if not isinstance(found, dict):
        raise AnswerUnreadable(f"{application.provider} answered with no object instead of tokens.")
    if (error := found.get("error")) is not None or answer.status >= 400:
        raise _refusal(application, str(error))
    return found


def _refusal(application: OAuthApplication, error: str) -> ProviderProblem:
    if error in _OVER:
        return ReauthorisationNeeded(f"{application.provider} asks for your permission again: connect it once more.")
    if error in {"temporarily_unavailable", "server_error", "slow_down"}:
        return ProviderUnavailable(f"{application.provider} gives no tokens at the moment. Try again later.")
    # Their own description may say anything; the code is one of a few words.
    word = error if error.isascii() and len(error) <= 40 else "an unknown error"
    return ClientMisconfigured(
        f"{application.provider} refuses this server's OAuth client ({word}). Its operator has to look at it."
    )


def _send(application: OAuthApplication, url: str, body: str, headers: Mapping[str, str]) -> Any:
    auth = ClientAuth(application.client_id, application.client_secret, application.token_auth_method)
    url, signed, body = auth.prepare("POST", url, dict(headers), body)
    fields = dict(parse_qsl(body, keep_blank_values=True))
    return ask_raw(application.provider, url, method="POST", headers=signed, data=fields, seconds=_SECONDS)


def _tokens(application: OAuthApplication, found: Mapping[str, Any]) -> Tokens:
    access, refresh = found.get("access_token"), found.get("refresh_token") or ""
    if not _is_token(access) or not (refresh == "" or _is_token(refresh)):
        raise AnswerUnreadable(f"{application.provider}'s answer holds no usable access token.")
    # Kraken wants its tokens bare and others want Bearer; any other kind of token nothing here could use.
    if str(found.get("token_type", "bearer")).lower() not in {"bearer", "jwt"}:
        raise AnswerUnreadable(f"{application.provider} gave a token of an unknown kind.")
    return Tokens(str(access), str(refresh), _end(found.get("expires_in")))


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()


def _end(seconds: Any) -> datetime | None:
    try:
        lasting = Decimal(str(seconds)) if seconds is not None else None
        if lasting is None or not 0 <= lasting <= 10 * 365 * 86_400:
            return None
    except ArithmeticError:
        return None
    return datetime.now(UTC) + timedelta(seconds=int(lasting))
