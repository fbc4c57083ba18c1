"""What tests of staff sign-in share: a standing clock, codes by RFC 6238 written out here, and people with factors."""

import base64
import hashlib
import hmac
import struct
import time
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from accounts.factors import TOTP
from accounts.models import SignInSession
from accounts.services import staff_session_start, totp_add
from tests.api_clients import api, staff
from tests.factories import PASSWORD, person

__all__ = ["api", "staff"]

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238's test vectors: "12345678901234567890" in base 32


def code_at(moment, secret=SECRET, digits=6):
    """The code of RFC 6238 (HMAC-SHA-1, 30 s) at a Unix time, by nothing but the standard library."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(moment) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def code(steps=0):
    """The code of the present time step, or of one before or after it."""
    return code_at(time.time() + 30 * steps)


@pytest.fixture
def clock():
    """A clock that stands, and is moved with `clock.shift(seconds)`."""
    with time_machine.travel(datetime.now(UTC).replace(microsecond=0), tick=False) as traveller:
        yield traveller


def with_app(user):
    """Give somebody an authenticator app with `SECRET`, a while ago; returns their recovery codes."""
    session = staff_session_start(user=user)
    codes = totp_add(user=user, session=session, secret=SECRET, code=code(-1))
    SignInSession.objects.filter(user=user).delete()
    row = user.authenticator_set.get(type=TOTP)
    row.data["last_step"] -= 10
    row.save()
    return codes


@pytest.fixture
def enrolled(db, clock):
    """Return a function that makes a staff member of a group with an authenticator app; `.codes` for recovery."""

    def make(role="Registry Officer", **fields):
        user = person(role, **fields)
        user.codes = with_app(user)
        user.refresh_from_db()
        return user

    return make


def admin_sign_in(user, password=PASSWORD, second=None, query=""):
    """Sign in at the staff admin as a browser does; returns the client, `.answer` being the last answer."""
    client = Client()
    client.answer = client.post(f"/staff/login/{query}", {"username": user.email, "password": password})
    if second is not None:
        client.answer = client.post("/staff/second-factor/", {"code": second})
    return client
