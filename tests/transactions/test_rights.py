"""Default deny: each service that acts for somebody refuses by itself who lacks the right, and changes nothing."""

from contextlib import suppress
from decimal import Decimal

import pytest

from carboncore.common.errors import InvalidInput, NotAllowed, RegistryError, StateConflict
from registry.models import Project
from tests.ledger_factories import buffer_pool, wanted
from tests.world import _files_in_a_folder_of_their_own, db, one_case, what_is_stored, world
from transactions.choices import ApprovedKind
from transactions.models import HoldingAccount, Retirement, Transaction
from transactions.services import (
    AskedTransfer,
    RetirementDetails,
    buffer_cancel,
    buffer_release,
    credits_cancel,
    credits_retire,
    credits_retire_csv,
    credits_transfer,
    holding_account_close,
    holding_account_freeze,
    holding_account_unfreeze,
    issuance_request_approve,
    issuance_request_create,
    issuance_request_reject,
    payment_issue_resolve,
    purchase_refund,
    reversal_request_approve,
    reversal_request_create,
    reversal_request_reject,
    transfer_offer_create,
    transfer_or_ask,
)
from transactions.services.erasing import retirement_statement_erase
from transactions.services.prices import price_delete, price_end, price_set
from transactions.services.purchases import purchase_mark_paid

__all__ = ["_files_in_a_folder_of_their_own", "db", "world"]


class Things:
    """What the services are asked to act on."""

    def __init__(self, world):
        names = self.names = world.names
        self.own = HoldingAccount.objects.get(public_id=names["own"])
        self.shared = HoldingAccount.objects.get(public_id=names["shared"])
        self.theirs = HoldingAccount.objects.get(public_id=names["theirs"])
        self.project = Project.objects.get(pk=names["selling"])
        self.purchase, self.paid = (Transaction.objects.get(public_id=names[name]).pk for name in ("purchase", "paid"))
        self.retirement = Retirement.objects.get()

    @property
    def one(self):
        return wanted(self.project, 1_000)

    @property
    def between(self):
        return {"from_account": self.shared, "to_account": self.theirs, "wanted": self.one}


DETAILS = RetirementDetails(beneficiary_name="Somebody", purpose="third_party")
CSV = "project_id,quantity,beneficiary_name,purpose\n{},1,Somebody,third_party\n"
# Everything that asks for a right of staff, as (name, what `who` tries).
OF_THE_DESK = {
    "refund": lambda t, who: purchase_refund(actor=who, purchase_pk=t.paid, reason="Mine."),
    "mark paid": lambda t, who: purchase_mark_paid(actor=who, purchase_pk=t.purchase, reference="Bank 9"),
    "resolve": lambda t, who: payment_issue_resolve(actor=who, pk=t.names["issue"], resolution="noted", note="Fine."),
    "freeze": lambda t, who: holding_account_freeze(actor=who, pk=t.own.pk, reason="Mine."),
    "unfreeze": lambda t, who: holding_account_unfreeze(actor=who, pk=_pk(t, "frozen")),
    "close": lambda t, who: holding_account_close(actor=who, pk=_pk(t, "empty")),
    "buffer release": lambda t, who: buffer_release(
        actor=who, pool=buffer_pool(), to_account=t.theirs, wanted=t.one, reason="Mine."
    ),
    "buffer cancel": lambda t, who: buffer_cancel(actor=who, pool=buffer_pool(), wanted=t.one, reason="Mine."),
    "ask reversal": lambda t, who: reversal_request_create(actor=who, entry_pk=t.names["entry"], reason="Mine."),
    "reverse": lambda t, who: reversal_request_approve(actor=who, pk=t.names["reversal"]),
    "refuse reversal": lambda t, who: reversal_request_reject(actor=who, pk=t.names["reversal"], note="No."),
    "ask issuance": lambda t, who: issuance_request_create(
        actor=who, project=t.project, vintage=2021, quantity_kg=1_000
    ),
    "issue": lambda t, who: issuance_request_approve(actor=who, pk=t.names["issuance"]),
    "refuse issuance": lambda t, who: issuance_request_reject(actor=who, pk=t.names["issuance"], note="No."),
    "set price": lambda t, who: price_set(
        actor=who, project=t.project, vintage=2021, currency="EUR", price_per_credit=Decimal("0.01")
    ),
    "end price": lambda t, who: price_end(actor=who, pk=t.names["price"]),
    "delete price": lambda t, who: price_delete(actor=who, pk=t.names["later_price"]),
    "erase": lambda t, who: retirement_statement_erase(actor=who, retirement=t.retirement, reason="Mine."),
}
# Everything that gives from an account, which its owners and traders may.
OF_HOLDERS = {
    "transfer": lambda t, who: credits_transfer(actor=who, **t.between),
    "approved transfer": lambda t, who: credits_transfer(actor=who, approved=True, **t.between),
    "transfer or ask": lambda t, who: transfer_or_ask(
        actor=who, asked=AskedTransfer(kind=ApprovedKind.TRANSFER, **t.between)
    ),
    "offer": lambda t, who: transfer_offer_create(actor=who, **t.between),
    "retire": lambda t, who: credits_retire(actor=who, account=t.shared, wanted=t.one, details=DETAILS),
    "retire csv": lambda t, who: credits_retire_csv(actor=who, account=t.shared, text=CSV.format(t.project.pk)),
    "cancel": lambda t, who: credits_cancel(actor=who, account=t.shared, wanted=t.one, reason="Mine."),
}


def _pk(things, name):
    return HoldingAccount.objects.get(public_id=things.names[name]).pk


@pytest.fixture(scope="module")
def things(world):
    return Things(world)


# O is somebody else, W the owner of all of it, V looks at the organisation; E, U, I and N are staff without the right.
@pytest.mark.parametrize(
    ("deeds", "refused", "let_in"),
    [(OF_THE_DESK, "OWEUIN", "S"), (OF_HOLDERS, "OVREUIN", "TWD")],
    ids=["of the desk", "of holders"],
)
def test_each_service_refuses_who_lacks_the_right_and_changes_nothing(world, things, deeds, refused, let_in):
    before, wrong = what_is_stored(), []
    for name, deed in deeds.items():
        with one_case():
            wrong += [(name, letter, "let in") for letter in refused if not _is_refused(deed, things, world, letter)]
            wrong += [(name, "changed something")] if what_is_stored() != before else []

    assert wrong == []
    # and those who have it get further than that
    for deed in deeds.values():
        for letter in let_in:
            with one_case(), suppress(InvalidInput, StateConflict):
                deed(things, world.callers[letter].user)


def _is_refused(deed, things, world, letter):
    try:
        deed(things, world.callers[letter].user)
    except NotAllowed:
        return True
    except RegistryError:
        return False
    return False
