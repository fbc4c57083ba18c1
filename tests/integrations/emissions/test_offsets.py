"""Offsetting what was measured: exactly what remains, once, and open again when a purchase ends unretired."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.choices import OrganisationState
from carboncore.audit.models import Event
from carboncore.common.errors import InvalidInput, NotAllowed
from integrations.emission_choices import OffsetStatus
from integrations.models import EmissionsOffset, WebhookEndpoint
from integrations.offset_errors import NothingToOffset, OffsetChanged, OffsetOverlaps
from integrations.selectors.emissions import Period
from integrations.selectors.offsets import offset_quote
from integrations.services.emissions import emissions_calculate
from integrations.services.offsets import AskedOffset, Beneficiary, Bought, Held, offset_make
from integrations.services.personal_data import source_data, source_data_forget
from integrations.services.webhook_relay import events_relay
from tests.emission_factories import reading
from tests.factories import buyer, person
from tests.ledger_factories import account, proceeds_of, wanted
from tests.offset_factories import (
    APRIL,
    MARCH,
    MARCH_KG,
    SPRING,
    an_organisation,
    mine,
    offset_bought,
    ours,
    paid,
    remaining,
    small_batch,
    somebody_measured,
    standing,
)
from tests.purchase_factories import PRICE, assert_ledger_clean, held, selling_batch
from tests.stripe_fixtures import by_invoice
from transactions.errors import AccountNotFound, NotEnoughCredits, PriceChanged, QuantityRefused
from transactions.models import Retirement, Transaction
from transactions.selectors.certificates import certificate_of
from transactions.services import credits_transfer
from transactions.services.purchases import purchase_cancel
from transactions.services.purchases.releasing import expired_release

__all__ = ["by_invoice"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def somebody(factors):
    return somebody_measured()


@pytest.fixture
def batch(by_invoice):
    return small_batch()


def end(offset, how="expired"):
    if how == "cancelled":
        purchase_cancel(actor=offset.made_by, purchase=offset.purchase)
    else:
        Transaction.objects.filter(pk=offset.purchase_id).update(expires_at=timezone.now())
        assert expired_release(purchase_pk=offset.purchase_id)
    return EmissionsOffset.objects.with_ends().get(pk=offset.pk)


def test_what_is_bought_is_retired_for_the_period_once_it_is_paid(somebody, batch):
    then = standing(somebody)
    offset = offset_bought(somebody, batch)

    # In March as the report has it, in kilograms; up to the next whole one.
    assert (json.loads(offset.report)["total_kg_co2e"], offset.quantity_kg) == (f"{then.total:f}", MARCH_KG)
    assert MARCH_KG - 1 < then.total <= MARCH_KG
    assert (offset.before_kg, offset.total_kg_co2e) == (0, then.total)
    assert (offset.status, offset.retired) == (OffsetStatus.AWAITING_PAYMENT, None)
    assert offset.report_sha256 == hashlib.sha256(offset.report.encode()).hexdigest()
    assert json.loads(offset.report)["inventory"]["of"] == "person"
    assert remaining(somebody) == 0

    offset = paid(offset)

    assert offset.status == OffsetStatus.RETIRED
    retirement = offset.retired
    assert (retirement.period_start, retirement.period_end) == (date(2025, 3, 1), date(2025, 3, 31))
    assert retirement.inventory == (
        f"Greenhouse gas inventory of March 2025, scope 2 location-based; report SHA-256 {offset.report_sha256}"
    )
    assert retirement.transaction.quantity_kg == offset.quantity_kg
    certificate = certificate_of(retirement.public_id)
    assert (certificate.faults, certificate.document["inventory"]) == ([], retirement.inventory)
    assert (retirement.beneficiary_name, retirement.published) == ("Ada Example", False)
    event = Event.objects.get(action="emissions.offset")
    assert (event.actor_id, event.changes["quantity_kg"]) == (somebody.pk, offset.quantity_kg)
    assert_ledger_clean()


def test_what_is_held_is_retired_at_once(somebody, batch):
    wallet = account(owner=somebody)
    credits_transfer(
        actor=None,
        from_account=proceeds_of(batch.project),
        to_account=wallet,
        wanted=wanted(batch.project, 1_000),
        note="",
    )

    offset = offset_bought(
        somebody, batch, source=Held(wallet, batch.project_id), beneficiary=Beneficiary("Ada", published=True)
    )

    assert (offset.status, offset.purchase) == (OffsetStatus.RETIRED, None)
    assert held(wallet, "retired") == offset.quantity_kg
    assert (offset.retirement.beneficiary_name, offset.retirement.published) == ("Ada", True)
    assert remaining(somebody) == 0


@pytest.mark.parametrize("how", ["expired", "cancelled"])
def test_a_purchase_that_ends_unpaid_opens_the_period_again(somebody, batch, how):
    first = offset_bought(somebody, batch)

    ended = end(first, how)

    assert (ended.status, remaining(somebody)) == (OffsetStatus.ENDED, first.quantity_kg)
    assert offset_bought(somebody, batch).quantity_kg == first.quantity_kg


def test_money_that_comes_late_retires_for_a_period_that_is_still_open(somebody, batch):
    offset = end(offset_bought(somebody, batch))

    assert paid(offset).status == OffsetStatus.RETIRED
    assert remaining(somebody) == 0


def test_money_that_comes_late_for_a_period_offset_since_brings_credits_and_no_second_retirement(somebody, batch):
    first = end(offset_bought(somebody, batch))
    second = paid(offset_bought(somebody, batch))

    first = paid(first)

    assert (first.status, first.purchase.status) == (OffsetStatus.ENDED, "completed")
    assert second.status == OffsetStatus.RETIRED
    assert held(first.purchase.to_account) == first.quantity_kg
    assert Retirement.objects.count() == 1
    assert Event.objects.filter(action="purchase.retirement_withdrawn").count() == 1
    assert_ledger_clean()


def test_nothing_is_offset_twice_by_whichever_method(somebody, batch):
    offset_bought(somebody, batch)

    for method in ("location", "market"):
        with pytest.raises(NothingToOffset, match="All emissions of these months are offset"):
            offset_bought(somebody, batch, method=method, quantity_kg=1)
    assert EmissionsOffset.objects.count() == 1


def test_a_longer_period_counts_what_was_offset_of_its_months(somebody, batch):
    march = offset_bought(somebody, batch)
    total = standing(somebody, SPRING).total

    spring = offset_bought(somebody, batch, SPRING)

    assert spring.before_kg == march.quantity_kg
    assert march.quantity_kg + spring.quantity_kg - 1 < total <= march.quantity_kg + spring.quantity_kg


def test_a_part_of_months_that_were_offset_together_is_refused_with_what_to_ask_for(somebody, batch):
    offset_bought(somebody, batch, SPRING)
    half = Period(date(2025, 5, 1), date(2025, 9, 1))

    for period, until in ((APRIL, "2025-05"), (half, "2025-08")):
        with pytest.raises(OffsetOverlaps) as refused:
            offset_bought(somebody, batch, period, quantity_kg=1)
        assert refused.value.details == {"from": "2025-03", "to": until}


def test_an_offset_keeps_what_it_was_made_on_and_the_difference_remains(somebody, batch):
    offset = paid(offset_bought(somebody, batch))
    reading(somebody.office, "electricity_consumption", "10", "kWh", start=datetime(2025, 3, 9, tzinfo=UTC))
    emissions_calculate(connection=somebody.office)

    kept = EmissionsOffset.objects.get()
    now = standing(somebody)

    assert (kept.total_kg_co2e, kept.report) == (offset.total_kg_co2e, offset.report)
    assert now.remaining == now.total - offset.quantity_kg > 0
    assert offset_bought(somebody, batch).quantity_kg == now.quantity_kg < 5


def test_other_figures_than_those_that_were_shown_are_refused(somebody, batch):
    with pytest.raises(OffsetChanged) as refused:
        offset_bought(somebody, batch, quantity_kg=1_000)

    assert refused.value.details == {"quantity": f"{Decimal(remaining(somebody)) / 1000:.3f}"}


def test_where_nothing_was_emitted_there_is_nothing_to_offset(somebody, batch):
    with pytest.raises(NothingToOffset, match="There are no emissions in these months"):
        offset_bought(somebody, batch, Period(date(2024, 1, 1), date(2024, 2, 1)), quantity_kg=1)


def test_another_price_a_small_quantity_and_too_few_credits_leave_the_period_open(somebody, batch):
    dear = Bought(batch.project, PRICE + 1, "EUR")
    with pytest.raises(PriceChanged):
        offset_bought(somebody, batch, source=dear)
    batch.project.minimum_purchase_volume = Decimal(1)
    batch.project.save()
    with pytest.raises(QuantityRefused, match="at least 1 credits"):
        offset_bought(somebody, batch)
    with pytest.raises(NotEnoughCredits):
        offset_bought(somebody, batch, source=Held(account(owner=somebody), batch.project_id))

    assert EmissionsOffset.objects.count() == 0
    assert Transaction.objects.count() == 0


def test_only_the_person_themself_offsets_their_own(somebody, batch):
    for other in (buyer(), person("Super Admin")):
        asked = AskedOffset(mine(somebody), MARCH, "location", 1, Bought(batch.project, PRICE, "EUR"))
        with pytest.raises(NotAllowed):
            offset_make(actor=other, asked=asked)


def test_traders_and_owners_offset_an_organisations_in_its_name(somebody, batch):
    trader, viewer = buyer(), buyer()
    organisation = an_organisation(somebody, trader=trader, viewer=viewer)
    holder = ours(organisation)

    for stranger in (viewer, buyer(), person("Super Admin")):
        with pytest.raises(NotAllowed, match="owner or trader"):
            offset_bought(stranger, batch, holder=holder, quantity_kg=1)
    with pytest.raises(InvalidInput):
        offset_bought(trader, batch, holder=holder, beneficiary=Beneficiary("Somebody else"))
    with pytest.raises(AccountNotFound):
        offset_bought(trader, batch, holder=holder, source=Held(account(owner=trader), batch.project_id))
    offset = paid(offset_bought(trader, batch, holder=holder))

    assert offset.purchase.to_account.organisation == organisation
    assert (offset.retired.beneficiary_name, offset.retired.published) == ("Harbour Bakery", True)
    assert offset.retired.purpose == "corporate_inventory"
    # Its emissions are not the trader's, nor the owner's own.
    assert (remaining(somebody, holder=holder), remaining(somebody) > 0) == (0, True)


def test_an_organisation_that_staff_have_not_approved_offsets_nothing(somebody, batch):
    organisation = an_organisation(somebody, state=OrganisationState.PENDING)

    with pytest.raises(NotAllowed, match="is pending"):
        offset_bought(somebody, batch, holder=ours(organisation), quantity_kg=1)


def test_the_quote_names_who_can_serve_and_why_others_cannot(somebody):
    cheap, small = small_batch(price=Decimal(5)), small_batch(quantity_kg=10, price=Decimal(1))
    bulk, hidden = selling_batch(price=Decimal(2)), small_batch(price=Decimal(1))
    hidden.project.published = False
    hidden.project.save()

    quote = offset_quote(user=somebody, holder=mine(somebody), period=MARCH, method="location")

    assert [(offer.project_id, offer.hindrance) for offer in quote.offers] == [
        (cheap.project_id, ""),
        (small.project_id, "Has only 0.010 t left."),
        (bulk.project_id, "Sells at least 1 t at a time."),
    ]
    tonnes = Decimal(quote.standing.quantity_kg) / 1000
    assert quote.offers[0].total_amount == (5 * tonnes).quantize(Decimal("0.01"))
    assert (quote.may_offset, quote.held) == (True, [])


def test_subscribers_hear_of_their_own_offsets(somebody, batch):
    events_relay()
    own, other = (
        WebhookEndpoint.objects.create(
            owner=user, url="https://hooks.example.org/", event_types=["emissions.offset"], envelope="v1.x"
        )
        for user in (somebody, buyer())
    )
    offset = offset_bought(somebody, batch)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    events_relay()

    assert own.deliveries.get().event.data == {
        "offset": str(offset.public_id), "from": "2025-03", "to": "2025-03", "method": "location",
        "quantity": "0.246", "status": "awaiting_payment", "purchase": str(offset.purchase.public_id),
        "retirement": None,
    }  # fmt: skip
    assert other.deliveries.count() == 0


def test_a_copy_names_the_persons_offsets_and_an_erasure_takes_their_reports(somebody, batch):
    offset = paid(offset_bought(somebody, batch))
    report = offset.report

    (copied,) = source_data(somebody)["emissions_offsets"]
    source_data_forget(somebody)

    assert (copied["id"], copied["report"], copied["status"]) == (str(offset.public_id), report, "retired")
    kept = EmissionsOffset.objects.get()
    assert (kept.report, kept.report_sha256, kept.quantity_kg) == ("", offset.report_sha256, MARCH_KG)
    assert certificate_of(offset.retired.public_id).faults == []


@pytest.mark.parametrize("change", ["quantity_kg = quantity_kg + 1", "report = 'x'", "method = 'market'"])
def test_the_database_refuses_to_alter_an_offset(somebody, batch, change):
    offset_bought(somebody, batch)

    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE integrations_emissionsoffset SET {change}")
    assert refused.value.__cause__.diag.constraint_name == "integrations_emissionsoffset_stands"
