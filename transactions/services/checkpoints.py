"""Making checkpoints: reading every batch's chain, and signing where they stand."""

import hashlib
from itertools import groupby

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from carboncore.common.merkle import merkle_root
from transactions.canonical import canonical_text
from transactions.models import Checkpoint, CheckpointBatch
from transactions.models.batch import NO_HASH
from transactions.proofs import batch_leaf, checkpoint_statement

# Any constant does; it must only differ from other advisory locks of this database.
_CHECKPOINTS_KEY = 7_301_002

_HASHES = """
    SELECT b.id, b.serial_root, e.hash
    FROM transactions_creditbatch b JOIN transactions_ledgerentry e ON e.batch_id = b.id
    ORDER BY b.id, e.position
"""


def checkpoint_make() -> Checkpoint:
    """Sign where every batch's chain stands now, on one snapshot; numbered and chained to the one before."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECKPOINTS_KEY])
        at = timezone.now()
        leaves = _leaves()
        before = Checkpoint.objects.order_by("-number").first()
        statement = checkpoint_statement(
            number=before.number + 1 if before else 1,
            at=at,
            batches=len(leaves),
            entries=sum(leaf.entries for _, leaf in leaves),
            root=merkle_root(
                [
                    batch_leaf(
                        serial_root=serial_root,
                        entries=leaf.entries,
                        head_hash=bytes(leaf.head_hash),
                        entries_root=bytes(leaf.entries_root),
                    )
                    for serial_root, leaf in leaves
                ]
            ),
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
        for _, leaf in leaves:
            leaf.checkpoint = checkpoint
        CheckpointBatch.objects.bulk_create([leaf for _, leaf in leaves], batch_size=5_000)
    return checkpoint


def public_key() -> bytes:
    """Return the 32 bytes of the key that checkpoints are signed with now."""
    return _signing_key().public_key().public_bytes_raw()


def _signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(settings.LEDGER_SIGNING_KEY.encode()).digest())


def _leaves() -> list[tuple[str, CheckpointBatch]]:
    """Read all hashes in one statement, which is one snapshot, batch by batch."""
    leaves: list[tuple[str, CheckpointBatch]] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(_HASHES)
        for (batch_id, serial_root), grouped in groupby(iter(cursor.fetchone, None), key=lambda row: (row[0], row[1])):
            hashes = [bytes(row[2]) for row in grouped]
            leaf = CheckpointBatch(
                batch_id=batch_id,
                index=len(leaves),
                entries=len(hashes),
                head_hash=hashes[-1],
                entries_root=merkle_root(hashes),
            )
            leaves.append((serial_root, leaf))
    return leaves
