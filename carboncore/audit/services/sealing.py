"""Sealing: signing how far every stream has grown, so that cutting off its newest events shows."""

import hashlib

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from carboncore.audit.canonical import canonical_text
from carboncore.audit.models import NO_HASH, STREAMS, Seal
from carboncore.audit.selectors.replay import seal_statement

logger = structlog.get_logger(__name__)

# Any constant does; it must only differ from other advisory locks of this database.
_SEALS_KEY = 7_301_004

_HEADS = """
    SELECT s.stream, head.position, encode(head.hash, 'hex')
    FROM generate_series(1, %s) AS s (stream), LATERAL (
        SELECT position, hash FROM audit_eventlink l WHERE l.stream = s.stream ORDER BY position DESC LIMIT 1
    ) AS head
    ORDER BY s.stream
"""


def audit_seal() -> Seal:
    """Sign where every stream stands now; numbered, chained to the seal before, and told in the log.

    The log's line is the copy that somebody who can write to the database cannot reach.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEALS_KEY])
            cursor.execute(_HEADS, [STREAMS])
            heads = [list(row) for row in cursor.fetchall()]
        before = Seal.objects.order_by("-number").first()
        number, at = (before.number + 1 if before else 1), timezone.now()
        previous = bytes(before.digest) if before else NO_HASH
        text = canonical_text(seal_statement(number=number, at=at, heads=heads, previous_digest=previous))
        key = _signing_key()
        seal: Seal = Seal.objects.create(
            number=number,
            at=at,
            heads=heads,
            previous_digest=previous,
            digest=hashlib.sha256(text).digest(),
            signature=key.sign(text),
            public_key=key.public_key().public_bytes_raw(),
        )
    logger.info("audit_sealed", seal=number, seal_digest=bytes(seal.digest).hex())
    return seal


def _signing_key() -> Ed25519PrivateKey:
    secret = f"audit seals:{settings.LEDGER_SIGNING_KEY}"
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
