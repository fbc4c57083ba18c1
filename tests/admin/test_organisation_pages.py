"""Organisations in the staff admin: the queue, who decides, who acts for them, what they hold."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Organisation
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from accounts.services import member_invitation_accept, organisation_approve, organisation_create, organisation_suspend
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import UserFactory, member_of, person
from tests.ledger_factories import issued_batch, proceeds_of, wanted
from transactions.models import Balance, HoldingAccount
from transactions.services import credits_transfer, holding_account_open

pytestmark = pytest.mark.django_db
LIST = "/staff/accounts/organisation/"


def page(organisation):
    return reverse("admin:accounts_organisation_change", args=[organisation.pk])


def deed(organisation, name):
    return reverse("admin:accounts_organisation_deed", args=[organisation.pk, name])


def ask(client, address, **fields):
    return client.post(address, {**form_values(client.get(address)), **fields})


def entered(name="Harbour Bakery", country="PT", by=None, **fields):
    return organisation_create(actor=by or UserFactory(is_staff=False), name=name, country=country, **fields)


def approved(**fields):
    return organisation_approve(actor=person(SUPER_ADMIN), pk=entered(**fields).pk)


def everything():
    rows = (Organisation.objects, Membership.objects, Organisation.history, Membership.history)
    return [sorted(map(repr, manager.values_list())) for manager in rows]


def test_the_list_tells_country_members_and_holdings_and_is_narrowed(as_role):
    # given an approved organisation that holds 4 t in two accounts and has retired nothing, and a pending one
    batch, bakery, mill = issued_batch(quantity_kg=10_000), approved(registration_number="PT-1"), entered("Mill", "FR")
    member_of(bakery, UserFactory(email="t@b.org"), "trader")
    for quantity in (1_500, 2_500):
        own = holding_account_open(organisation=bakery, name=f"A{quantity}")
        source = proceeds_of(batch.project)
        credits_transfer(actor=None, from_account=source, to_account=own, wanted=wanted(batch.project, quantity))
    officer = as_role(REGISTRY_OFFICER)

    told = text_of(officer.get(LIST))

    assert "Harbour Bakery PT-1 Portugal Approved 2 4 " in told
    assert "Mill no registration number France Pending 1 0 " in told
    for query, found in {
        "state__exact=approved": {bakery}, "country=FR": {mill}, "q=t@b.org": {bakery}, "q=PT-1": {bakery},
        "waiting=me": {mill}, "state__exact=rejected": set(),
    }.items():  # fmt: skip
        links = read_page(officer.get(f"{LIST}?{query}")).links
        assert {one for one in (bakery, mill) if any(page(one) in link for link in links)} == found, query


def test_what_waits_stands_on_the_dashboard_of_who_may_decide_about_it(as_role):
    officer, clerk = as_role(REGISTRY_OFFICER), as_role(TRANSACTIONS_OFFICER)
    entered()
    entered("Own", by=officer.user)

    dashboard = officer.get("/staff/")

    assert "1 organisations waiting" in text_of(dashboard)
    assert f"{LIST}?waiting=me" in read_page(dashboard).links
    assert "organisations waiting" not in text_of(clerk.get("/staff/"))


def test_each_decision_asks_first_and_is_kept_with_its_reason(as_role):
    admin, bakery = as_role(SUPER_ADMIN), entered()

    assert ask(admin, deed(bakery, "reject")).status_code == 400
    assert "Portugal" in text_of(admin.get(deed(bakery, "approve")))
    assert ask(admin, deed(bakery, "approve"), note="Seen its papers.").status_code == 302
    assert deed(bakery, "approve") not in read_page(admin.get(page(bakery))).links
    assert ask(admin, deed(bakery, "suspend")).status_code == 400
    assert ask(admin, deed(bakery, "suspend"), note="Nobody answers.").status_code == 302
    told = text_of(admin.get(page(bakery)))
    assert f"Suspended by {admin.user}: Nobody answers." in told
    assert ask(admin, deed(bakery, "reinstate")).status_code == 302

    bakery.refresh_from_db()
    assert (bakery.state, bakery.decided_by) == ("approved", admin.user)
    states = bakery.history.order_by("history_id").values_list("state", "decision_note", "entrance")
    assert list(states)[1:] == [
        ("approved", "Seen its papers.", "admin"),
        ("suspended", "Nobody answers.", "admin"),
        ("approved", "", "admin"),
    ]


def test_who_entered_it_cannot_decide_and_is_told_so(as_role):
    admin = as_role(SUPER_ADMIN)
    own = entered(by=admin.user)
    before = everything()

    assert "so a second person has to decide about it" in text_of(admin.get(page(own)))
    assert admin.get(deed(own, "approve")).status_code == 302
    assert admin.post(deed(own, "approve"), {"note": ""}).status_code == 403

    assert everything() == before


@pytest.mark.parametrize(("role", "sees"), [(TRANSACTIONS_OFFICER, 200), (REVIEWER, 403), (VIEWER, 403), ("", 403)])
def test_without_the_right_nobody_decides_or_changes_members(as_role, role, sees):
    client, bakery = as_role(role), entered()
    before = everything()

    for address in (LIST, page(bakery)):
        response = client.get(address)
        assert response.status_code == sees
        assert [link for link in read_page(response).links if "/do/" in link] == []
    for name in ("approve", "reject", "suspend", "reinstate", "invite", "member", "remove-member"):
        assert client.get(deed(bakery, name)).status_code == 403
        assert client.post(deed(bakery, name), {"note": "x", "role": "owner"}).status_code == 403

    assert everything() == before


def test_staff_invite_set_and_remove_members_and_history_says_whom(as_role):
    admin, bakery = as_role(SUPER_ADMIN), approved()
    owner, clerk = bakery.created_by, UserFactory(is_staff=False, email="clerk@bakery.example")

    assert ask(admin, deed(bakery, "member"), user=clerk.pk, role="viewer").status_code == 400
    assert not bakery.memberships.filter(user=clerk).exists()
    assert ask(admin, deed(bakery, "invite"), email=clerk.email, role="viewer").status_code == 302
    member_invitation_accept(actor=clerk, pk=bakery.invitations.get().pk)
    change = f"{deed(bakery, 'member')}?user={clerk.pk}"
    assert change in read_page(admin.get(page(bakery))).links
    assert form_values(admin.get(change))["role"] == "viewer"
    assert admin.post(change, {"user": clerk.pk, "role": "trader"}).status_code == 302
    assert bakery.memberships.get(user=clerk).role == "trader"
    assert "clerk@bakery.example Trader" in text_of(admin.get(page(bakery)))

    last = ask(admin, deed(bakery, "remove-member"), user=owner.pk)
    assert (last.status_code, "last owner" in text_of(last)) == (409, True)
    assert ask(admin, deed(bakery, "remove-member"), user=clerk.pk).status_code == 302
    assert list(bakery.memberships.values_list("user", "role")) == [(owner.pk, "owner")]
    history = text_of(admin.get(page(bakery).replace("/change/", "/history/")))
    assert f"Deleted Member clerk@bakery.example by {admin.user}" in history
    assert "Changed Member clerk@bakery.example" in history


def test_nobody_is_made_a_member_who_is_not_there_or_not_active(as_role):
    admin, bakery = as_role(SUPER_ADMIN), approved()
    gone = UserFactory(is_staff=False, is_active=False)
    before = everything()

    for user, role in (
        (gone.pk, "viewer"),
        (10**9, "viewer"),
        (10**30, "viewer"),
        ("x", "viewer"),
        (bakery.created_by_id, "king"),
    ):
        assert admin.post(deed(bakery, "member"), {"user": user, "role": role}).status_code == 400
    assert admin.post(deed(bakery, "remove-member"), {"user": gone.pk}).status_code == 400
    assert admin.get(f"{deed(bakery, 'member')}?user=abc").status_code == 200

    assert everything() == before


def test_its_page_lists_its_accounts_with_what_each_holds(as_role):
    admin, batch, bakery = as_role(SUPER_ADMIN), issued_batch(quantity_kg=10_000), approved()
    assert "It has no account yet" in text_of(admin.get(page(bakery)))
    own = holding_account_open(organisation=bakery, name="Ovens")
    source = proceeds_of(batch.project)
    credits_transfer(actor=None, from_account=source, to_account=own, wanted=wanted(batch.project, 2_250))

    shown = admin.get(page(bakery))

    assert f"Ovens {own.number} Open 2.250 0" in text_of(shown)
    assert reverse("admin:transactions_holdingaccount_change", args=[own.pk]) in read_page(shown).links
    assert (
        page(bakery) in read_page(admin.get(reverse("admin:transactions_holdingaccount_change", args=[own.pk]))).links
    )


def _queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_neither_the_list_nor_the_page_takes_more_queries_with_more_rows(as_role):
    admin, batch, bakery = as_role(SUPER_ADMIN), issued_batch(quantity_kg=10_000), approved()
    organisation_suspend(actor=person(SUPER_ADMIN), pk=bakery.pk, note="Pause.")
    addresses = (LIST, page(bakery), page(bakery).replace("/change/", "/history/"))

    def grow(number):
        people = [UserFactory(is_staff=False) for _ in range(number)]
        for one in people:
            entered(f"Mill {one.pk}", by=one)
            member_of(bakery, one, "viewer")
        opened = HoldingAccount.objects.bulk_create(
            HoldingAccount(name=f"A{one.pk}", organisation=bakery) for one in people
        )
        Balance.objects.bulk_create(
            Balance(account=one, batch=batch, state="active", quantity_kg=1_000) for one in opened
        )

    grow(3)
    few = [_queries(admin, address) for address in addresses]
    grow(30)

    assert [_queries(admin, address) for address in addresses] == few
