"""Two workers that calculate one data source at the same moment: each result is current once, and none is lost."""

from datetime import UTC, datetime

import pytest

from integrations.models import Emission, EmissionRun
from integrations.services import emissions
from integrations.services.emissions import calculation_perform, calculation_request
from integrations.services.factors import factor_sets_load
from tests.emission_factories import data_source, reading
from tests.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection():
    factor_sets_load()
    made = data_source()
    for month in (1, 2, 3):
        start = datetime(2025, month, 10, tzinfo=UTC)
        reading(made, "electricity_consumption", "1000", "kWh", start=start)
    return made


def performed(connection):
    runs = [EmissionRun.objects.create(connection=connection, renew=True) for _ in range(2)]
    return at_once(*(lambda run=run: calculation_perform(run=run) for run in runs))


def current():
    return Emission.objects.filter(superseded_at__isnull=True).count()


def test_two_calculations_at_once_come_to_each_result_once(connection):
    outcomes = performed(connection)

    assert sorted((run.status, run.results_new, run.results_kept) for run in outcomes) == [
        ("done", 0, current()),
        ("done", current(), 0),
    ]
    # Location, market, losses and three of well-to-tank for each month.
    assert Emission.objects.count() == current()
    assert current() % 3 == 0


def test_without_the_lock_one_finds_the_others_results_in_its_way(connection, monkeypatch):
    """The control: both look at what is there before either has written; the table's rule keeps what comes of it."""
    monkeypatch.setattr(emissions, "emissions_lock", lambda **_: None)
    monkeypatch.setattr(emissions, "emission_rows_write", meeting(emissions.emission_rows_write, 2))

    outcomes = performed(connection)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmissionRun", "UniqueViolation"]


def test_asking_twice_at_once_queues_one(connection):
    outcomes = at_once(*[lambda: calculation_request(connection=connection)] * 3)

    assert len({run.pk for run in outcomes}) == 1
    assert EmissionRun.objects.filter(connection=connection, status="queued").count() == 1
