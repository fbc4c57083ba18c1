"""Passkeys in a real Chromium, with a virtual authenticator: set one up, sign in with it, and confirm with it."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SignInSession
from accounts.roles import REGISTRY_OFFICER
from accounts.second_factor import factors_of
from tests.factories import PASSWORD, person

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = os.environ.get("SCREENSHOTS")


@pytest.fixture
def at_localhost(watched):
    """The page at `localhost` (passkeys belong to host names) with a key that knows its owner; `.key` removes it."""
    watched.server = watched.server.replace("127.0.0.1", "localhost")
    watched.devtools = watched.page.context.new_cdp_session(watched.page)
    watched.devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    added = watched.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    watched.key = added["authenticatorId"]
    return watched


def look(page, name):
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


def sign_in(watched, officer):
    page = watched.page
    page.goto(f"{watched.server}/staff/login/")
    page.get_by_label("E-mail").fill(officer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def enrol(watched):
    page = watched.page
    page.goto(f"{watched.server}/staff/security/passkey/")
    page.get_by_label("Name").fill("Office laptop")
    look(page, "passkey-new")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_text("You see these codes only now").wait_for()


def test_a_passkey_is_set_up_and_signs_in_without_a_password(at_localhost):
    officer, page = person(REGISTRY_OFFICER), at_localhost.page
    sign_in(at_localhost, officer)
    look(page, "dashboard-with-banner")
    page.get_by_role("link", name="Set up a second factor now").click()
    look(page, "security-none")
    enrol(at_localhost)
    look(page, "recovery-codes")
    (factor,) = factors_of(officer)
    assert str(factor) == "Office laptop"

    # when they come back with no cookie at all
    page.context.clear_cookies()
    page.goto(f"{at_localhost.server}/staff/login/?next=/staff/registry/project/")
    look(page, "sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{at_localhost.server}/staff/registry/project/")

    assert SignInSession.objects.order_by("pk").last().second_factor_at is not None
    page.goto(f"{at_localhost.server}/staff/security/")
    assert page.get_by_text("Office laptop").is_visible()
    look(page, "security-passkey")
    at_localhost.assert_clean()


def test_the_second_step_and_a_confirmation_take_the_passkey_too(at_localhost):
    officer, page = person(REGISTRY_OFFICER), at_localhost.page
    sign_in(at_localhost, officer)
    enrol(at_localhost)
    page.context.clear_cookies()

    sign_in(at_localhost, officer)
    page.wait_for_url("**/staff/second-factor/")
    look(page, "second-step")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{at_localhost.server}/staff/")

    # when the sign-in is a quarter of an hour old
    SignInSession.objects.update(proven_at=timezone.now() - timedelta(minutes=15))
    page.goto(f"{at_localhost.server}/staff/security/recovery-codes/")
    page.wait_for_url("**/staff/security/again/**")
    look(page, "confirm-again")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/staff/security/recovery-codes/")
    at_localhost.assert_clean()


def test_a_key_that_does_not_know_its_owner_opens_nothing(at_localhost):
    officer, page = person(REGISTRY_OFFICER), at_localhost.page
    sign_in(at_localhost, officer)
    enrol(at_localhost)
    page.context.clear_cookies()
    at_localhost.devtools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": at_localhost.key, "isUserVerified": False}
    )

    page.goto(f"{at_localhost.server}/staff/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("#passkey-trouble").wait_for(state="visible")

    assert "was not given" in page.locator("#passkey-trouble").inner_text()
    assert SignInSession.objects.live().count() == 1
    at_localhost.assert_clean()


def test_an_app_is_set_up_by_scanning_or_typing(at_localhost):
    sign_in(at_localhost, person(REGISTRY_OFFICER))
    page = at_localhost.page
    page.goto(f"{at_localhost.server}/staff/security/authenticator/")
    page.get_by_text("I cannot scan it").click()
    look(page, "app-new")

    assert page.locator("img.st-qr").evaluate("image => image.naturalWidth") > 100
    assert page.locator("code").is_visible()
    at_localhost.assert_clean()
