"""Measured emissions and their offsets for tests: a person, an organisation, a project that sells kilograms."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils import timezone

from accounts.choices import OrganisationState
from accounts.models import Membership, Organisation
from integrations.models import EmissionsOffset
from integrations.selectors.emissions import Period
from integrations.selectors.offsets import InventoryHolder, standing_of
from integrations.services.emissions import emissions_calculate
from integrations.services.offsets import AskedOffset, Bought, offset_make
from tests.emission_factories import data_source, reading
from tests.factories import buyer, person
from tests.purchase_factories import PRICE, selling_batch
from transactions.services.purchases import purchase_mark_paid

MARCH, APRIL = (Period(date(2025, month, 1), date(2025, month + 1, 1)) for month in (3, 4))
SPRING = Period(date(2025, 3, 1), date(2025, 6, 1))
SMALL = Decimal("0.001")
# What 1,000 kWh of British electricity of 2025 come to with its losses and its way from the well, up to the kilogram.
MARCH_KG = 246


def somebody_measured():
    """Return a person whose office used 1,000 kWh in March 2025 and 2,000 kWh in April; `.office` is its source."""
    user = buyer(full_name="Ada Example")
    office = data_source(user, site="Office")
    reading(office, "electricity_consumption", "1000", "kWh")
    reading(office, "electricity_consumption", "2000", "kWh", start=datetime(2025, 4, 1, tzinfo=UTC))
    emissions_calculate(connection=office)
    user.office = office
    return user


def small_batch(**fields):
    """Return a batch of a project that sells by the kilogram."""
    return selling_batch(minimum_purchase_volume=SMALL, **fields)


def an_organisation(owner, state=OrganisationState.APPROVED, **members):
    """Return an organisation with its members by role, which used 1,000 kWh in March 2025."""
    organisation = Organisation.objects.create(name="Harbour Bakery", country_code="PT", created_by=owner)
    for role, user in {"owner": owner, **members}.items():
        Membership.objects.create(organisation=organisation, user=user, role=role)
    if state != OrganisationState.PENDING:
        decided = {"decided_by": person(), "decided_at": timezone.now()}
        Organisation.objects.filter(pk=organisation.pk).update(state=state, **decided)
        organisation.refresh_from_db()
    plant = data_source(organisation=organisation)
    reading(plant, "electricity_consumption", "1000", "kWh")
    emissions_calculate(connection=plant)
    return organisation


def mine(user):
    """Return the person as whose inventory it is."""
    return InventoryHolder(user, None)


def ours(organisation):
    """Return the organisation as whose inventory it is."""
    return InventoryHolder(None, organisation)


def standing(user, period=MARCH, *, holder=None, method="location"):
    """Return what the months come to now, and how much of it is offset."""
    return standing_of(user=user, holder=holder or mine(user), period=period, method=method)


def remaining(user, period=MARCH, **options):
    """Return the kilograms that remain to be offset."""
    return standing(user, period, **options).quantity_kg


def offset_bought(user, batch, period=MARCH, *, holder=None, **fields):
    """Offset what remains of the months with credits of this batch's project, unless fields say otherwise."""
    holder = holder or mine(user)
    method = fields.setdefault("method", "location")
    if "quantity_kg" not in fields:
        fields["quantity_kg"] = remaining(user, period, holder=holder, method=method)
    source = fields.pop("source", None) or Bought(batch.project, PRICE, "EUR")
    return offset_make(actor=user, asked=AskedOffset(holder, period, source=source, **fields))


def paid(offset):
    """Have the desk note that the money is here; returns the offset as it is then."""
    purchase_mark_paid(actor=person("Transactions Officer"), purchase_pk=offset.purchase_id, reference="Bank 1")
    return EmissionsOffset.objects.with_ends().get(pk=offset.pk)
