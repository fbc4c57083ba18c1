"""An identity provider over real HTTP, as far as we depend on one: discovery, keys, and tokens signed by them.

It rotates its keys, goes down and answers garbage, each when a test tells it to. `asked` are the
paths that were requested.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

_MAKERS = {"Ed25519": OKPAlgorithm, "EC": ECAlgorithm, "RSA": RSAAlgorithm}


class SigningKey:
    """A private key under a key id; `jwk` is its public half as an issuer publishes it."""

    def __init__(self, kid, kind="RSA", size=2048, **more):
        self.kid = kid
        if kind == "RSA":
            self.private, self.algorithm = rsa.generate_private_key(public_exponent=65537, key_size=size), "RS256"
        elif kind == "EC":
            self.private, self.algorithm = ec.generate_private_key(ec.SECP256R1()), "ES256"
        else:
            self.private, self.algorithm = ed25519.Ed25519PrivateKey.generate(), "EdDSA"
        public = json.loads(_MAKERS[kind].to_jwk(self.private.public_key()))
        public.pop("key_ops", None)
        self.jwk = {**public, "kid": kid, "use": "sig", **more}


class OidcIssuer:
    """The provider, on 127.0.0.1; `with OidcIssuer() as issuer:`."""

    def __init__(self):
        self.asked = []
        self.signer = SigningKey("one")
        self.published = [self.signer.jwk]
        self.is_down = False
        self.garbage = None
        self.discovery = {}
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                double.asked.append(self.path)
                status, body = double.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path):
        if self.is_down:
            return 503, b"{}"
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.discovery}).encode()
        if path == "/keys":
            return 200, self.garbage if self.garbage is not None else json.dumps({"keys": self.published}).encode()
        return 404, b"{}"

    def rotate(self, kid, kind="RSA"):
        """Sign with a new key from now on, and publish it alone."""
        self.signer = SigningKey(kid, kind)
        self.published = [self.signer.jwk]

    def claims(self, **changes):
        """Return the claims of a good token, with changes; None takes a claim away."""
        now = int(time.time())
        claims = {
            "iss": self.url, "sub": "subject-1", "aud": "carboncore", "azp": "market-web", "iat": now, "exp": now + 300,
            "email": "olga@example.org", "email_verified": True, **changes,
        }  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *, signer=None, headers=None, **changes):
        """Return a token that is good but for the changes."""
        signer = signer or self.signer
        heads = {"kid": signer.kid, **(headers or {})}
        return jwt.encode(self.claims(**changes), signer.private, signer.algorithm, headers=heads)
