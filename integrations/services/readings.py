"""The one way in for readings: poll, file, webhook and manual entry all store through here, so nothing counts twice."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from operator import attrgetter

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from carboncore.common.api.statements import fetch_named
from integrations.choices import ReadingQuality, ReadingType
from integrations.errors import DataSourceDisconnected
from integrations.models import Connection
from integrations.reading_records import ReadingRecord, RejectedRecord
from integrations.services.reading_overlaps import LONGEST_DAYS, OVERLAPS_STORED, staged_overlaps_drop
from integrations.units import is_known

_BATCH = 20_000
_QUANTITY_LIMIT = Decimal(10) ** 14 - 1  # what the column holds before its point
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=LONGEST_DAYS)
_CLOCKS_DIFFER = timedelta(minutes=5)
_SERIES_AND_TIME = attrgetter("reading_type", "series", "starts_at")
_TYPES, _QUALITIES = frozenset(ReadingType.values), frozenset(ReadingQuality.values)

# Stays for as long as the database connection: to make and drop it costs half as much as to store a week of half hours,
# and a DROP makes the driver forget every statement that it has prepared.
STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS integrations_reading_staged (
        reading_type text, external_id text, series text, starts_at timestamptz, ends_at timestamptz,
        quantity numeric(20,6), unit text, quality text, payload jsonb
    ) ON COMMIT DELETE ROWS
"""
_COLUMNS = "reading_type, external_id, series, starts_at, ends_at, quantity, unit, quality, payload"
_COPY = f"COPY integrations_reading_staged ({_COLUMNS}) FROM STDIN"
# What is known already does not come as far as the insert: it would lock and rewrite rows that stay as they are.
# Rows go in by series and time, which keeps the ids of a series together for the emissions that name them.
MERGE = """
    WITH fresh AS (
        SELECT s.*
        FROM integrations_reading_staged s
        LEFT JOIN integrations_reading r ON r.connection_id = %(connection)s::bigint
             AND r.reading_type = s.reading_type AND r.external_id = s.external_id
        WHERE r.id IS NULL
           OR (r.series, r.starts_at, r.ends_at, r.quantity, r.unit, r.quality, r.payload)
              IS DISTINCT FROM (s.series, s.starts_at, s.ends_at, s.quantity, s.unit, s.quality, s.payload)
        ORDER BY s.reading_type, s.series, s.starts_at, s.external_id
    ), stored AS (
        INSERT INTO integrations_reading AS r (connection_id, reading_type, external_id, series, starts_at, ends_at,
               quantity, unit, quality, payload, revision)
        SELECT %(connection)s::bigint, reading_type, external_id, series, starts_at, ends_at, quantity, unit, quality,
               payload, 1
        FROM fresh
        ON CONFLICT (connection_id, reading_type, external_id) DO UPDATE
        SET series = excluded.series, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
            quantity = excluded.quantity, unit = excluded.unit, quality = excluded.quality,
            payload = excluded.payload, revision = least(r.revision + 1, 32767), received_at = now()
        WHERE (r.series, r.starts_at, r.ends_at, r.quantity, r.unit, r.quality, r.payload)
              IS DISTINCT FROM (excluded.series, excluded.starts_at, excluded.ends_at, excluded.quantity,
                                excluded.unit, excluded.quality, excluded.payload)
        RETURNING old.id IS NULL AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stored
"""


