"""Offered transfers on the account pages: what each side sees, who answers, and that a second answer moves nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Organisation
from accounts.roles import REGISTRY_OFFICER
from accounts.services import organisation_approve, organisation_create, organisation_limit_set
from tests.accounts.people.test_pages import Browser, sign_in, words
from tests.factories import buyer, member_of, person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, freeze, issued_batch, proceeds_of, registered_project, wanted
from tests.purchase_factories import assert_ledger_clean, held
from transactions.choices import ApprovedKind
from transactions.models import Transaction
from transactions.serials import serial_text
from transactions.services import AskedTransfer, credits_transfer, transfer_offer_create, transfer_or_ask
from transactions.services.holding_accounts import holding_account_open

pytestmark = pytest.mark.django_db
PAGE = "/account/transfers"


def browser_of(name, **fields):
    user = buyer(email=f"{name}@example.org", username=name, **fields)
    browser = Browser()
    sign_in(browser, user.email)
    return user, browser


@pytest.fixture
def trade():
    """Gil offers 1.5 of his 4 t of Tidal marsh to the mill, of which Tess is trader and Vera viewer."""
    batch = issued_batch(quantity_kg=10_000, project=registered_project(project_name="Tidal marsh"))
    gil, gil_pages = browser_of("gil")
    giver = account("Gil's stock", owner=gil)
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=giver, wanted=wanted(batch.project, 4_000)
    )
    tess, tess_pages = browser_of("tess")
    vera, vera_pages = browser_of("vera")
    mill = organisation_create(actor=tess, name="Tide Mill", country="PT")
    organisation_approve(actor=person(REGISTRY_OFFICER), pk=mill.pk)
    member_of(mill, vera, "viewer")
    store = holding_account_open(organisation=mill, name="Store")
    offer = transfer_offer_create(
        actor=gil,
        from_account=giver,
        to_account=store,
        wanted=wanted(batch.project, 1_500),
        note="For spring",
        expires_at=datetime.now(UTC) + timedelta(hours=2),
    )
    return {
        "batch": batch, "giver": giver, "store": store, "offer": offer, "mill": mill,
        "gil": gil_pages, "tess": tess_pages, "vera": vera_pages,
    }  # fmt: skip


def deed(trade, what):
    return f"/account/transfer-offers/{trade['offer'].public_id}/{what}"


def test_each_side_sees_what_is_offered_by_whom_and_until_when(trade):
    offer, giver, store = trade["offer"], trade["giver"], trade["store"]
    serial = serial_text(root=trade["batch"].serial_root, first_kg=0, end_kg=1_500)
    until = f"Open until {offer.expires_at:%-d %B %Y, %H:%M} UTC"

    received, given, looked = (words(trade[who].get(PAGE)) for who in ("tess", "gil", "vera"))

    for shown in (received, given, looked):
        for text in ("1.500 t CO₂e · Tidal marsh", "“For spring”", serial, until):
            assert text in shown, text
    assert f"From gil ({giver.number}) to your account Store ({store.number})" in received
    assert "From your account Gil&#x27;s stock" in given
    assert f"to Tide Mill ({store.number})" in given
    buttons = ("Accept the offer", "Decline the offer", "Withdraw the offer", "only an owner or trader answers it")
    assert [[text in shown for text in buttons] for shown in (received, given, looked)] == [
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]
    assert "1 offer of credits waits for your answer" in words(trade["tess"].get("/account"))
    assert "for your answer" not in words(trade["vera"].get("/account"))
    assert "no-store" in trade["tess"].get(PAGE)["Cache-Control"]


def test_the_receiver_accepts_once(trade):
    done = trade["tess"].send(deed(trade, "accept"), page=PAGE)

    assert (done.status_code, done["Location"]) == (302, PAGE)
    shown = words(trade["tess"].get(PAGE))
    assert "You accepted the offer; the credits are in your account." in shown
    assert "Nobody offers you credits now." in shown
    assert "Accepted 1.500 Tidal marsh" in shown
    assert (held(trade["giver"]), held(trade["store"])) == (2_500, 1_500)
    after = ledger_dump()
    for what in ("accept", "decline"):
        trade["tess"].send(deed(trade, what), page="/account/profile")
        assert "This offer is completed already." in words(trade["tess"].get(PAGE))
    assert ledger_dump() == after
    assert_ledger_clean()


@pytest.mark.parametrize(
    ("who", "what", "said"),
    [
        ("tess", "decline", "You declined the offer; the credits go back."),
        ("gil", "withdraw", "You withdrew the offer; the credits are free again."),
    ],
)
def test_either_side_ends_it_and_the_giver_has_the_credits_again(trade, who, what, said):
    trade[who].send(deed(trade, what), page=PAGE)

    shown = words(trade[who].get(PAGE))
    assert said in shown
    assert "Declined or withdrawn 1.500 Tidal marsh" in shown
    assert (held(trade["giver"]), held(trade["giver"], "reserved"), held(trade["store"])) == (4_000, 0, 0)


def test_who_may_not_answer_changes_nothing(trade):
    _, stranger = browser_of("stranger")
    before = ledger_dump()

    for what in ("accept", "decline", "withdraw"):
        assert stranger.send(deed(trade, what), page="/account/profile").status_code == 404
    assert "Tidal marsh" not in words(stranger.get(PAGE))
    assert "You offer nothing now." in words(stranger.get(PAGE))
    for who, what in (("vera", "accept"), ("vera", "decline"), ("tess", "withdraw"), ("gil", "accept")):
        assert trade[who].send(deed(trade, what), page="/account/profile").status_code == 302
        assert "You may not act for this account. Its owner or a trader can." in words(trade[who].get(PAGE))
    assert trade["tess"].send(deed(trade, "steal"), page=PAGE).status_code == 404
    assert trade["tess"].get(deed(trade, "accept")).status_code == 405
    assert trade["tess"].post(deed(trade, "accept")).status_code == 403  # without the form's token
    assert ledger_dump() == before
    freeze(trade["store"].pk)
    frozen = ledger_dump()
    trade["tess"].send(deed(trade, "accept"), page=PAGE)
    assert "frozen" in words(trade["tess"].get(PAGE))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        trade["tess"].send(deed(trade, "accept"), page=PAGE)
        assert "This offer&#x27;s time is over. Ask for a new one." in words(trade["tess"].get(PAGE))

    assert Transaction.objects.get(pk=trade["offer"].pk).status == "reserved"
    assert ledger_dump() == frozen


def test_what_waits_for_a_second_member_is_answered_from_here_too(trade):
    mill, batch = Organisation.objects.get(), trade["batch"]
    otto, otto_pages = browser_of("otto")
    member_of(mill, otto, "trader")
    trade["tess"].send(deed(trade, "accept"), page=PAGE)
    organisation_limit_set(actor=mill.created_by, organisation=mill, limit_kg=1_000)
    asked = AskedTransfer(ApprovedKind.TRANSFER, trade["store"], trade["giver"], wanted(batch.project, 1_200))
    waiting = transfer_or_ask(actor=mill.created_by, asked=asked)

    shown, looked = words(otto_pages.get(PAGE)), words(trade["vera"].get(PAGE))

    assert "Transfer of 1.200 t CO₂e · Tidal marsh Tide Mill · From Store" in shown
    assert ["Approve the transfer of 1.200 t" in text for text in (shown, looked)] == [True, False]
    assert "Waiting for a second member" not in words(trade["gil"].get(PAGE))
    otto_pages.send(f"/account/transfer-approvals/{waiting.public_id}/approve", page=PAGE)
    assert (held(trade["store"]), held(trade["giver"])) == (300, 3_700)
