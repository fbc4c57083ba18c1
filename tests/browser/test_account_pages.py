"""A person's way through the account pages in a real browser: strict policy, no script, nothing from elsewhere."""

import re

import pytest

from tests.mailbox import last_mail

pytestmark = pytest.mark.django_db(transaction=True)
ANNA, WORDS = "anna@example.org", "nine quiet herons 9"


@pytest.fixture
def anna(watched, settings):
    """Anna, registered, confirmed and signed in."""
    settings.PUBLIC_URL = watched.server
    page = watched.page
    page.goto(f"{watched.server}/account/register")
    page.get_by_label("E-mail").fill(ANNA)
    page.get_by_label("Username").fill("anna_1")
    page.get_by_label("Password").fill(WORDS)
    page.get_by_role("button", name="Register").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Look into your mail"
    page.goto(re.search(r"http\S+/account/confirm-email/\S+", last_mail(ANNA).body)[0])
    page.get_by_label("The password that you chose").fill(WORDS)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail").fill(ANNA)
    page.get_by_label("Password").fill(WORDS)
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Hello, anna_1"
    return watched


def test_a_person_registers_and_finds_their_account(anna):
    page = anna.page

    page.get_by_role("link", name="Profile").click()
    page.get_by_label("Name", exact=True).fill("Anna Heron")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text() == "Saved."
    page.get_by_role("link", name="Sessions").click()
    assert page.get_by_text("This one").is_visible()
    page.get_by_role("button", name="Sign out").click()
    assert page.url.endswith("/account/sign-in")
    anna.assert_clean()


def test_what_is_refused_stands_beside_its_field_and_is_read_out(anna):
    page = anna.page

    page.goto(f"{anna.server}/account/password")
    page.get_by_label("Present password").fill("wrong")
    page.get_by_label("New password").fill("a new heron 42")
    page.get_by_role("button", name="Change password").click()

    assert page.get_by_role("alert").inner_text() == "This is not your password."
    assert page.get_by_label("Present password").get_attribute("aria-invalid") == "true"


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/register", "/account", "/account/profile",
                                  "/account/sessions", "/account/erase"])  # fmt: skip
def test_pages_fit_a_telephone(anna, path):
    if path in {"/account/sign-in", "/account/register"}:
        anna.page.context.clear_cookies()
    anna.page.set_viewport_size({"width": 360, "height": 740})

    anna.page.goto(anna.server + path)

    assert anna.page.evaluate("document.documentElement.scrollWidth") <= 360
    anna.assert_clean()
