"""Tokens of an outside issuer, over real HTTP: which are believed, with which keys, and what a bad issuer can do."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from accounts.entry_errors import IssuerUnreachable
from accounts.errors import TokenRefused
from accounts.issuer_keys import issuer_key
from accounts.outside_tokens import is_from_outside, outside_token_read
from carboncore.common.outside_issuers import OutsideIssuer, issuers_from
from tests.doubles.oidc_issuer import OidcIssuer, SigningKey


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def refused(token):
    with pytest.raises(TokenRefused) as refusal:
        outside_token_read(token)
    return refusal.value


def test_a_good_token_tells_whose_it_is(issuer):
    token = issuer.token(preferred_username="olga_9", name="Olga Nyberg")

    told = outside_token_read(token)

    assert is_from_outside(token)
    assert (told.issuer, told.subject, told.email) == (issuer.url, "subject-1", "olga@example.org")
    assert (told.username, told.full_name) == ("olga_9", "Olga Nyberg")
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_keys_are_fetched_once_for_many_tokens(issuer):
    for subject in "abcdef":
        outside_token_read(issuer.token(sub=subject))

    assert issuer.asked.count("/keys") == 1


def test_the_keys_address_of_the_settings_is_used_without_discovery(issuer, settings):
    settings.OIDC_ISSUERS = {
        issuer.url: OutsideIssuer(issuer.url, audiences=("carboncore",), jwks_uri=f"{issuer.url}/keys")
    }

    outside_token_read(issuer.token())

    assert issuer.asked == ["/keys"]


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_after_a_rotation_the_new_key_is_fetched_and_the_old_one_refused(issuer, clock, kind):
    old = issuer.signer
    outside_token_read(issuer.token())
    issuer.rotate("two", kind)
    clock(31)

    assert outside_token_read(issuer.token()).subject == "subject-1"
    refused(issuer.token(signer=old))


def test_unknown_key_ids_ask_the_issuer_once_in_half_a_minute(issuer, clock):
    outside_token_read(issuer.token())
    stranger = SigningKey("one")
    clock(31)

    for number in range(50):
        refused(issuer.token(signer=stranger, headers={"kid": f"junk-{number}"}))
    assert issuer.asked.count("/keys") == 2
    assert outside_token_read(issuer.token()).subject == "subject-1"

    clock(31)
    refused(issuer.token(signer=stranger, headers={"kid": "junk"}))
    assert issuer.asked.count("/keys") == 3


@pytest.mark.parametrize("trouble", ["down", "no JSON", "no keys", "a list", "too deep", "huge", "nobody there"])
def test_the_keys_that_are_there_outlast_a_bad_issuer_for_a_day(issuer, clock, trouble):
    outside_token_read(issuer.token())
    if trouble == "down":
        issuer.is_down = True
    elif trouble == "nobody there":
        issuer.__exit__()
    else:
        issuer.garbage = {
            "no JSON": b"<html>", "no keys": b'{"keys": []}', "a list": b"[]", "too deep": b"[" * 100_000,
            "huge": b'{"keys": "' + b"x" * 300_000 + b'"}',
        }[trouble]  # fmt: skip
    clock(601)

    assert outside_token_read(issuer.token()).subject == "subject-1"
    clock(86_400)
    with pytest.raises(IssuerUnreachable) as refusal:
        outside_token_read(issuer.token())
    assert (refusal.value.http_status, refusal.value.retry_after) == (503, 30)


def test_an_issuer_that_is_down_from_the_start_is_asked_again_when_it_may_be_back(issuer, clock):
    issuer.is_down = True
    for _ in range(5):
        with pytest.raises(IssuerUnreachable):
            outside_token_read(issuer.token())
    assert len(issuer.asked) == 1
    issuer.is_down = False
    clock(31)

    assert outside_token_read(issuer.token()).subject == "subject-1"


def test_a_discovery_document_of_somebody_else_is_not_followed(issuer):
    issuer.discovery = {"issuer": "https://id.example.org"}

    with pytest.raises(IssuerUnreachable):
        outside_token_read(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration"]


def test_discovery_does_not_lead_to_another_host_of_our_own_network(issuer, settings):
    with OidcIssuer() as inner:
        settings.OUTGOING_ALLOWED_HOSTS = [issuer.host, inner.host]
        issuer.discovery = {"jwks_uri": f"{inner.url}/keys"}

        with pytest.raises(IssuerUnreachable):
            outside_token_read(issuer.token())
        assert inner.asked == []


def test_a_host_that_is_not_listed_is_not_asked(issuer, settings):
    settings.OUTGOING_ALLOWED_HOSTS = []

    with pytest.raises(IssuerUnreachable):
        outside_token_read(issuer.token())
    assert issuer.asked == []


def with_secret(issuer, secret):
    """A token signed by the issuer's public key taken for a shared secret (the library itself refuses to make it)."""

    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{part(issuer.claims())}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def public_pem(issuer):
    return issuer.signer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


