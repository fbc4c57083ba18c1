"""The last owner: two owners who leave at the same moment; and one person who enters an organisation twice at once."""

import pytest

from accounts.errors import LastOwner
from accounts.models import Membership, Organisation
from accounts.services import membership_remove, memberships, organisation_create, organisations
from tests.factories import UserFactory, member_of
from tests.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_owners():
    first, second = UserFactory(is_staff=False), UserFactory(is_staff=False)
    organisation = organisation_create(actor=first, name="Harbour Bakery", country="PT")
    member_of(organisation, second, "owner")
    return organisation, first, second


def both_leave(organisation, first, second):
    return at_once(
        *[lambda who=who: membership_remove(actor=who, organisation=organisation, user=who) for who in (first, second)]
    )


def test_of_two_owners_who_leave_at_once_one_stays(two_owners):
    outcomes = both_leave(*two_owners)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastOwner", "NoneType"]
    assert any(isinstance(outcome, LastOwner) for outcome in outcomes)
    assert Membership.objects.filter(role="owner").count() == 1


def test_control_without_the_lock_both_leave_and_nobody_is_left(monkeypatch, two_owners):
    unlocked = meeting(lambda *, pk: Organisation.objects.get(pk=pk), 2)
    monkeypatch.setattr(memberships, "organisation_lock", unlocked)
    monkeypatch.setattr(memberships, "_keep_an_owner", meeting(memberships._keep_an_owner, 2, before=False))

    outcomes = both_leave(*two_owners)

    assert outcomes == [None, None]
    assert Membership.objects.count() == 0


def enter_twice():
    actor = UserFactory(is_staff=False)
    return at_once(*[lambda: organisation_create(actor=actor, name="Tide Mill", country="PT")] * 2)


def test_a_form_that_is_sent_twice_at_once_enters_one_organisation():
    outcomes = enter_twice()

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Organisation", "OrganisationTaken"]
    assert (Organisation.objects.count(), Membership.objects.count()) == (1, 1)


def test_control_without_the_lock_it_enters_two(monkeypatch):
    monkeypatch.setattr(organisations, "_lock_actor", lambda _actor: None)
    monkeypatch.setattr(organisations, "event_record", meeting(organisations.event_record, 2))

    outcomes = enter_twice()

    assert [type(outcome).__name__ for outcome in outcomes] == ["Organisation", "Organisation"]
    assert Organisation.objects.count() == 2