@dataclass
class StoredCounts:
    """What became of the records of one call; the four numbers add up to the records that were given."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejects: list[RejectedRecord] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """How many were not taken."""
        return len(self.rejects)

    @property
    def processed(self) -> int:
        """How many were given."""
        return self.created + self.changed + self.unchanged + self.rejected


def readings_store(
    *, connection: Connection, records: Iterable[ReadingRecord], now: datetime | None = None
) -> StoredCounts:
    """Store a source's readings, all or none: new ones are added, other answers to a known id replace it.

    A record that cannot be right is rejected with its reason and the others are stored, and so is one that would count
    a time of its series twice (see `reading_overlaps`). Of two records with one id in the same call the later counts;
    the earlier is rejected if it said something else. One caller at a time stores
    for a source, so the counts are exact; the source's row is locked until the transaction ends.

    Raises:
        DataSourceDisconnected: the source was disconnected meanwhile; nothing is stored.
    """
    counts = StoredCounts()
    moment = now or timezone.now()
    with transaction.atomic():
        locked = Connection.objects.select_for_update(no_key=True).only("disconnected_at").get(pk=connection.pk)
        if locked.disconnected_at is not None:
            raise DataSourceDisconnected
        waiting = iter(records)
        while batch := list(islice(waiting, _BATCH)):
            _store_batch(connection.pk, _kept(batch, counts, moment), counts)
    return counts


def rejection(record: ReadingRecord, reason: str) -> RejectedRecord:
    """Return a record as it stands in a rejects list."""
    return RejectedRecord(
        external_id=record.external_id[:200],
        series=record.series[:120],
        starts_at=record.starts_at.isoformat(),
        quantity=str(record.quantity),
        reason=reason,
    )


def _kept(batch: Iterable[ReadingRecord], counts: StoredCounts, now: datetime) -> list[ReadingRecord]:
    """Return the records that can be stored, one for each id and each time of a series, and count the others."""
    kept: dict[tuple[str, str], ReadingRecord] = {}
    latest = now + _CLOCKS_DIFFER
    for record in batch:
        reason = _fault(record, latest)
        if reason:
            counts.rejects.append(rejection(record, reason))
            continue
        key = (record.reading_type, record.external_id)
        earlier = kept.get(key)
        if earlier == record:
            counts.unchanged += 1
            continue
        if earlier is not None:
            counts.rejects.append(
                rejection(earlier, "The same record came again with other figures; the later one was taken.")
            )
        kept[key] = record
    return list(_apart(kept.values(), counts))


def _apart(records: Iterable[ReadingRecord], counts: StoredCounts) -> Iterator[ReadingRecord]:
    """Yield the records by series and time, of those that overlap the one that begins first, and count the others."""
    before: ReadingRecord | None = None
    for record in sorted(records, key=_SERIES_AND_TIME):
        if before is None or record.starts_at >= before.ends_at or _series_of(record) != _series_of(before):
            before = record
            yield record
            continue
        counts.rejects.append(
            rejection(record, f"The time overlaps that of another record, from {before.starts_at:%Y-%m-%d %H:%M} on.")
        )


def _series_of(record: ReadingRecord) -> tuple[str, str]:
    return record.reading_type, record.series


def _fault(record: ReadingRecord, latest: datetime) -> str:
    """Return why a record cannot be right, or nothing."""
    quantity = record.quantity
    if not quantity.is_finite():
        return "The quantity is no number."
    if quantity < 0:
        return "The quantity is negative; send what was given to the grid as an export."
    if quantity >= _QUANTITY_LIMIT:
        return "The quantity is too large to be right; check its unit."
    if record.starts_at.tzinfo is None or record.ends_at.tzinfo is None:
        return "The time has no time zone."
    if record.ends_at <= record.starts_at:
        return "The end is not after the start."
    if record.ends_at > latest:
        return "The time lies in the future; send it once it is over."
    if record.starts_at < _EARLIEST:
        return "The time is before 1990; check the date."
    if record.ends_at - record.starts_at > _LONGEST:
        return "The time is longer than a year; send one record for each year or less."
    return _naming_fault(record)


def _naming_fault(record: ReadingRecord) -> str:
    if record.reading_type not in _TYPES:
        return f"“{record.reading_type[:30]}” is no kind of reading."
    if record.quality not in _QUALITIES:
        return f"“{record.quality[:30]}” is no data quality."
    if not record.external_id or len(record.external_id) > 200 or len(record.series) > 120:
        return "The record has no id, or an id or a series that is too long (200 and 120 characters)."
    if "\0" in record.external_id or "\0" in record.series:
        return "The id or the series holds a character that no text has."
    if not is_known(record.unit):
        return f"“{record.unit[:30]}” is no unit that is known here; give one such as kWh or m3."
    if record.payload is not None and "\\u0000" in _payload(record):
        return "The record holds a character that no text has."
    return ""


def _payload(record: ReadingRecord) -> str:
    return json.dumps(record.payload, default=str)


def _store_batch(connection_id: int, records: list[ReadingRecord], counts: StoredCounts) -> None:
    if not records:
        return
    with database.cursor() as cursor:
        cursor.execute(STAGE)
        # Django passes COPY through to the driver, whose errors are not Django's until they are wrapped.
        with database.wrap_database_errors, cursor.copy(_COPY) as copy:
            for record in records:
                copy.write_row(_row(record))
        refused = staged_overlaps_drop(cursor, connection_id=connection_id, returning="reading_type, external_id")
        ((created, changed),) = fetch_named(MERGE, {"connection": connection_id})
        cursor.execute("DELETE FROM integrations_reading_staged")
    counts.created += created
    counts.changed += changed
    counts.unchanged += len(records) - len(refused) - created - changed
    if refused:
        by_id = {(record.reading_type, record.external_id): record for record in records}
        counts.rejects += [rejection(by_id[kind, name], OVERLAPS_STORED) for kind, name in refused]


def _row(record: ReadingRecord) -> tuple[object, ...]:
    payload = None if record.payload is None else _payload(record)
    return (
        *(record.reading_type, record.external_id, record.series, record.starts_at, record.ends_at, record.quantity),
        *(record.unit, record.quality, payload),
    )
