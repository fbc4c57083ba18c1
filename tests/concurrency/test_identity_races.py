"""The first requests of somebody from outside, all at the same moment, as a page sends them; and too many keys."""

from functools import partial

import pytest
from django.db import IntegrityError

from accounts.entry_errors import TooManyApiKeys
from accounts.models import ApiKey, ExternalIdentity, User
from accounts.services import api_key_create, identities, identity_sign_in
from accounts.services.api_keys import MOST_KEYS
from tests.accounts.machines.conftest import issuer
from tests.concurrency.conftest import at_once
from tests.factories import PASSWORD, buyer
from tests.races import meeting

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 6
__all__ = ["issuer"]


def test_many_first_requests_make_one_account_and_one_link(issuer):
    token = issuer.token(preferred_username="olga_9")

    found = at_once(*[partial(identity_sign_in, token=token)] * MANY)

    assert {identity.user.username for identity in found} == {"olga_9"}
    assert (User.objects.count(), ExternalIdentity.objects.count()) == (1, 1)


def test_control_without_the_lock_they_would_make_several(issuer, monkeypatch):
    monkeypatch.setattr(identities, "_lock", lambda _: None)
    monkeypatch.setattr(identities, "_new_person", meeting(identities._new_person, 2))

    found = at_once(*[partial(identity_sign_in, token=issuer.token())] * 2)

    assert [type(outcome) for outcome in found].count(IntegrityError) == 1


def test_keys_made_at_once_do_not_exceed_what_one_may_have():
    ben = buyer()
    make = partial(api_key_create, user=ben, password=PASSWORD, name="robot", scopes=["read"])
    for _ in range(MOST_KEYS - 1):
        make()

    found = at_once(*[make] * 3)

    assert [type(outcome) for outcome in found].count(TooManyApiKeys) == 2
    assert ApiKey.objects.count() == 20
