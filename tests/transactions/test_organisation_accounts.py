"""Accounts of organisations: who may open, see and move from one, and what the database refuses by itself."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import OrganisationStateWrong
from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER
from accounts.services import (
    membership_set,
    organisation_approve,
    organisation_create,
    organisation_suspend,
)
from carboncore.common.errors import InvalidInput, NotAllowed
from tests.factories import UserFactory, person
from tests.ledger_factories import account
from transactions.errors import AccountNotFound
from transactions.models import HoldingAccount
from transactions.selectors.purchases import account_usable_by
from transactions.services import holding_account_open

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """An approved organisation's owner, trader and viewer, a stranger, and staff who work transactions or do not."""
    owner = UserFactory(is_staff=False)
    organisation = organisation_create(actor=owner, name="Harbour Bakery", country="PT")
    organisation_approve(actor=person(REGISTRY_OFFICER), pk=organisation.pk)
    found = {"owner": owner, "stranger": UserFactory(is_staff=False)}
    for role in ("trader", "viewer"):
        found[role] = UserFactory(is_staff=False)
        membership_set(actor=owner, organisation=organisation, user=found[role], role=role)
    found |= {"desk": person(TRANSACTIONS_OFFICER), "officer": person(REGISTRY_OFFICER)}
    organisation.refresh_from_db()
    return organisation, found


def who(people, narrowed):
    """The names of those for whom a narrowing leaves the account."""
    return {name for name, user in people.items() if narrowed(user).exists()}


def test_the_one_rule_of_who_sees_and_moves(people):
    organisation, users = people
    held = HoldingAccount.objects.filter(pk=holding_account_open(organisation=organisation, name="Stock").pk)

    assert who(users, held.visible_to) == {"owner", "trader", "viewer", "desk"}
    assert who(users, held.movable_by) == {"owner", "trader", "desk"}
    assert who(users, held.held_for) == {"owner", "trader"}

    organisation_suspend(actor=users["officer"], pk=organisation.pk, note="Under inquiry.")

    assert who(users, held.visible_to) == {"owner", "trader", "viewer", "desk"}
    assert who(users, held.movable_by) == {"desk"}


def test_a_persons_account_is_theirs_and_the_desks(people):
    _, users = people
    held = HoldingAccount.objects.filter(pk=account(owner=users["trader"]).pk)

    assert who(users, held.visible_to) == who(users, held.movable_by) == {"trader", "desk"}


def test_what_a_caller_is_told_about_an_account(people):
    organisation, users = people
    stock = holding_account_open(organisation=organisation, name="Stock")

    assert account_usable_by(user=users["trader"], public_id=stock.public_id) == stock
    with pytest.raises(NotAllowed):
        account_usable_by(user=users["viewer"], public_id=stock.public_id)
    with pytest.raises(AccountNotFound):
        account_usable_by(user=users["stranger"], public_id=stock.public_id)


def test_only_an_approved_organisation_opens_accounts(people):
    approved, users = people
    waiting = organisation_create(actor=users["owner"], name="Another", country="PT")

    with pytest.raises(OrganisationStateWrong):
        holding_account_open(organisation=waiting, name="Stock")
    for holders in ({}, {"owner": users["owner"], "organisation": approved}):
        with pytest.raises(InvalidInput) as refused:
            holding_account_open(name="Stock", **holders)
        assert set(refused.value.errors) == {"owner"}

    assert not HoldingAccount.objects.filter(kind="holding").exists()


def test_the_database_gives_every_holding_account_one_holder(people):
    organisation, users = people
    for holders in (
        {},
        {"owner": users["owner"], "organisation": organisation},
        {"organisation": organisation, "claim_email": "a@example.org"},
        {"kind": "buffer_pool", "organisation": organisation},
    ):
        with pytest.raises(IntegrityError, match="transactions_account_owner_fits_kind"), transaction.atomic():
            HoldingAccount.objects.create(name="Nobody's", **holders)
