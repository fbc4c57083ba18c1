"""A double of a provider's OAuth 2 server: recomputes PKCE's challenge, rotates refresh tokens, ends families of them.

The person at their browser is `consent`: it takes the address that our server made and returns where the provider
sends the browser. A refresh token that is used twice ends the permission, as it does at real providers.
"""

import base64
import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.doubles.provider_server import Answer, Asked, ProviderDouble

CLIENT_ID, CLIENT_SECRET = "carboncore-client", "s3cr3t-of-the-operator"
REDIRECT_URI = "http://localhost:8000/api/v1/oauth/callback"


@dataclass
class OAuthServer(ProviderDouble):
    """`kraken` are its access tokens, to share with the double of the data interface."""

    redirect_uri: str = REDIRECT_URI
    expires_in: Any = 3600
    rotates: bool = True
    tokens: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: dict[str, bool] = field(default_factory=dict)
    over: bool = False

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def consent(self, address: str, *, says: str = "yes") -> dict[str, str]:
        """Say yes or no on the provider's page; return the query that the browser brings back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == self.redirect_uri
        assert asked["code_challenge_method"] == "S256"
        if says == "no":
            return {"error": "access_denied", "state": asked["state"]}
        code = f"code-{next(self._numbers)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": f"{self.url}/token/"}

    def answer(self, asked: Asked) -> Answer:
        """Answer as the provider does."""
        if asked.path == "/.well-known/openid-configuration":
            return (
                200,
                {},
                {
                    "issuer": f"{self.url}/token/",
                    "authorization_endpoint": f"{self.url}/authorize/",
                    "token_endpoint": f"{self.url}/token/",
                    "revocation_endpoint": f"{self.url}/revoke-token/",
                    "code_challenge_methods_supported": ["S256"],
                },
            )
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            return 401, {}, {"error": "invalid_client"}
        if asked.path == "/revoke-token/":
            self.revoked.append(asked.body["token"])
            self.over = True
            return 200, {}, {}
        if asked.path == "/token/":
            kind = asked.body.get("grant_type")
            return self._code(asked.body) if kind == "authorization_code" else self._refresh(asked.body)
        return 404, {}, {}

    def _code(self, body: dict[str, str]) -> Answer:
        known = self.codes.pop(body["code"], None)
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(body["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        if known is None or known["redirect_uri"] != body["redirect_uri"] or known["code_challenge"] != challenge:
            return 400, {}, {"error": "invalid_grant"}
        return self._tokens()

    def _refresh(self, body: dict[str, str]) -> Answer:
        fresh = self.refresh_tokens.get(body["refresh_token"])
        if self.over or not fresh:
            self.over = self.over or fresh is False
            return 400, {}, {"error": "invalid_grant", "error_description": "<b>no</b>"}
        if self.rotates:
            self.refresh_tokens[body["refresh_token"]] = False
        return self._tokens()

    def _tokens(self) -> Answer:
        number = next(self._numbers)
        access, refresh = f"access-token-{number:06}", f"refresh-token-{number:06}"
        self.tokens.add(access)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotates or not self.refresh_tokens:
            self.refresh_tokens[refresh] = True
            answer["refresh_token"] = refresh
        return 200, {}, answer


def callback(query: dict[str, str]) -> str:
    """Return the address that the browser asks of us."""
    return f"/api/v1/oauth/callback?{urlencode(query)}"
