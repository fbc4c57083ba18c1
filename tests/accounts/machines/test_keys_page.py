"""The page of a person's keys: made and shown once, listed, revoked; and sign-ins elsewhere, unlinked."""

import re

import pytest

from accounts.models import ApiKey, ExternalIdentity
from tests.accounts.people.test_pages import Browser, sign_in, words
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer

pytestmark = pytest.mark.django_db
GOOD = {"name": "Shop", "scopes": ["read", "trade"], "expires_in_days": "30", "password": PASSWORD}


@pytest.fixture
def browser():
    buyer(email="ben@example.org", username="ben_1")
    browser = Browser()
    sign_in(browser)
    return browser


def test_a_key_is_shown_once_listed_and_revoked(browser):
    made = browser.send("/account/keys", GOOD)

    text = re.search(r"cck_[0-9a-f]{16}_[0-9a-f]{72}", made.content.decode())[0]
    assert "no-store" in made["Cache-Control"]
    assert Api(text).get("/holding-accounts").status_code == 200
    page = browser.get("/account/keys").content.decode()
    assert (text in page, text[:20] in page, "read, trade" in page) == (False, True, True)
    key = ApiKey.objects.get()
    assert browser.send(f"/account/keys/{key.public_id}", page="/account/keys").status_code == 302
    assert Api(text).get("/holding-accounts").status_code == 401
    assert "The key is revoked." in words(browser.get("/account/keys"))


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"scopes": []}, {"expires_in_days": "9999"}, {"name": ""}])
def test_what_makes_no_key_is_said_at_its_field(browser, change):
    answer = browser.send("/account/keys", GOOD | change)

    assert answer.status_code == 400
    assert 'class="reason"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_nobody_sees_or_ends_keys_of_others(browser):
    browser.send("/account/keys", GOOD)
    key = ApiKey.objects.get()
    buyer(email="eve@example.org", username="eve_1")
    eve = Browser()
    sign_in(eve, "eve@example.org")

    assert "Shop" not in words(eve.get("/account/keys"))
    eve.send(f"/account/keys/{key.public_id}", page="/account/keys")

    assert ApiKey.objects.get().ended_at is None
    assert Browser().get("/account/keys")["Location"] == "/account/sign-in?next=%2Faccount%2Fkeys"


def test_a_sign_in_elsewhere_is_listed_and_unlinked(browser, issuer):
    assert Api(issuer.token(email="ben@example.org")).get("/users/me").status_code == 200
    assert issuer.url in words(browser.get("/account/keys"))

    browser.send(f"/account/identities/{ExternalIdentity.objects.get().public_id}", page="/account/keys")

    assert issuer.url not in words(browser.get("/account/keys"))
    assert Api(issuer.token(email="ben@example.org")).get("/users/me").status_code == 403
