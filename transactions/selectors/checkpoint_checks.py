"""Whether the ledger still leads to what was signed: checkpoints, where each batch stood, and the kept proofs."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from carboncore.common.merkle import GrowingTree, is_included, merkle_root
from transactions.canonical import canonical_text
from transactions.models.batch import NO_HASH
from transactions.proofs import batch_leaf, checkpoint_statement, path_steps
from transactions.selectors.replay import Problem, stream_rows

_CHECKPOINTS = """
    SELECT c.id, c.number, c.at, c.batches, c.entries, c.root, c.previous_digest, c.digest, c.signature, c.public_key,
           b.serial_root, l.entries, l.head_hash, l.entries_root
    FROM transactions_checkpoint c LEFT JOIN transactions_checkpointbatch l ON l.checkpoint_id = c.id
    LEFT JOIN transactions_creditbatch b ON b.id = l.batch_id ORDER BY c.number, l.index
"""
# Where each batch stood, in the order in which its chain is followed.
_STOOD = """
    SELECT l.batch_id, b.serial_root, l.entries, l.head_hash, l.entries_root, c.number
    FROM transactions_checkpointbatch l JOIN transactions_checkpoint c ON c.id = l.checkpoint_id
    LEFT JOIN transactions_creditbatch b ON b.id = l.batch_id ORDER BY l.batch_id, l.entries, c.number
"""
_HASHES = """
    SELECT batch_id, hash FROM transactions_ledgerentry
    WHERE EXISTS (SELECT FROM transactions_checkpoint) ORDER BY batch_id, position
"""
_PROOFS = """
    SELECT b.serial_root, e.position, e.hash, p.entry_path, p.batch_path, l.index, l.entries, l.head_hash,
           l.entries_root, c.batches, c.root
    FROM transactions_entryproof p LEFT JOIN transactions_ledgerentry e ON e.id = p.entry_id
    LEFT JOIN transactions_creditbatch b ON b.id = e.batch_id
    LEFT JOIN transactions_checkpointbatch l ON l.id = p.leaf_id AND l.batch_id = e.batch_id
    LEFT JOIN transactions_checkpoint c ON c.id = l.checkpoint_id ORDER BY p.entry_id
"""


class _Row(NamedTuple):
    id: int
    number: int
    at: datetime
    batches: int
    entries: int
    root: bytes
    previous_digest: bytes
    digest: bytes
    signature: bytes
    public_key: bytes
    serial_root: str | None
    leaf_entries: int | None
    head_hash: bytes
    entries_root: bytes


def compare_checkpoints() -> Iterator[Problem]:
    """Yield every checkpoint, batch's standing and proof that does not follow from the ledger as it is."""
    yield from _checkpoints()
    yield from _standings()
    yield from _proofs()


def _checkpoints() -> Iterator[Problem]:
    number, previous = 0, NO_HASH
    for _, grouped in groupby(map(_Row._make, stream_rows(_CHECKPOINTS)), key=lambda row: row.id):
        rows = list(grouped)
        checkpoint, name = rows[0], f"checkpoint {rows[0].number}"
        text = canonical_text(
            checkpoint_statement(
                number=checkpoint.number,
                at=checkpoint.at,
                batches=checkpoint.batches,
                entries=checkpoint.entries,
                root=bytes(checkpoint.root),
                previous_digest=bytes(checkpoint.previous_digest),
            )
        )
        if hashlib.sha256(text).digest() != bytes(checkpoint.digest) or not _is_signed(checkpoint, text):
            yield Problem(name, None, "was changed: digest or signature are not those of its statement")
        if checkpoint.number != number + 1 or bytes(checkpoint.previous_digest) != previous:
            yield Problem(name, None, "does not continue the checkpoint before it")
        leaves = [row for row in rows if row.leaf_entries is not None]
        if (
            merkle_root([_leaf(row) for row in leaves]) != bytes(checkpoint.root)
            or len(leaves) != checkpoint.batches
            or sum(row.leaf_entries or 0 for row in leaves) != checkpoint.entries
        ):
            yield Problem(name, None, "does not follow from where it says that the batches stood")
        number, previous = checkpoint.number, bytes(checkpoint.digest)


def _is_signed(checkpoint: _Row, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes(checkpoint.public_key)).verify(bytes(checkpoint.signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _leaf(row: _Row) -> bytes:
    return batch_leaf(
        serial_root=row.serial_root or "",
        entries=row.leaf_entries or 0,
        head_hash=bytes(row.head_hash),
        entries_root=bytes(row.entries_root),
    )


def _standings() -> Iterator[Problem]:
    """Follow each chain once, growing its tree, and compare at each length that a checkpoint names."""
    chains = groupby(stream_rows(_HASHES), key=lambda row: row[0])
    chain: tuple[int, Iterator[tuple[Any, ...]]] | None = next(chains, None)
    for batch_id, standings in groupby(stream_rows(_STOOD), key=lambda row: row[0]):
        while chain is not None and chain[0] < batch_id:
            chain = next(chains, None)
        hashes = chain[1] if chain is not None and chain[0] == batch_id else iter(())
        tree, length, last = GrowingTree(), 0, NO_HASH
        for _, serial_root, entries, head_hash, entries_root, number in standings:
            while length < entries and (row := next(hashes, None)) is not None:
                last, length = bytes(row[1]), length + 1
                tree.add(last)
            if length != entries or last != bytes(head_hash) or tree.root() != bytes(entries_root):
                name = serial_root or f"batch {batch_id}"
                yield Problem(name, None, f"its first {entries} entries are not those of checkpoint {number}")


def _proofs() -> Iterator[Problem]:
    for row in stream_rows(_PROOFS):
        serial_root, position, hash_, entry_path, batch_path, index, entries, head, entries_root, batches, root = row
        if serial_root is None or root is None:
            yield Problem(serial_root or "a proof", position, "has a proof of another batch or checkpoint")
            continue
        leaf = batch_leaf(
            serial_root=serial_root, entries=entries, head_hash=bytes(head), entries_root=bytes(entries_root)
        )
        if not is_included(
            data=bytes(hash_),
            index=position - 1,
            size=entries,
            proof=path_steps(bytes(entry_path)),
            root=bytes(entries_root),
        ) or not is_included(
            data=leaf, index=index, size=batches, proof=path_steps(bytes(batch_path)), root=bytes(root)
        ):
            yield Problem(serial_root, position, "has a proof that does not lead to its checkpoint")
