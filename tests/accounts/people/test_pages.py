"""The account pages: a person's way through them by cookie, and what they refuse."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import SignInSession, User
from tests.accounts.people.conftest import ANNA
from tests.factories import PASSWORD, buyer, person
from tests.mailbox import last_mail, token_mailed_to

pytestmark = pytest.mark.django_db


class Browser(Client):
    """Fills forms the way people do: reads the page first and sends its token back."""

    def __init__(self, **defaults):
        super().__init__(enforce_csrf_checks=True, **defaults)

    def send(self, path, fields=None, page=None):
        shown = self.get(page or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown.content.decode())
        assert token, shown.content.decode()[:500]
        return self.post(path, {**(fields or {}), "csrfmiddlewaretoken": token[1]})


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def ben():
    return buyer(email="ben@example.org", username="ben_1")


def sign_in(browser, email="ben@example.org", password=PASSWORD, **more):
    return browser.send("/account/sign-in", {"email": email, "password": password, **more})


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_registering_confirming_and_signing_in_by_pages_alone(browser):
    asked = browser.send("/account/register", ANNA)
    assert (asked.status_code, "Look into your mail" in words(asked)) == (200, True)
    link = re.search(r"http\S+(/account/confirm-email/\S+)", last_mail(ANNA["email"]).body)[1]

    confirmed = browser.send(link, {"password": ANNA["password"]})

    assert "Your e-mail is confirmed" in words(confirmed)
    entered = sign_in(browser, ANNA["email"], ANNA["password"])
    assert (entered.status_code, entered["Location"]) == (302, "/account")
    mine = browser.get("/account")
    assert "Hello, anna_1" in words(mine)
    assert "You hold no credits yet." in words(mine)


@pytest.mark.parametrize("page", ["confirm-email", "reset-password", "confirm-new-email", "reclaim"])
def test_opening_a_link_shows_a_form_and_uses_nothing(browser, page):
    answer = browser.get(f"/account/{page}/{'x' * 43}")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    body = {"password": "a new heron 42"} if "password" in page or page == "confirm-email" else {}
    refused = browser.send(f"/account/{page}/{'x' * 43}", body)
    assert (refused.status_code, "This link was used already or has expired." in words(refused)) == (400, True)


def test_a_reset_by_page_ends_sessions(browser, ben):
    sign_in(browser)
    other = Browser()
    asked = other.send("/account/forgotten", {"email": "ben@example.org"})
    assert "Look into your mail" in words(asked)

    done = other.send(f"/account/reset-password/{token_mailed_to('ben@example.org')}", {"password": "a new heron 42"})

    assert "Your password is changed" in words(done)
    assert browser.get("/account")["Location"] == "/account/sign-in?next=%2Faccount"
    assert sign_in(other, password="a new heron 42").status_code == 302


def test_changing_and_taking_back_the_e_mail_by_pages(browser, ben):
    sign_in(browser)
    asked = browser.send("/account/email", {"new_email": "ben@new.example.org", "password": PASSWORD})
    assert asked.status_code == 302
    browser.send(f"/account/confirm-new-email/{token_mailed_to('ben@new.example.org')}")
    assert User.objects.get().email == "ben@new.example.org"

    done = Browser().send(f"/account/reclaim/{token_mailed_to('ben@example.org')}")

    assert "You have your account back" in words(done)
    assert User.objects.get().email == "ben@example.org"
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize("name", ["account", "account-profile", "account-password", "account-email",
                                  "account-sessions", "account-erase"])  # fmt: skip
def test_nobody_sees_an_account_page_without_signing_in(browser, ben, name):
    path = reverse(name)
    assert browser.get(path)["Location"].startswith("/account/sign-in?next=%2Faccount")

    sign_in(browser)
    shown = browser.get(path)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert "unsafe" not in shown["Content-Security-Policy"]
    assert "style=" not in shown.content.decode()
    assert "<script" not in shown.content.decode()


@pytest.mark.parametrize("name", ["account-sign-in", "account-register", "account-forgotten", "account-confirm-again",
                                  "account-sign-out", "account-export", "account-other-sessions"])  # fmt: skip
def test_nothing_is_done_without_the_form_s_token(browser, ben, name):
    sign_in(browser)
    before = SignInSession.objects.live().count()

    answer = browser.post(reverse(name), {"email": "x@example.org", "password": PASSWORD})

    assert answer.status_code == 403
    assert SignInSession.objects.live().count() == before


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/account/sessions", "/account/sessions"),
        ("https://evil.example.org/account", "/account"),
        ("//evil.example.org/account", "/account"),
        ("/account\\@evil.example.org", "/account"),
        ("/staff/", "/account"),
        ("javascript:alert(1)", "/account"),
    ],
)
def test_signing_in_leads_back_inside_this_site_only(browser, ben, wanted, goes):
    assert sign_in(browser, next=wanted)["Location"] == goes


def test_wrong_passwords_say_one_thing_and_the_sixth_is_locked(browser, ben):
    wrong = [sign_in(browser, password="wrong") for _ in range(5)]
    nobody = sign_in(browser, email="nobody@example.org")
    locked = sign_in(browser)

    assert {answer.status_code for answer in [*wrong, nobody]} == {401}
    assert "This e-mail and this password open no account." in words(nobody)
    assert locked.status_code == 429
    assert 14 * 60 < int(locked["Retry-After"]) <= 15 * 60
    assert browser.get("/account").status_code == 302


def test_staff_sign_in_elsewhere(browser):
    person(email="clerk@example.org")

    assert sign_in(browser, email="clerk@example.org").status_code == 401


def test_the_profile_is_changed_and_refusals_stand_beside_their_fields(browser, ben):
    sign_in(browser)
    buyer(username="taken_1")

    assert browser.send("/account/profile", {"username": "ben_2", "full_name": "Ben Heron"}).status_code == 302
    refused = browser.send("/account/profile", {"username": "аb!", "full_name": ""})
    taken = browser.send("/account/profile", {"username": "TAKEN_1", "full_name": ""})

    ben.refresh_from_db()
    assert (ben.username, ben.full_name) == ("ben_2", "Ben Heron")
    assert (refused.status_code, "Use 3 to 30 letters" in words(refused)) == (400, True)
    assert (taken.status_code, "This username is taken." in words(taken)) == (409, True)


def test_a_password_change_keeps_this_browser_and_ends_the_other(browser, ben):
    other = Browser()
    sign_in(browser)
    sign_in(other)

    fields = {"current_password": PASSWORD, "new_password": "a new heron 42"}
    assert browser.send("/account/password", fields).status_code == 302

    assert "Your password is changed" in words(browser.get("/account/profile"))
    assert other.get("/account").status_code == 302


def test_sessions_are_listed_and_ended(browser, ben):
    phone = Browser(headers={"User-Agent": "Phone <b>9</b>"})
    sign_in(browser)
    sign_in(phone)
    shown = browser.get("/account/sessions")
    assert "Phone &lt;b&gt;9&lt;/b&gt;" in shown.content.decode()
    theirs = SignInSession.objects.get(user_agent="Phone <b>9</b>")

    browser.send(f"/account/sessions/{theirs.public_id}", page="/account/sessions")
    assert phone.get("/account").status_code == 302
    sign_in(phone)
    browser.send("/account/sessions/others", page="/account/sessions")
    assert phone.get("/account").status_code == 302
    assert browser.get("/account").status_code == 200


def test_the_cookie_of_a_signed_out_session_opens_nothing(browser, ben):
    before = browser.get("/account/sign-in").cookies
    sign_in(browser)
    stolen = browser.cookies["sessionid"].value
    assert before.get("sessionid") is None or before["sessionid"].value != stolen

    browser.send("/account/sign-out", page="/account")

    thief = Browser()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/account").status_code == 302
    assert SignInSession.objects.get().end_reason == "logout"


def test_one_s_data_as_a_file_and_then_gone(browser, ben):
    sign_in(browser)
    copy = browser.send("/account/export", page="/account/profile")
    assert copy["Content-Disposition"] == 'attachment; filename="my-carboncore-data.json"'
    assert copy.json()["accounts"]["account"]["email"] == "ben@example.org"

    assert browser.send("/account/erase", {"password": "wrong"}).status_code == 400
    gone = browser.send("/account/erase", {"password": PASSWORD})

    assert "Your account is erased" in words(gone)
    assert User.objects.get().email.endswith("@erased.invalid")
    assert browser.get("/account").status_code == 302


def test_an_account_page_costs_the_same_statements_however_much_there_is(browser, ben, django_assert_max_num_queries):
    sign_in(browser)
    with django_assert_max_num_queries(8):
        assert browser.get("/account").status_code == 200
