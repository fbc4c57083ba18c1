"""What a serial number names: its batch, the blocks it lies in, who may be told of, and everything that moved it.

The block that holds a kilogram is the last one that begins at or before it: one step of the B-tree on (batch, first).
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import AccountKind
from transactions.errors import SerialNotFound
from transactions.models import CreditBatch
from transactions.selectors.line_search import lines_over
from transactions.serials import SerialInvalid, serial_parse, serial_text
from transactions.statements import NOT_DISCLOSED

MOST_BLOCKS = 1_000
MOST_HISTORY = 1_000

_BLOCKS = """
    SELECT k.first_kg, k.end_kg, k.state, a.kind, a.name
    FROM transactions_block k JOIN transactions_holdingaccount a ON a.id = k.account_id
    WHERE k.batch_id = %(batch)s AND k.first_kg < %(end)s AND k.first_kg >= coalesce((
        SELECT m.first_kg FROM transactions_block m WHERE m.batch_id = %(batch)s AND m.first_kg <= %(first)s
        ORDER BY m.first_kg DESC LIMIT 1), 0)
    ORDER BY k.first_kg LIMIT %(most)s
"""
# Of a range that few lines moved, all of them are found by index and sorted. Of one that very many moved (a whole
# batch that was sold in a hundred thousand pieces) the chain is followed from its beginning until enough are found.
# OFFSET 0 keeps each join a look-up by key: the planner expects as many rows as a LIMIT allows, and would read a
# million to join two.
_FOUND_AT_ONCE = 20_000
_OVER = lines_over(batch="%(batch)s::bigint", first="%(first)s::bigint", end="%(end)s::bigint")
_BY_INDEX = f"""(SELECT * FROM ({_OVER}) o LIMIT {_FOUND_AT_ONCE + 1}) l
    CROSS JOIN LATERAL (SELECT * FROM transactions_ledgerentry WHERE id = l.entry_id OFFSET 0) e"""  # noqa: S608 - names of parameters
_ALONG_THE_CHAIN = """transactions_ledgerentry e CROSS JOIN LATERAL (
        SELECT * FROM transactions_ledgerline WHERE entry_id = e.id AND first_kg < %(end)s AND end_kg > %(first)s
        OFFSET 0) l
    WHERE e.batch_id = %(batch)s"""
_HISTORY = """
    SELECT h.at, h.kind, h.position, encode(h.hash, 'hex'), h.first_kg, h.end_kg, h.from_state, h.to_state,
           r.public_id, r.published, r.beneficiary_name, h.found
    FROM (
        SELECT {count} AS found, e.id, e.at, e.kind, e.position, e.hash, l.to_state,
               greatest(l.first_kg, %(first)s) AS first_kg, least(l.end_kg, %(end)s) AS end_kg,
               NULLIF(l.from_state, '') AS from_state
        FROM {lines} ORDER BY e.position, l.first_kg LIMIT %(most)s) h
    LEFT JOIN LATERAL (
        SELECT r.public_id, r.published, r.beneficiary_name FROM transactions_transactionentry x
        JOIN transactions_retirement r ON r.transaction_id = x.transaction_id
        WHERE x.entry_id = h.id OFFSET 0) r ON true
    ORDER BY h.position, h.first_kg
