"""Making checkpoints: reading every batch's chain, signing where they stand, and keeping the proofs of retirements."""

import hashlib
from dataclasses import dataclass
from itertools import groupby

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from carboncore.audit.services import event_record
from carboncore.common.merkle import root_and_proofs
from transactions.canonical import canonical_text
from transactions.choices import EntryKind
from transactions.models import Checkpoint, CheckpointBatch, EntryProof
from transactions.models.batch import NO_HASH
from transactions.proofs import batch_leaf, checkpoint_statement
from transactions.selectors.replay import stream_rows

# Any constant does; it must only differ from other advisory locks of this database.
_CHECKPOINTS_KEY = 7_301_002

_HASHES = """
    SELECT b.id, b.serial_root, e.hash
    FROM transactions_creditbatch b JOIN transactions_ledgerentry e ON e.batch_id = b.id
    ORDER BY b.id, e.position
"""

_UNPROVED = f"""
    SELECT e.batch_id, e.id, e.position
    FROM transactions_ledgerentry e LEFT JOIN transactions_entryproof p ON p.entry_id = e.id
    WHERE e.kind = '{EntryKind.RETIREMENT}' AND p.id IS NULL
"""  # noqa: S608 - a constant


@dataclass(frozen=True)
class _Grown:
    """Where a batch stands: its leaf, and the paths that prove entries in its tree, by the entries' keys."""

    serial_root: str
    leaf: CheckpointBatch
    paths: dict[int, bytes]

    def leaf_bytes(self) -> bytes:
        return batch_leaf(
            serial_root=self.serial_root,
            entries=self.leaf.entries,
            head_hash=bytes(self.leaf.head_hash),
            entries_root=bytes(self.leaf.entries_root),
        )


def checkpoint_make() -> Checkpoint:
    """Sign where every batch's chain stands now, on one snapshot; numbered and chained to the one before."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECKPOINTS_KEY])
        at = timezone.now()
        # Read first: what is retired in between is in the trees and gets its proof with the next checkpoint.
        unproved = _unproved_retirements()
        grown = _grown_batches(unproved)
        before = Checkpoint.objects.order_by("-number").first()
        with_proofs = [batch.leaf.index for batch in grown if batch.paths]
        root, batch_paths = root_and_proofs([batch.leaf_bytes() for batch in grown], with_proofs)
        statement = checkpoint_statement(
            number=before.number + 1 if before else 1,
            at=at,
            batches=len(grown),
            entries=sum(batch.leaf.entries for batch in grown),
            root=root,
            previous_digest=bytes(before.digest) if before else NO_HASH,
        )
        text, key = canonical_text(statement), _signing_key()
        checkpoint = Checkpoint.objects.create(
            number=statement["number"],
            at=at,
            batches=statement["batches"],
            entries=statement["entries"],
            root=bytes.fromhex(statement["root"]),
            previous_digest=bytes.fromhex(statement["previous"]),
            digest=hashlib.sha256(text).digest(),
            signature=key.sign(text),
            public_key=key.public_key().public_bytes_raw(),
        )
        for batch in grown:
            batch.leaf.checkpoint = checkpoint
        CheckpointBatch.objects.bulk_create([batch.leaf for batch in grown], batch_size=5_000)
        EntryProof.objects.bulk_create(
            [
                EntryProof(entry_id=pk, leaf=grown[index].leaf, entry_path=path, batch_path=b"".join(batch_path))
                for index, batch_path in zip(with_proofs, batch_paths, strict=True)
                for pk, path in grown[index].paths.items()
            ],
            batch_size=5_000,
        )
        told = {"batches": checkpoint.batches, "entries": checkpoint.entries, "checkpoint_sha256": checkpoint.digest}
        event_record(action="checkpoint.made", obj=checkpoint, changes=told)
    return checkpoint


def public_key() -> bytes:
    """Return the 32 bytes of the key that checkpoints are signed with now."""
    return _signing_key().public_key().public_bytes_raw()


def _signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(settings.LEDGER_SIGNING_KEY.encode()).digest())


def _unproved_retirements() -> dict[int, dict[int, int]]:
    """Return the entries that retired credits and have no proof yet: for each batch, position by key."""
    found: dict[int, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_UNPROVED)
        for batch_id, pk, position in cursor.fetchall():
            found.setdefault(batch_id, {})[pk] = position
    return found


def _grown_batches(unproved: dict[int, dict[int, int]]) -> list[_Grown]:
    """Read all hashes in one statement, which is one snapshot, batch by batch."""
    grown: list[_Grown] = []
    for (batch_id, serial_root), grouped in groupby(stream_rows(_HASHES), key=lambda row: (row[0], row[1])):
        hashes = [bytes(row[2]) for row in grouped]
        wanted = unproved.get(batch_id, {})
        root, paths = root_and_proofs(hashes, [position - 1 for position in wanted.values()])
        leaf = CheckpointBatch(
            batch_id=batch_id, index=len(grown), entries=len(hashes), head_hash=hashes[-1], entries_root=root
        )
        grown.append(_Grown(serial_root, leaf, {pk: b"".join(path) for pk, path in zip(wanted, paths, strict=True)}))
    return grown
