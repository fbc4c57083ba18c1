"""The pages of organisations: an invitation from its mail to membership, the members, and a transfer that waits."""

import re

import pytest
from django.core.files.base import ContentFile

from accounts.models import Membership, Organisation, OrganisationInvitation
from accounts.roles import REGISTRY_OFFICER
from accounts.services import (
    member_invite,
    organisation_approve,
    organisation_create,
    organisation_limit_set,
)
from tests.accounts.people.conftest import ANNA
from tests.accounts.people.test_pages import Browser, sign_in, words
from tests.factories import PDF, buyer, member_of, person
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from tests.mailbox import last_mail
from tests.purchase_factories import held
from transactions.choices import ApprovedKind
from transactions.services import AskedTransfer, credits_transfer, holding_account_open, transfer_or_ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return buyer(email="olga@example.org", username="olga", full_name="Olga Owner")


@pytest.fixture
def mill(owner):
    found = organisation_create(actor=owner, name="Mill & Daughters", country="PT")
    organisation_approve(actor=person(REGISTRY_OFFICER), pk=found.pk)
    return found


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def olga(owner):
    signed_in = Browser()
    sign_in(signed_in, owner.email)
    return signed_in


def link_mailed_to(email):
    return re.search(r"http[^/]+//[^/]+(/account/invitation/[A-Za-z0-9_-]{43})", last_mail(email).body)[1]


def test_from_the_mail_by_registering_to_membership(olga, browser, mill):
    sent = olga.send(f"/account/organisations/{mill.public_id}", {"email": ANNA["email"], "role": "trader"})
    assert (sent.status_code, OrganisationInvitation.objects.get().email) == (302, ANNA["email"])
    link = link_mailed_to(ANNA["email"])

    landed = browser.get(link)
    assert landed.status_code == 200
    assert "Olga Owner invites you to act for this organisation, as trader." in words(landed)
    assert f"/account/sign-in?next={link.replace('/', '%2F')}" in landed.content.decode()
    assert "no-store" in landed["Cache-Control"]
    browser.send("/account/register", ANNA)
    confirm = re.search(r"http\S+(/account/confirm-email/\S+)", last_mail(ANNA["email"]).body)[1]
    browser.send(confirm, {"password": ANNA["password"]})
    entered = sign_in(browser, ANNA["email"], ANNA["password"], next=link)
    assert entered["Location"] == link

    accept = re.search(r'action="(/account/invitations/[^"]+/accept)"', browser.get(link).content.decode())[1]
    joined = browser.send(accept, page=link)

    assert (joined.status_code, joined["Location"]) == (302, "/account/organisations")
    assert "You are trader" in words(browser.get("/account/organisations"))
    assert Membership.objects.get(organisation=mill, user__email=ANNA["email"]).role == "trader"
    assert "This invitation is over" in words(browser.get(link))


def test_an_invitation_is_answered_by_nobody_else(owner, mill):
    invitation = member_invite(actor=owner, organisation=mill, email="new@example.org", role="viewer")
    link = link_mailed_to("new@example.org")
    buyer(email="ben@example.org", username="ben_1")
    ben = Browser()
    sign_in(ben, "ben@example.org")
    answer = f"/account/invitations/{invitation.public_id}"

    shown = words(ben.get(link))
    assert "You are signed in as ben_1, whose e-mail is another one." in shown
    assert "Accept" not in shown
    assert ben.send(f"{answer}/accept", page="/account/organisations").status_code == 302
    assert "There is nothing of that kind any more." in words(ben.get("/account/organisations"))
    assert not Membership.objects.filter(user__email="ben@example.org").exists()
    assert ben.get(f"/account/organisations/{mill.public_id}").status_code == 404
    assert ben.send(f"{answer}/steal", page="/account/organisations").status_code == 404
    assert ben.get(f"{answer}/accept").status_code == 405
    assert "This invitation is over" in words(ben.get("/account/invitation/" + "x" * 43))


def test_owners_send_again_and_revoke_and_others_see_no_invitations(olga, owner, mill, browser):
    invitation = member_invite(actor=owner, organisation=mill, email="new@example.org", role="viewer")
    viewer = buyer(email="vera@example.org", username="vera")
    member_of(mill, viewer, "viewer")
    sign_in(browser, viewer.email)
    page = f"/account/organisations/{mill.public_id}"
    deeds = f"{page}/invitations/{invitation.public_id}"

    assert "new@example.org" not in words(browser.get(page))
    browser.send(f"{deeds}/revoke", page=page)
    assert "Only an owner of the organisation may change its members." in words(browser.get(page))
    first = link_mailed_to("new@example.org")
    olga.send(f"{deeds}/resend", page=page)
    assert link_mailed_to("new@example.org") != first
    olga.send(f"{deeds}/revoke", page=page)
    invitation.refresh_from_db()
    assert invitation.state == "revoked"


