"""Organisations and their members: who enters, decides and acts, and that none is ever without an owner."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import (
    LastOwner,
    OrganisationNotFound,
    OrganisationStateWrong,
    OrganisationTaken,
    OwnOrganisation,
)
from accounts.models import Membership, Organisation
from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER
from accounts.selectors import organisation_visible_to
from accounts.services import (
    membership_remove,
    membership_set,
    organisation_approve,
    organisation_create,
    organisation_reinstate,
    organisation_reject,
    organisation_suspend,
)
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound
from tests.factories import UserFactory, member_of, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def founder():
    return UserFactory(is_staff=False)


@pytest.fixture
def bakery(founder):
    return organisation_create(actor=founder, name=" Harbour Bakery ", country="Portugal", registration_number="PT 501")


def members_of(organisation):
    return set(Membership.objects.filter(organisation=organisation).values_list("user__email", "role"))


def test_a_new_organisation_waits_and_its_founder_owns_it(bakery, founder):
    bakery.refresh_from_db()

    assert (bakery.name, bakery.country_code, bakery.registration_number) == ("Harbour Bakery", "PT", "PT 501")
    assert (bakery.state, bakery.decided_by, bakery.created_by) == ("pending", None, founder)
    assert members_of(bakery) == {(founder.email, "owner")}
    assert bakery.history.count() == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "  "}, {"name"}),
        ({"name": "x" * 256}, {"name"}),
        ({"name": "Bakery\x00"}, {"name"}),
        ({"country": "Atlantis"}, {"country"}),
        ({"country": ""}, {"country"}),
        ({"registration_number": "1" * 101}, {"registration_number"}),
        ({"name": "", "country": "??", "registration_number": "\ud800"}, {"name", "country", "registration_number"}),
    ],
)
def test_what_is_no_organisation_is_refused_by_field(founder, fields, named):
    with pytest.raises(InvalidInput) as refused:
        organisation_create(actor=founder, **{"name": "Bakery", "country": "PT", **fields})

    assert set(refused.value.errors) == named
    assert Organisation.objects.count() == 0


def test_one_registration_number_is_one_organisation_until_it_was_rejected(bakery, founder):
    with pytest.raises(OrganisationTaken):
        organisation_create(actor=person(), name="Another", country="PT", registration_number="PT 501")
    organisation_create(actor=person(), name="Another", country="ES", registration_number="PT 501")
    organisation_reject(actor=person(REGISTRY_OFFICER), pk=bakery.pk, note="No such company.")

    again = organisation_create(actor=person(), name="Again", country="PT", registration_number="PT 501")

    assert Organisation.objects.filter(country_code="PT").count() == 2
    assert again.state == "pending"


def test_a_second_person_of_staff_decides_once(bakery, founder):
    officer = person(REGISTRY_OFFICER)

    with pytest.raises(NotAllowed):
        organisation_approve(actor=person(TRANSACTIONS_OFFICER), pk=bakery.pk)
    with pytest.raises(OrganisationNotFound):
        organisation_approve(actor=officer, pk=0)
    approved = organisation_approve(actor=officer, pk=bakery.pk, note="Seen in the register.")

    assert (approved.state, approved.decided_by, approved.decision_note) == (
        "approved",
        officer,
        "Seen in the register.",
    )
    with pytest.raises(OrganisationStateWrong):
        organisation_reject(actor=officer, pk=bakery.pk, note="Too late.")
    assert [row.state for row in bakery.history.order_by("history_id")] == ["pending", "approved"]


def test_an_officer_does_not_approve_what_they_entered():
    officer = person(REGISTRY_OFFICER)
    own = organisation_create(actor=officer, name="Own", country="PT")

    with pytest.raises(OwnOrganisation):
        organisation_approve(actor=officer, pk=own.pk)

    assert Organisation.objects.get().state == "pending"
    with pytest.raises(IntegrityError, match="accounts_organisation_second_person"), transaction.atomic():
        Organisation.objects.update(state="approved", decided_by=officer, decided_at=own.created_at)


def test_suspending_and_reinstating(bakery):
    officer = person(REGISTRY_OFFICER)
    with pytest.raises(OrganisationStateWrong):
        organisation_suspend(actor=officer, pk=bakery.pk, note="Not approved yet.")
    organisation_approve(actor=officer, pk=bakery.pk)
    with pytest.raises(InvalidInput) as refused:
        organisation_suspend(actor=officer, pk=bakery.pk, note=" ")
    assert set(refused.value.errors) == {"note"}

    assert organisation_suspend(actor=officer, pk=bakery.pk, note="Under inquiry.").state == "suspended"
    assert organisation_reinstate(actor=officer, pk=bakery.pk).state == "approved"


# --- members ------------------------------------------------------------------------------------------


def test_an_owner_changes_what_a_member_may(bakery, founder):
    colleague = UserFactory(is_staff=False)
    member_of(bakery, colleague, "viewer")

    membership_set(actor=founder, organisation=bakery, user=colleague, role="trader")

    assert members_of(bakery) == {(founder.email, "owner"), (colleague.email, "trader")}
    changes = Membership.history.filter(user=colleague).order_by("history_id")
    assert [row.role for row in changes] == ["viewer", "trader"]


def test_nobody_is_made_a_member_without_having_accepted(bakery, founder):
    stranger = UserFactory(is_staff=False)

    for actor in (founder, person(REGISTRY_OFFICER)):
        with pytest.raises(NotFound, match="Invite them"):
            membership_set(actor=actor, organisation=bakery, user=stranger, role="trader")

    assert members_of(bakery) == {(founder.email, "owner")}


@pytest.mark.parametrize("role", ["trader", "viewer", None])
def test_only_an_owner_or_staff_changes_members(bakery, founder, role):
    colleague, third = UserFactory(is_staff=False), UserFactory(is_staff=False)
    if role:
        member_of(bakery, colleague, role)
    member_of(bakery, third, "viewer")
    before = members_of(bakery)

    with pytest.raises(NotAllowed):
        membership_set(actor=colleague, organisation=bakery, user=third, role="trader")
    with pytest.raises(NotAllowed):
        membership_set(actor=colleague, organisation=bakery, user=colleague, role="owner")
    with pytest.raises(NotAllowed):
        membership_remove(actor=colleague, organisation=bakery, user=founder)

    assert members_of(bakery) == before
    membership_set(actor=person(REGISTRY_OFFICER), organisation=bakery, user=third, role="owner")
    assert (third.email, "owner") in members_of(bakery)


def test_the_last_owner_stays(bakery, founder):
    colleague = UserFactory(is_staff=False)
    member_of(bakery, colleague, "trader")

    for attempt in (
        lambda: membership_remove(actor=founder, organisation=bakery, user=founder),
        lambda: membership_set(actor=founder, organisation=bakery, user=founder, role="viewer"),
    ):
        with pytest.raises(LastOwner):
            attempt()
    membership_set(actor=founder, organisation=bakery, user=colleague, role="owner")
    membership_remove(actor=founder, organisation=bakery, user=founder)

    assert members_of(bakery) == {(colleague.email, "owner")}
    with pytest.raises(NotFound):
        membership_remove(actor=colleague, organisation=bakery, user=founder)


def test_a_member_leaves_and_a_closed_account_gets_no_role(bakery, founder):
    colleague = UserFactory(is_staff=False)
    member_of(bakery, colleague, "viewer")

    membership_remove(actor=colleague, organisation=bakery, user=colleague)

    assert members_of(bakery) == {(founder.email, "owner")}
    for fields, role in (({"is_active": False}, "trader"), ({}, "boss")):
        member = member_of(bakery, UserFactory(is_staff=False, **fields), "viewer").user
        with pytest.raises(InvalidInput):
            membership_set(actor=founder, organisation=bakery, user=member, role=role)


def test_who_sees_an_organisation(bakery, founder):
    assert organisation_visible_to(user=founder, public_id=bakery.public_id) == bakery
    assert organisation_visible_to(user=person(TRANSACTIONS_OFFICER), public_id=bakery.public_id) == bakery
    with pytest.raises(OrganisationNotFound):
        organisation_visible_to(user=person(), public_id=bakery.public_id)
