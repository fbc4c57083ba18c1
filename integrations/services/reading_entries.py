"""Readings entered by hand or sent by webhook: what would count a time twice is refused before it is stored."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from integrations.choices import ReadingQuality, ReadingType
from integrations.models import Connection
from integrations.reading_records import ReadingRecord
from integrations.services.readings import StoredCounts, readings_store
from integrations.uploads.cells import CellRefused
from integrations.uploads.entries import MOST_ENTRIES, entry_record

Refused = list[tuple[int, str]]


def readings_enter(*, actor: User, connection: Connection, entries: Sequence[Any]) -> StoredCounts:
    """Store readings that a person typed in, all or none; the same time again is a correction.

    Raises:
        InvalidInput: naming each entry that cannot be taken as `readings.<place>`; nothing is stored.
        DataSourceDisconnected: the source was disconnected.
    """
    if not 1 <= len(entries) <= MOST_ENTRIES:
        raise InvalidInput({"readings": [f"Send 1 to {MOST_ENTRIES:,} readings."]})
    with transaction.atomic():
        counts, refused = entries_store(connection=connection, entries=entries, quality=ReadingQuality.ENTERED)
        if refused:
            raise InvalidInput({f"readings.{place}": [reason] for place, reason in refused[:100]})
        event_record(
            action="readings.entered",
            obj=connection,
            actor=actor,
            changes={"created": counts.created, "changed": counts.changed},
        )
    return counts


def entries_store(*, connection: Connection, entries: Sequence[Any], quality: str) -> tuple[StoredCounts, Refused]:
    """Store the entries that can be; returns the counts, and the place of each other with its reason.

    Raises:
        DataSourceDisconnected: the source was disconnected.
    """
    types = connection.integration.data_types
    usual = str(types[0]) if len(types) == 1 else ReadingType.ELECTRICITY.value
    records: dict[int, ReadingRecord] = {}
    refused: Refused = []
    for place, entry in enumerate(entries):
        try:
            records[place] = entry_record(entry, usual_type=usual, quality=quality)
        except CellRefused as refusal:
            refused.append((place, str(refusal)))
    refused += _overlapping(records)
    for place, _ in refused:
        records.pop(place, None)
    counts = readings_store(connection=connection, records=list(records.values()))
    places = {record.external_id: place for place, record in records.items()}
    refused += [(places[reject.external_id], reject.reason) for reject in counts.rejects]
    return counts, sorted(refused)


def _overlapping(records: dict[int, ReadingRecord]) -> Refused:
    found: dict[int, str] = {}
    by_series: dict[tuple[str, str], list[tuple[int, ReadingRecord]]] = defaultdict(list)
    for place, record in records.items():
        by_series[record.reading_type, record.series].append((place, record))
    for rows in by_series.values():
        rows.sort(key=lambda row: (row[1].starts_at, row[0]))
        kept = rows[0]
        for row in rows[1:]:
            if row[1].starts_at < kept[1].ends_at:
                found[row[0]] = f"The time overlaps that of entry {kept[0]}."
            else:
                kept = row
    return sorted(found.items())
