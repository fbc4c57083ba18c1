"""The grid's intensity by half hour: fetched for the regions whose data sources are calculated with it, and stored."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from carboncore.audit.services import event_record
from integrations.choices import ConnectionStatus, ReadingType
from integrations.models import Connection, GridIntensity
from integrations.providers.base import ProviderProblem, ProviderUnavailable
from integrations.providers.carbon_intensity import NATION, REGIONS, Intensity, intensities_read

SOURCE = "NESO Carbon Intensity API (CC BY 4.0)"
# The actual value follows the half hour; what is older than this does not change any more.
_REREAD = timedelta(days=2)
_FIRST = timedelta(days=14)
logger = structlog.get_logger(__name__)

# A value that is not known this time takes none away that was.
_UPSERT = """
    INSERT INTO integrations_gridintensity AS g (region, starts_at, forecast, actual, source)
    SELECT u.region, u.starts_at, u.forecast, u.actual, %(source)s::text
    FROM unnest(%(regions)s::text[], %(starts)s::timestamptz[], %(forecasts)s::numeric[], %(actuals)s::numeric[])
         AS u (region, starts_at, forecast, actual)
    ORDER BY u.region, u.starts_at
    ON CONFLICT (region, starts_at) DO UPDATE
    SET forecast = coalesce(excluded.forecast, g.forecast), actual = coalesce(excluded.actual, g.actual),
        source = excluded.source
    WHERE (coalesce(excluded.forecast, g.forecast), coalesce(excluded.actual, g.actual))
          IS DISTINCT FROM (g.forecast, g.actual)
"""


def grid_intensities_store(*, found: Iterable[Intensity]) -> int:
    """Store half hours of intensity; return how many are new or other than they were."""
    rows = list({(each.region, each.starts_at): each for each in found}.values())
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            {
                "source": SOURCE,
                "regions": [each.region for each in rows],
                "starts": [each.starts_at for each in rows],
                "forecasts": [each.forecast for each in rows],
                "actuals": [each.actual for each in rows],
            },
        )
        stored = int(cursor.rowcount)
        if stored:
            event_record(action="grid_intensity.stored", changes={"half_hours": [0, stored]})
    return stored


def grid_intensities_fetch(*, now: datetime | None = None, base_url: str = "") -> int:
    """Fetch what is new for each region that an active British source of electricity lies in; return how many.

    A provider that is silent is left for the next time; nothing of ours waits for it.
    """
    moment = (now or timezone.now()).replace(second=0, microsecond=0)
    stored = 0
    for region in sorted(_regions_wanted()):
        since = moment - (_REREAD if GridIntensity.objects.filter(region=region).exists() else _FIRST)
        try:
            found = list(intensities_read(region=region, since=since, until=moment, base_url=base_url))
        except ProviderProblem as problem:
            logger.warning("grid_intensity_not_fetched", region=region, reason=problem.message)
            if isinstance(problem, ProviderUnavailable):
                return stored
            continue  # one region's odd answer keeps no other waiting
        stored += grid_intensities_store(found=found)
    return stored


def _regions_wanted() -> set[str]:
    sources = Connection.objects.connected().filter(
        country_code=NATION,
        status=ConnectionStatus.ACTIVE,
        integration__data_types__contains=[ReadingType.ELECTRICITY],
    )
    asked = {str(settings.get("grid_region") or NATION) for settings in sources.values_list("settings", flat=True)}
    return asked & {NATION, *REGIONS}