def test_an_owner_sets_the_limit_shows_documents_and_hands_over(olga, owner, browser):
    mill = organisation_create(actor=owner, name="Mill", country="PT")
    tim = buyer(email="tim@example.org", username="tim", full_name="Tim Trader")
    page = f"/account/organisations/{mill.public_id}"
    assert "Hand the organisation over" not in words(olga.get(page))
    refused = olga.send(f"{page}/limit", {"limit": "1.5"}, page=page)
    assert (refused.status_code, "Invite a second owner or trader first." in words(refused)) == (409, True)
    member_of(mill, tim, "trader")

    wrong = olga.send(f"{page}/limit", {"limit": "1,5"}, page=page)
    assert (wrong.status_code, 'value="1,5"' in wrong.content.decode()) == (400, True)
    assert olga.send(f"{page}/limit", {"limit": "1.5"}, page=page).status_code == 302
    assert "members alone transfer up to 1.5 t CO2e in 24 hours" in words(olga.get(page))

    empty = olga.send(f"{page}/documents", {"title": "Register"}, page=page)
    assert (empty.status_code, "This field is required." in words(empty)) == (400, True)
    shown = {"title": "Register", "file": ContentFile(PDF, name="register.pdf")}
    assert olga.send(f"{page}/documents", shown, page=page).status_code == 302
    address = f"{page}/documents/{mill.documents.get().public_id}"
    assert f'href="{address}"' in olga.get(page).content.decode()
    sign_in(browser, tim.email)
    assert b"".join(browser.get(address).streaming_content) == PDF
    looking = words(browser.get(page))
    assert [text in looking for text in ("Register", "Add the document", "Set the limit", "Remove")] == [
        True, False, False, False,
    ]  # fmt: skip
    for what, body in (("limit", {"limit": ""}), ("hand-over", {"user": owner.public_id, "own_role": "viewer"})):
        denied = browser.send(f"{page}/{what}", body, page=page)
        assert (denied.status_code, "Only an owner" in words(denied)) == (403, True)
    browser.send(f"{address}/remove", page=page)
    assert mill.documents.count() == 1
    assert olga.send(f"{address}/remove", page=page).status_code == 302
    assert mill.documents.count() == 0

    stranger = olga.send(f"{page}/hand-over", {"user": buyer().public_id, "own_role": "viewer"}, page=page)
    assert stranger.status_code == 400
    handed = olga.send(f"{page}/hand-over", {"user": tim.public_id, "own_role": "viewer"}, page=page)
    assert (handed.status_code, handed["Location"]) == (302, page)
    assert dict(mill.memberships.values_list("user__username", "role")) == {"olga": "viewer", "tim": "owner"}
    assert "Tim Trader is an owner now, and you are none." in words(olga.get(page))


def test_a_waiting_transfer_is_approved_on_the_page(olga, owner, mill, browser):
    batch, receiver = issued_batch(quantity_kg=10_000), account()
    trader = buyer(email="tim@example.org", username="tim")
    member_of(mill, trader, "trader")
    stock = holding_account_open(organisation=mill, name="Stock")
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=stock, wanted=wanted(batch.project, 5_000)
    )
    organisation_limit_set(actor=owner, organisation=mill, limit_kg=1_000)
    asked = AskedTransfer(ApprovedKind.TRANSFER, stock, receiver, wanted(batch.project, 2_000), note="For spring")
    waiting = transfer_or_ask(actor=trader, asked=asked)
    page, deed = f"/account/organisations/{mill.public_id}", f"/account/transfer-approvals/{waiting.public_id}"
    sign_in(browser, trader.email)

    own = words(browser.get(page))
    assert "Take back" in own
    assert "Approve the transfer" not in own
    browser.send(f"{deed}/approve", page=page)
    assert "You asked for this yourself; a second member has to decide about it." in words(browser.get(page))
    assert held(receiver) == 0
    assert "Approve the transfer of 2.000 t" in words(olga.get(page))
    done = olga.send(f"{deed}/approve", page=page)

    assert done["Location"] == page
    assert "The transfer is approved and carried out." in words(olga.get(page))
    assert held(receiver) == 2_000


def test_an_organisation_is_entered_once_and_told_what_comes_next(olga, owner):
    page = "/account/organisations"
    assert "You act for no organisation yet." in words(olga.get(page))
    given = {"name": "Tide Mill & Sons", "country": "PT", "registration_number": "510 123 456"}

    for wrong in ({"name": " "}, {"country": ""}, {"country": "Atlantis"}, {"registration_number": "5" * 101}):
        assert olga.send(page, given | wrong).status_code == 400, wrong
    assert not Organisation.objects.exists()
    entered = olga.send(page, given)

    made = Organisation.objects.get()
    assert (entered.status_code, entered["Location"]) == (302, f"{page}/{made.public_id}")
    assert (made.name, made.country_code, made.registration_number, made.state) == (
        "Tide Mill & Sons", "PT", "510 123 456", "pending",
    )  # fmt: skip
    assert list(made.memberships.values_list("user", "role")) == [(owner.pk, "owner")]
    shown = words(olga.get(entered["Location"]))
    assert "Tide Mill &amp; Sons is entered, and you are its owner." in shown
    assert "Staff of the registry approve it next. Until then it holds and moves no credits" in shown
    assert "add an extract of the register of companies" in shown

    again = olga.send(page, given)
    assert (again.status_code, "You entered this organisation already; it waits for staff." in words(again)) == (
        409, True,
    )  # fmt: skip
    without_number = given | {"registration_number": ""}
    assert [olga.send(page, without_number).status_code for _ in range(2)] == [302, 409]
    assert Organisation.objects.count() == 2

    organisation_approve(actor=person(REGISTRY_OFFICER), pk=made.pk)
    assert "Staff of the registry approve it next." not in words(olga.get(entered["Location"]))
    taken = olga.send(page, given)
    assert (taken.status_code, "Ask one of its owners" in words(taken)) == (409, True)