"""
_HISTORY_BY_INDEX = _HISTORY.format(lines=_BY_INDEX, count="count(*) OVER ()")
_HISTORY_ALONG_THE_CHAIN = _HISTORY.format(lines=_ALONG_THE_CHAIN, count="NULL")
# Whose name is no person's and may be told.
_PUBLIC_KINDS = {AccountKind.PROJECT_PROCEEDS, AccountKind.BUFFER_POOL, AccountKind.REGISTRY_OPERATIONS}


@dataclass(frozen=True)
class _Retired:
    """A range that was retired, and by which certificate."""

    first_kg: int
    end_kg: int
    certificate: UUID
    beneficiary: str


def serial_lookup(text: str) -> dict[str, Any]:
    """Return all that anybody may know of the credits that `text` names, JSON-ready.

    Raises:
        SerialNotFound: it is no serial number of this registry, or names credits that were never issued.
    """
    try:
        named = serial_parse(text)
    except SerialInvalid as error:
        raise SerialNotFound(str(error)) from None
    batch = CreditBatch.objects.select_related("standard", "project").filter(serial_root=named.root).first()
    if batch is None:
        raise SerialNotFound("This registry has issued no batch with this number.")
    first_kg, end_kg = named.first_kg or 0, named.end_kg or batch.quantity_kg
    if end_kg > batch.quantity_kg:
        raise SerialNotFound(
            f"Batch {batch.serial_root} has credits up to"
            f" {serial_text(root=batch.serial_root, first_kg=0, end_kg=batch.quantity_kg)} only."
        )
    return _told(batch, first_kg, end_kg)


def _told(batch: CreditBatch, first_kg: int, end_kg: int) -> dict[str, Any]:
    asked = {"batch": batch.pk, "first": first_kg, "end": end_kg}
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKS, {**asked, "most": MOST_BLOCKS + 1})
        blocks = cursor.fetchall()
        asked["most"] = MOST_HISTORY + 1
        cursor.execute(_HISTORY_BY_INDEX, asked)
        history = cursor.fetchall()
        if history and history[0][-1] > _FOUND_AT_ONCE:
            cursor.execute(_HISTORY_ALONG_THE_CHAIN, asked)
            history = cursor.fetchall()
    retired = [_Retired(row[4], row[5], row[8], row[10] if row[9] else NOT_DISCLOSED) for row in history if row[8]]
    root = batch.serial_root
    return {
        "serial": serial_text(root=root, first_kg=first_kg, end_kg=end_kg),
        "quantity": tonnes_from_kg(end_kg - first_kg),
        "batch": {
            "serial_root": root,
            "project_id": batch.project_id,
            "project_name": batch.project.project_name if batch.project.published else None,
            "vintage": batch.vintage,
            "standard": batch.standard.code if batch.standard else None,
            "labels": batch.labels,
            "quantity": tonnes_from_kg(batch.quantity_kg),
            "issued_at": batch.issued_at.isoformat(),
        },
        "blocks": [_block(root, row, retired, first_kg, end_kg) for row in blocks[:MOST_BLOCKS]],
        "history": [_step(root, row) for row in history[:MOST_HISTORY]],
        "complete": len(blocks) <= MOST_BLOCKS and len(history) <= MOST_HISTORY,
    }


def _block(root: str, row: tuple[Any, ...], retired: list[_Retired], first_kg: int, end_kg: int) -> dict[str, Any]:
    """Describe what of a block was asked for; `holder` is None where it may not be told."""
    begins, ends, state, kind, name = row
    begins, ends = max(begins, first_kg), min(ends, end_kg)
    by = next((one for one in retired if one.first_kg <= begins < one.end_kg), None)
    return {
        "serial": serial_text(root=root, first_kg=begins, end_kg=ends),
        "quantity": tonnes_from_kg(ends - begins),
        "state": state,
        "holder": name if kind in _PUBLIC_KINDS else None,
        "beneficiary": by.beneficiary if by else None,
        "certificate": str(by.certificate) if by else None,
    }


def _step(root: str, row: tuple[Any, ...]) -> dict[str, Any]:
    at, kind, position, digest, first_kg, end_kg, from_state, to_state, certificate, *_ = row
    return {
        "at": at.isoformat(),
        "kind": kind,
        "position": position,
        "hash": digest,
        "serial": serial_text(root=root, first_kg=first_kg, end_kg=end_kg),
        "from_state": from_state,
        "to_state": to_state,
        "certificate": str(certificate) if certificate else None,
    }
