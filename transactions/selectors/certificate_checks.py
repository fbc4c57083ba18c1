"""Whether a certificate follows from the ledger: hashes, chain, today's blocks, quantity, statement, its checkpoint."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from transactions.canonical import chained_hash
from transactions.choices import BlockState, EntryKind
from transactions.models import LedgerEntry, LedgerLine, Retirement
from transactions.models.batch import NO_HASH
from transactions.proofs import ProofInvalid, certificate_check, statement_check
from transactions.selectors.certificate_proofs import document_of
from transactions.serials import serial_text
from transactions.statements import beneficiary_digest

# Today's blocks over each retired range: from the one that holds its first kilogram, found in one B-tree step.
_TODAY = """
    SELECT l.id, k.first_kg, k.end_kg, k.account_id, k.state
    FROM transactions_ledgerline l
    JOIN transactions_ledgerentry e ON e.id = l.entry_id
    JOIN transactions_block k ON k.batch_id = e.batch_id AND k.first_kg < l.end_kg AND k.first_kg >= coalesce((
        SELECT m.first_kg FROM transactions_block m WHERE m.batch_id = e.batch_id AND m.first_kg <= l.first_kg
        ORDER BY m.first_kg DESC LIMIT 1), 0)
    WHERE l.entry_id = ANY(%s) ORDER BY l.id, k.first_kg
"""
# The hashes that must meet an entry's own: of the entry before it, and what comes after it says came before.
_NEIGHBOURS = """
    SELECT e.id, b.hash, coalesce(a.previous_hash, CASE WHEN c.entries = e.position THEN c.head_hash END)
    FROM transactions_ledgerentry e
    JOIN transactions_creditbatch c ON c.id = e.batch_id
    LEFT JOIN transactions_ledgerentry b ON b.batch_id = e.batch_id AND b.position = e.position - 1
    LEFT JOIN transactions_ledgerentry a ON a.batch_id = e.batch_id AND a.position = e.position + 1
    WHERE e.id = ANY(%s)
"""


def retirement_faults(retirement: Retirement, entries: list[LedgerEntry]) -> list[str]:
    """Recompute what the certificate rests on; nothing here trusts a flag."""
    faults: list[str] = []
    total = 0
    today = _blocks_today(entries)
    for entry in entries:
        for line in entry.lines.all():
            total += line.end_kg - line.first_kg
            retires = entry.kind == EntryKind.RETIREMENT and line.to_state == BlockState.RETIRED
            if not retires or not _is_retired(line, today.get(line.pk, [])):
                serial = serial_text(root=entry.batch.serial_root, first_kg=line.first_kg, end_kg=line.end_kg)
                faults.append(f"{serial} is not retired.")
    if not entries:
        faults.append("No ledger entry belongs to this retirement.")
    elif total != retirement.transaction.quantity_kg:
        faults.append("The ledger retired another quantity than the certificate states.")
    return faults


def statement_faults(retirement: Retirement, document: dict[str, Any], entries: list[LedgerEntry]) -> list[str]:
    """Recompute what the retirement says from its text and salt, and compare it with its entries' digest."""
    digests = {bytes(entry.statement) for entry in entries if entry.statement is not None}
    faults: list[str] = []
    if digests and not _says_what_it_said(retirement):
        faults.append("The beneficiary, location or note was changed after the retirement.")
    for digest in digests:
        try:
            statement_check(document, digest)
        except ProofInvalid as error:
            faults.append(str(error))
    return faults


def _says_what_it_said(retirement: Retirement) -> bool:
    """Whether the beneficiary, shown or not, is the one whose digest is kept; of an erased one nothing can be said."""
    if retirement.salt is None or retirement.beneficiary_digest is None:
        return retirement.erased_at is not None
    return bytes(retirement.beneficiary_digest) == beneficiary_digest(
        salt=bytes(retirement.salt),
        beneficiary=retirement.beneficiary_name,
        location=retirement.beneficiary_location,
        note=retirement.note,
    )


def _blocks_today(entries: list[LedgerEntry]) -> dict[int, list[tuple[int, int, int, str]]]:
    """Return the blocks over each retired line, by the line's key."""
    found: dict[int, list[tuple[int, int, int, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, [[entry.pk for entry in entries]])
        for line_id, *block in cursor.fetchall():
            found.setdefault(line_id, []).append(tuple(block))
    return found


def _is_retired(line: LedgerLine, blocks: list[tuple[int, int, int, str]]) -> bool:
    reached = line.first_kg
    for first_kg, end_kg, account_id, state in blocks:
        if first_kg > reached or account_id != line.to_account_id or state != BlockState.RETIRED:
            return False
        reached = end_kg
    return reached >= line.end_kg


def chain_faults(path: Iterable[LedgerEntry]) -> list[str]:
    """Recompute the hash of every entry on the way, and whether the chain goes through it."""
    faults: list[str] = []
    entries = {entry.pk: entry for entry in path}
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS, [list(entries)])
        neighbours = {pk: (before, after) for pk, before, after in cursor.fetchall()}
    for entry in entries.values():
        before, after = neighbours[entry.pk]
        own, previous = bytes(entry.hash), bytes(entry.previous_hash)
        name = f"Entry {entry.position} of {entry.batch.serial_root}"
        if chained_hash(previous, document_of(entry)) != own:
            faults.append(f"{name} was changed after it was written.")
        if previous != (NO_HASH if entry.position == 1 else bytes(before or b"")) or own != bytes(after or b""):
            faults.append(f"{name} does not fit the entries beside it.")
    return faults


def proof_faults(document: dict[str, Any], proof: dict[str, Any] | None) -> list[str]:
    """Check against the checkpoint that its proof names, as anybody outside can."""
    if proof is None:
        return []
    try:
        certificate_check({**document, "proof": proof}, public_key=bytes.fromhex(proof["checkpoint"]["public_key"]))
    except ProofInvalid as error:
        return [f"Against checkpoint {proof['checkpoint']['statement']['number']}: {error}"]
    return []
