"""How many queries the lists take: as many for seven data sources as for two."""

import pytest

from integrations.services.emissions import emissions_calculate
from tests.emission_factories import data_source, reading

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "queries"),
    [("/api/v1/emissions", 3), ("/api/v1/emissions?count=true", 4), ("/api/v1/datasources", 2)],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(company, address, queries, django_assert_num_queries):
    company.get(address)
    with django_assert_num_queries(queries):
        few = company.get(address).json()
    for number in range(5):
        more = data_source(company.user)
        reading(more, "electricity_consumption", str(number + 1), "kWh")
        emissions_calculate(connection=more)

    with django_assert_num_queries(queries):
        many = company.get(address).json()

    few, many = (body["data"] if isinstance(body, dict) else body for body in (few, many))
    assert len(many) > len(few) > 1
