"""Offsets at the same moment, on separate connections: one of two counts, and the control in which both do."""

from functools import partial

import pytest
from django.utils import timezone

from integrations.models import EmissionsOffset
from integrations.services.factors import factor_sets_load
from tests.concurrency.conftest import at_once
from tests.factories import person
from tests.offset_factories import MARCH_KG, SPRING, offset_bought, remaining, small_batch, somebody_measured
from tests.purchase_factories import assert_ledger_clean, held
from transactions.models import Retirement, Transaction
from transactions.services.purchases import purchase_mark_paid
from transactions.services.purchases.releasing import expired_release

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_invoice")]
OFFSETS = "integrations.services.offsets"


@pytest.fixture
def somebody():
    factor_sets_load()
    return somebody_measured()


def offset_twice(somebody, meet_after):
    """Offset March, and March to May, at once: both know what remains before either has ordered."""
    batch = small_batch()
    spring_kg = remaining(somebody, SPRING)
    meet_after(f"{OFFSETS}.standing_of", 2)
    return at_once(
        partial(offset_bought, somebody, batch, quantity_kg=MARCH_KG),
        partial(offset_bought, somebody, batch, SPRING, quantity_kg=spring_kg),
    )


def kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_of_two_who_offset_the_same_months_at_once_one_does(somebody, meet_after):
    outcomes = offset_twice(somebody, meet_after)

    # Whoever comes second finds less to offset than shown, or its month in a period that is.
    assert "EmissionsOffset" in kinds(outcomes)
    assert set(kinds(outcomes)) - {"EmissionsOffset"} <= {"OffsetChanged", "OffsetOverlaps"}
    assert EmissionsOffset.objects.count() == Transaction.objects.count() == 1
    assert_ledger_clean()


def test_control_without_the_lock_both_offset_the_same_month(somebody, meet_after, without):
    without(f"{OFFSETS}.offsets_lock")

    outcomes = offset_twice(somebody, meet_after)

    assert kinds(outcomes) == ["EmissionsOffset", "EmissionsOffset"]


def test_late_money_and_a_new_offset_at_once_retire_for_the_month_once(somebody):
    batch, desk = small_batch(), person("Transactions Officer")
    late = offset_bought(somebody, batch)
    Transaction.objects.filter(pk=late.purchase_id).update(expires_at=timezone.now())
    assert expired_release(purchase_pk=late.purchase_id)

    settled, again = at_once(
        partial(purchase_mark_paid, actor=desk, purchase_pk=late.purchase_id, reference="Bank 1"),
        partial(offset_bought, somebody, batch, quantity_kg=MARCH_KG),
    )

    assert isinstance(settled, Transaction)
    assert EmissionsOffset.objects.standing().count() == 1
    if isinstance(again, EmissionsOffset):
        assert (Retirement.objects.count(), held(late.purchase.to_account)) == (0, MARCH_KG)
    else:
        assert (kinds([again]), Retirement.objects.count()) == (["NothingToOffset"], 1)
    assert_ledger_clean()
