"""Every test of emissions has the project's factor sets loaded; a test that flushes gets them back."""

from datetime import UTC, datetime

import pytest

from accounts.services import organisation_create
from integrations.services.emissions import emissions_calculate
from integrations.services.factors import factor_sets_load
from tests.api_clients import buyer_client
from tests.emission_factories import data_source, reading


@pytest.fixture
def factors(db):
    return factor_sets_load()


@pytest.fixture
def company(factors):
    """A person with two sources, calculated; `.client` is theirs."""
    client = buyer_client()
    office = data_source(client.user, site="Office")
    works = data_source(client.user, site="Works")
    reading(office, "electricity_consumption", "1000", "kWh")
    reading(
        office, "electricity_consumption", "2000", "kWh", start=datetime(2024, 3, 1, tzinfo=UTC), quality="estimated"
    )
    reading(works, "gas_consumption", "100", "m3", start=datetime(2025, 4, 1, tzinfo=UTC))
    reading(works, "other_activity", "3", "kg", payload={"activity": "glitter"}, start=datetime(2025, 4, 2, tzinfo=UTC))
    for source in (office, works):
        emissions_calculate(connection=source)
    client.office, client.works = office, works
    return client


def organisation_of(owner, name="Mill"):
    """Return an organisation of this owner."""
    return organisation_create(actor=owner, name=name, country="GB")
