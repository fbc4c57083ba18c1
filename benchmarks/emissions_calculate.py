"""Calculating a million half-hourly readings against one hand-written join and sum, and a summary as readings grow.

    python benchmarks/emissions_calculate.py [--readings 1000000] [--grown 10000000] [--rounds 3]

Readings of fifty thousand half hours a meter, each meter a data source, are written by COPY into a database of its own
(durable, as in production), with the grid's intensity of each half hour. In turn, so that the machine's moods hit both:

- ours: `calculation_perform` for each data source, from no results to all of them: five lines a month and meter
- by hand: one statement over the same rows that joins intensities and the year's factor and sums both by month

At most three times its time is to be reached. Then readings of other people are added until there are `--grown`, and
one company's monthly summary is timed before and after: at most 1.5 times. What the same summary takes when everything
belongs to one company is told as well.
"""

import argparse
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django

from benchmarks.ledger_history import databases
from carboncore import local_database

if TYPE_CHECKING:
    from integrations.models import Connection

METER = 50_000
BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
CALCULATING, SUMMARY = 3.0, 1.5
BY_HAND = """
    WITH yearly AS MATERIALIZED (
        SELECT s.year, f.kg_co2e FROM integrations_factorset s JOIN integrations_factor f ON f.factor_set_id = s.id
        WHERE s.publisher = 'DESNZ' AND f.activity = 'electricity.grid' AND f.line = 'location_based'
    )
    SELECT r.connection_id, date_trunc('month', r.starts_at AT TIME ZONE 'Europe/London')::date AS month,
           sum(r.quantity), sum(r.quantity * coalesce(g.actual, g.forecast) / 1000), sum(r.quantity * y.kg_co2e)
    FROM integrations_reading r
    LEFT JOIN integrations_gridintensity g ON g.region = 'GB' AND g.starts_at = r.starts_at
    LEFT JOIN yearly y ON y.year = date_part('year', r.starts_at)::int
    WHERE r.reading_type = 'electricity_consumption'
    GROUP BY 1, 2
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--grown", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    local_database.start_for_command(["manage.py", "migrate"])
    django.setup()
    from django.core.management import call_command

    logging.disable(logging.WARNING)
    with databases(f"bench_emissions_{os.getpid()}"):
        call_command("migrate", verbosity=0)
        call_command("load_factors", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: PTH123, SIM115
        write_intensities()
        sources = write_readings(options.readings // METER)
        calculating(sources, options.rounds)
        before = summary_time(sources)
        others = copy_readings(sources[0], (options.grown - options.readings) // METER)
        for source in others:
            calculate(source)
        tidy()
        after, everything = summary_time(sources), summary_time([*sources, *others])
    print(f"summary of {len(sources)} meters with {options.readings:,} readings in all:   {before * 1000:8.1f} ms")
    print(f"summary of {len(sources)} meters with {options.grown:,} readings in all:  {after * 1000:8.1f} ms", end="")
    print(f"   {after / before:.2f} times (at most {SUMMARY})")
    print(f"summary of all {len(sources) + len(others)} meters as one company's:  {everything * 1000:8.1f} ms")


def calculating(sources: "list[Connection]", rounds: int) -> None:
    """Time both ways in turn."""
    from django.db import connection

    ours, again, by_hand = [], [], []
    for _ in range(rounds):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM integrations_emission")
        tidy()
        by_hand.append(timed(lambda: fetch(BY_HAND, [])))
        ours.append(timed(lambda: [calculate(source) for source in sources]))
        again.append(timed(lambda: [calculate(source) for source in sources]))
    best, hand = statistics.median(ours), statistics.median(by_hand)
    (results,) = fetch("SELECT count(*) FROM integrations_emission", [])[0]
    print(f"{len(sources) * METER:,} readings of {len(sources)} meters, {results:,} results")
    print(f"by hand:          {hand:6.2f} s")
    print(f"ours:             {best:6.2f} s   {best / hand:.2f} times (at most {CALCULATING})")
    print(f"ours, unchanged:  {statistics.median(again):6.2f} s")


def calculate(source: "Connection") -> None:
    """Calculate one data source."""
    from integrations.services.emissions import emissions_calculate

    emissions_calculate(connection=source)


def summary_time(sources: "list[Connection]") -> float:
    """Return the median time of the monthly summary of a year of these data sources."""
    from datetime import date

    from integrations.emission_choices import Method
    from integrations.selectors.emissions import Period, cells
    from integrations.selectors.inventory import Holder, Inventory, summary_of

    period = Period(date(2024, 1, 1), date(2025, 1, 1))

    def summarise() -> None:
        summary_of(
            Inventory(
                connections=sources,
                period=period,
                method=Method.LOCATION,
                groups=cells(connections=sources, period=period, method=Method.LOCATION),
                before=cells(connections=sources, period=period.year_before(), method=Method.LOCATION),
                other_scope_2=sum(
                    cell.kg_co2e
                    for cell in cells(connections=sources, period=period, method=Method.MARKET)
                    if cell.scope == 2
                ),  # type: ignore[arg-type]
                holder=Holder("everything", "Benchmark"),
            )
        )

    summarise()
    return statistics.median(timed(summarise) for _ in range(15))


def write_intensities() -> None:
    """Write the intensity of each half hour that the meters measure."""
    fetch(
        "INSERT INTO integrations_gridintensity (region, starts_at, actual, source)"
        " SELECT 'GB', %s::timestamptz + n * interval '30 minutes', 50 + n %% 200, 'benchmark'"
        " FROM generate_series(0, %s) AS n",
        [BEGIN, METER - 1],
    )


def write_readings(meters: int) -> "list[Connection]":
    """Write the readings of so many new meters, each a data source of one person, by COPY."""
    from django.db import connection

    from tests.emission_factories import data_source
    from tests.factories import buyer

    owner = buyer()
    sources = [data_source(owner) for _ in range(meters)]
    columns = "connection_id, reading_type, external_id, series, starts_at, ends_at, quantity, unit, quality, revision"
    times = [BEGIN + place * HALF_HOUR for place in range(METER + 1)]
    with connection.cursor() as cursor:
        for source in sources:
            with cursor.copy(f"COPY integrations_reading ({columns}) FROM STDIN") as into:
                for place in range(METER):
                    begins = times[place]
                    row = (source.pk, "electricity_consumption", f"m:{begins:%Y-%m-%dT%H:%MZ}", "m", begins)
                    into.write_row((*row, times[place + 1], f"0.{place % 997:03d}", "kWh", "measured", 1))
    tidy()
    return sources


def copy_readings(source: "Connection", meters: int) -> "list[Connection]":
    """Give other people as many meters, each with the readings of this one."""
    from tests.emission_factories import data_source
    from tests.factories import buyer

    columns = "reading_type, external_id, series, starts_at, ends_at, quantity, unit, quality, revision"
    owner = buyer()
    made = [data_source(owner) for _ in range(meters)]
    for other in made:
        fetch(
            f"INSERT INTO integrations_reading (connection_id, {columns})"  # noqa: S608
            f" SELECT %s, {columns} FROM integrations_reading WHERE connection_id = %s ORDER BY id",
            [other.pk, source.pk],
        )
    tidy()
    return made


def tidy() -> None:
    """Let PostgreSQL know its tables."""
    fetch("VACUUM ANALYZE integrations_reading, integrations_emission, integrations_gridintensity", [])


def fetch(sql: str, values: list[Any]) -> list[Any]:
    """Run a statement and return its rows, if it has any."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def timed(act: Callable[[], Any]) -> float:
    """Return how many seconds something took."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