FORGERIES = {
    "not signed": lambda i: f"{part({'alg': 'none', 'typ': 'JWT', 'kid': 'one'})}.{part(i.claims())}.",
    "the public key as a secret": lambda i: with_secret(i, public_pem(i)),
    "the published key as a secret": lambda i: with_secret(i, json.dumps(i.signer.jwk).encode()),
    "an algorithm that is not allowed": lambda i: jwt.encode(i.claims(), i.signer.private, "PS256", {"kid": "one"}),
    "an algorithm of another kind of key": lambda i: jwt.encode(
        i.claims(), SigningKey("x", "EC").private, "ES256", {"kid": "one"}
    ),
    "another key under the same id": lambda i: i.token(signer=SigningKey("one")),
    "an unknown key id": lambda i: i.token(headers={"kid": "nine"}),
    "a key id that is a path": lambda i: i.token(signer=SigningKey("../../dev/null")),
    "a key in the header": lambda i: i.token(signer=SigningKey("x"), headers={"jwk": SigningKey("x").jwk}),
    "an address of keys in the header": lambda i: i.token(signer=SigningKey("x"), headers={"jku": f"{i.url}/keys"}),
    "a critical header": lambda i: i.token(headers={"crit": ["b64"], "b64": True}),
    "another audience": lambda i: i.token(aud="somebody-else"),
    "audiences none of which is us": lambda i: i.token(aud=["a", "b"]),
    "no audience": lambda i: i.token(aud=None),
    "another authorized party": lambda i: i.token(azp="evil-app"),
    "no authorized party": lambda i: i.token(azp=None),
    "another issuer": lambda i: i.token(iss="https://id.example.org"),
    "another issuer that begins alike": lambda i: i.token(iss=f"{i.url}/"),
    "expired": lambda i: i.token(iat=int(time.time()) - 400, exp=int(time.time()) - 61),
    "not yet": lambda i: i.token(nbf=int(time.time()) + 120),
    "made in the future": lambda i: i.token(iat=int(time.time()) + 120),
    "no end": lambda i: i.token(exp=None),
    "no beginning": lambda i: i.token(iat=None),
    "an endless end": lambda i: i.token(exp=float("inf")),
    "no subject": lambda i: i.token(sub=None),
    "an empty subject": lambda i: i.token(sub=""),
    "a subject of another type": lambda i: jwt.encode(
        i.claims() | {"sub": "x", "aud": {"a": 1}}, i.signer.private, "RS256", {"kid": "one"}
    ),
    "a subject with a zero byte": lambda i: i.token(sub="a\x00b"),
    "a subject too long": lambda i: i.token(sub="x" * 256),
    "a logout token": lambda i: i.token(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
    "a logout token by its type": lambda i: i.token(headers={"typ": "logout+jwt"}),
    "too large": lambda i: i.token(more="x" * 9_000),
    "cut off": lambda i: i.token()[:-20],
    "nested too deep": lambda _: f"{part({'alg': 'RS256'})}.{base64.urlsafe_b64encode(b'[' * 5_000).decode()}.x",
    "not even JSON": lambda _: "a.b.c",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_could_not_be_checked_is_not_believed(issuer, forgery):
    outside_token_read(issuer.token())  # so it is the forgery

    error = refused(FORGERIES[forgery](issuer))

    assert error.http_status == 401
    assert error.code == ("token_expired" if forgery == "expired" else "token_invalid")


@pytest.mark.parametrize("skew", [{"exp": -59}, {"nbf": 59}, {"iat": 59}])
def test_clocks_may_differ_by_a_minute(issuer, skew):
    changes = {name: int(time.time()) + seconds for name, seconds in skew.items()}

    assert outside_token_read(issuer.token(**changes)).subject == "subject-1"


@pytest.mark.parametrize("changes", [{"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}])
def test_an_email_that_is_not_verified_is_none(issuer, changes):
    assert outside_token_read(issuer.token(**changes)).email == ""


def test_an_email_is_taken_in_our_own_form_or_not_at_all(issuer):
    assert outside_token_read(issuer.token(email="OLGA@Bücher.example")).email == "olga@xn--bcher-kva.example"
    assert outside_token_read(issuer.token(email="olga@example.org\nBcc: x@example.org")).email == ""
    assert outside_token_read(issuer.token(email=["olga@example.org"])).email == ""


@pytest.mark.parametrize(
    "published",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "weak", "alg": "HS256"},
        SigningKey("weak", size=1024).jwk,
        SigningKey("weak").jwk | {"use": "enc"},
        SigningKey("weak").jwk | {"alg": "none"},
        SigningKey("weak").jwk | {"key_ops": ["encrypt"]},
        SigningKey("weak").jwk | {"d": "AQAB"},
        {"kty": "RSA", "kid": "weak", "n": "!", "e": []},
        {"kid": "weak"},
        "weak",
    ],
    ids=["secret", "short", "for encryption", "no algorithm", "other operations", "private", "broken", "empty", "text"],
)
def test_a_key_that_is_unfit_is_left_out(issuer, published):
    issuer.published = [published, *issuer.published]
    known = OutsideIssuer(issuer.url, audiences=("carboncore",))

    assert outside_token_read(issuer.token()).subject == "subject-1"
    for algorithm in ("RS256", "HS256", "none"):
        with pytest.raises(TokenRefused):
            issuer_key(known, kid="weak", algorithm=algorithm)


def test_a_token_without_a_key_id_is_taken_where_there_is_one_key(issuer, clock):
    unnamed = jwt.encode(issuer.claims(), issuer.signer.private, "RS256")
    assert outside_token_read(unnamed).subject == "subject-1"
    issuer.published = [SigningKey("zero").jwk, *issuer.published]
    clock(601)

    refused(unnamed)
    assert outside_token_read(issuer.token()).subject == "subject-1"


# --- the setting


def test_the_setting_is_read():
    text = '[{"issuer": "https://id.example.org/", "authorized_parties": ["app"], "algorithms": ["ES256"]}]'

    assert issuers_from(text) == {
        "https://id.example.org/": OutsideIssuer(
            "https://id.example.org/", authorized_parties=("app",), algorithms=("ES256",)
        )
    }
    assert issuers_from("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[{", "is no JSON"),
        ("{}", "has to be an array"),
        ("[1]", "has to be an array"),
        ('[{"audiences": ["a"]}]', "needs an `issuer`"),
        ('[{"issuer": "id.example.org", "audiences": ["a"]}]', "needs an `issuer`"),
        ('[{"issuer": "https://id.example.org"}]', "give `audiences` or `authorized_parties`"),
        ('[{"issuer": "https://id.example.org", "audiences": []}]', "not empty"),
        ('[{"issuer": "https://id.example.org", "audiences": "a"}]', "list of texts"),
        ('[{"issuer": "https://id.example.org", "audiences": ["a"], "algorithms": ["none"]}]', "none cannot"),
        ('[{"issuer": "https://id.example.org", "audiences": ["a"], "algorithms": ["HS256"]}]', "HS256 cannot"),
        ('[{"issuer": "https://id.example.org", "audiences": ["a"], "jwks_uri": "file:///x"}]', "`jwks_uri` has"),
        ('[{"issuer": "https://id.example.org", "audiences": ["a"], "trust_email": "yes"}]', "true or false"),
        ('[{"issuer": "https://id.example.org", "audiences": ["a"], "algorithm": "x"}]', "there is no algorithm"),
        ('[{"issuer": "https://a.example", "audiences": ["a"]}, {"issuer": "https://a.example", "audiences": ["a"]}]',
         "twice"),
    ],
)  # fmt: skip
def test_a_setting_that_would_not_be_safe_is_refused(text, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        issuers_from(text)
