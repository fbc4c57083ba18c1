"""Accounts of organisations: who may open, see and move from one, and what the database refuses by itself."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import OrganisationStateWrong
from accounts.models import Organisation
from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER
from accounts.services import (
    organisation_approve,
    organisation_create,
    organisation_suspend,
)
from carboncore.common.errors import InvalidInput, NotAllowed
from tests.api_clients import Api, staff  # noqa: F401 - a fixture
from tests.factories import UserFactory, member_of, person, staff_token
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
        member_of(organisation, found[role], role)
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


def test_an_organisation_from_its_founding_to_its_first_account_over_the_api(staff):  # noqa: F811
    founder, officer, colleague = staff(""), staff(REGISTRY_OFFICER), person()
    founded = founder.post("/api/v1/organisations", {"name": "Mill", "country": "Portugal"})
    mill = founded.json()["id"]
    account_of = {"name": "Stock", "organisation": mill}
    address, member = f"/api/v1/organisations/{mill}", f"/api/v1/organisations/{mill}/members/{colleague.public_id}"

    assert (founded.status_code, founded["Location"]) == (201, address)
    assert (founded.json()["country"], founded.json()["state"]) == ("PT", "pending")
    assert founder.post("/holding-accounts", account_of).json()["code"] == "organisation_state_wrong"
    assert officer.post(f"/admin/organisations/{mill}/approve", {}).json()["state"] == "approved"
    assert founder.post("/holding-accounts", account_of).status_code == 201
    assert officer.post("/holding-accounts", account_of).status_code == 403
    assert staff(TRANSACTIONS_OFFICER).get(address).status_code == 200

    assert founder.put(member, {"role": "boss"}).status_code == 400
    not_invited = founder.put(member, {"role": "viewer"})
    assert (not_invited.status_code, "Invite them" in not_invited.json()["message"]) == (404, True)
    member_of(Organisation.objects.get(public_id=mill), colleague, "trader")
    assert founder.put(member, {"role": "viewer"}).status_code == 200
    looker = Api(str(staff_token(colleague)))
    assert looker.post("/holding-accounts", account_of).status_code == 403
    assert looker.put(member, {"role": "owner"}).status_code == 403
    assert [(row["name"], row["role"]) for row in looker.get(f"{address}/members").json()] == [
        (founder.user.full_name, "owner"),
        (colleague.full_name, "viewer"),
    ]
    assert looker.delete(f"{address}/members/{founder.user.public_id}").status_code == 403
    assert looker.delete(member).status_code == 200
    assert looker.get(address).status_code == looker.get(f"{address}/members").status_code == 404
    assert looker.get("/organisations").json() == []
    last = founder.delete(f"{address}/members/{founder.user.public_id}")
    assert (last.status_code, last.json()["code"]) == (409, "last_owner")
    assert HoldingAccount.objects.get(kind="holding").organisation.name == "Mill"
