"""Staff tokens: the contract's claims, and every token that must not be believed."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError

from accounts.errors import TokenRefused
from accounts.roles import SUPER_ADMIN, VIEWER
from accounts.tokens import StaffToken, token_read
from tests.factories import UserFactory, person, staff_token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = settings.JWT_SIGNING_KEY


def claims_of(user):
    return jwt.decode(str(staff_token(user)), KEY, algorithms=["HS256"], issuer="carboncore-admin")


def signed(claims, key=KEY, algorithm="HS256"):
    return jwt.encode(claims, key, algorithm=algorithm)


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def test_the_claims_are_those_of_the_contract(time_machine):
    time_machine.move_to(NOON, tick=False)
    user = person(SUPER_ADMIN, email="chief@example.org")

    token = str(staff_token(user))

    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["email"] == "chief@example.org"
    assert claims["permissions"] == {
        "projects": True, "standards": True, "transactions": True, "types": True, "delete": True, "users": True,
    }  # fmt: skip
    assert claims["iat"] == 1772366400  # 2026-03-01 12:00:00 UTC
    assert claims["exp"] == 1772366400 + 28_800
    assert claims["iss"] == "carboncore-admin"
    assert claims["sub"] == str(user.public_id)
    assert set(claims) == {"email", "permissions", "iat", "exp", "iss", "sub", "sid", "jti", "token_type", "pwf"}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_nothing_in_a_token_tells_the_password():
    user = UserFactory()
    token = str(staff_token(user))

    body = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    assert user.password not in body
    assert user.password.rsplit("$", 1)[1] not in body


def test_a_fresh_token_belongs_to_its_user_and_to_nobody_else():
    user, other = UserFactory(), UserFactory()
    token = StaffToken(str(staff_token(user)))

    assert token.belongs_to(user)
    assert not token.belongs_to(other)
    other.password = user.password  # even if a restored backup gave both the same hash
    assert not token.belongs_to(other)


@pytest.mark.parametrize("change", ["password", "is_active", "is_staff"])
def test_a_token_ends_with_the_password_the_account_and_the_staff_standing(change):
    user = UserFactory()
    token = StaffToken(str(staff_token(user)))

    if change == "password":
        user.set_password("another long enough password")
    else:
        setattr(user, change, False)
    user.save()
    user.refresh_from_db()

    assert not token.belongs_to(user)


def test_losing_a_role_keeps_the_token_whose_claims_grant_nothing():
    user = person(SUPER_ADMIN)
    token = StaffToken(str(staff_token(user)))
    user.groups.clear()

    fresh = type(user).objects.get(pk=user.pk)

    assert token.belongs_to(fresh)
    assert not fresh.has_perm("registry.delete_project")


def test_a_token_holds_for_eight_hours_and_not_a_second_longer(time_machine):
    time_machine.move_to(NOON, tick=False)
    token = str(staff_token(UserFactory()))

    time_machine.move_to(NOON + timedelta(hours=7, minutes=59, seconds=59), tick=False)
    assert StaffToken(token)["iss"] == "carboncore-admin"

    time_machine.move_to(NOON + timedelta(hours=8, seconds=1), tick=False)
    with pytest.raises(TokenError):
        StaffToken(token)


def test_a_token_that_was_read_before_still_ends_to_the_second(time_machine):
    time_machine.move_to(NOON, tick=False)
    token = str(staff_token(UserFactory()))
    assert token_read(StaffToken, token)["iss"] == "carboncore-admin"

    time_machine.move_to(NOON + timedelta(hours=7, minutes=59, seconds=59), tick=False)
    assert token_read(StaffToken, token)["iss"] == "carboncore-admin"

    time_machine.move_to(NOON + timedelta(hours=8), tick=False)
    with pytest.raises(TokenRefused) as refusal:
        token_read(StaffToken, token)
    assert refusal.value.code == "token_expired"


def test_a_token_that_was_read_before_ends_with_the_key_that_signed_it(settings):
    token = str(staff_token(UserFactory()))
    assert token_read(StaffToken, token)["iss"] == "carboncore-admin"

    settings.JWT_SIGNING_KEY = "another key, of which this token knows nothing at all " * 2

    with pytest.raises(TokenRefused):
        token_read(StaffToken, token)


def changed(claims):
    return claims | {"permissions": {"delete": True}}


FORGERIES = {
    "no token": lambda _: "nonsense",
    "empty": lambda _: "..",
    "not signed": lambda claims: f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.",
    "claims changed": lambda claims: ".".join(
        [(parts := signed(claims).split("."))[0], part(changed(claims)), parts[2]]
    ),
    "another key": lambda claims: signed(claims, key="k" * 64),
    "the session secret as key": lambda claims: signed(claims, key=settings.SECRET_KEY),
    "another algorithm": lambda claims: signed(claims, algorithm="HS384"),
    "another issuer": lambda claims: signed(claims | {"iss": "somebody-else"}),
    "no issuer": lambda claims: signed({k: v for k, v in claims.items() if k != "iss"}),
    "another kind": lambda claims: signed(claims | {"token_type": "access"}),
    "no end": lambda claims: signed({k: v for k, v in claims.items() if k != "exp"}),
    "expired": lambda claims: signed(claims | {"exp": 1_000_000_000}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_tokens_are_refused(forgery):
    claims = claims_of(UserFactory())
    assert StaffToken(signed(claims))["sub"] == claims["sub"]  # so that it is the forgery that is refused

    with pytest.raises(TokenError):
        StaffToken(FORGERIES[forgery](claims))


@pytest.mark.parametrize("fingerprint", [None, "", 7, ["x"], {"a": 1}, "é" * 24])
def test_a_signed_token_without_the_right_password_fingerprint_belongs_to_nobody(fingerprint):
    user = person(VIEWER)
    claims = claims_of(user) | {"pwf": fingerprint}
    token = StaffToken(signed(claims))

    assert not token.belongs_to(user)
