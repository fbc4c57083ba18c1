"""Reading the whole trail and saying what does not follow. Constant memory, one snapshot, no lock."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from carboncore.audit.canonical import canonical_text, canonical_time, chained_hash
from carboncore.audit.models import NO_HASH, STREAMS, Seal

_LINKS = """
    SELECT l.stream, l.position, l.event_id, l.previous_hash, l.hash,
           e.id, e.at, e.action, e.outcome, e.actor_id, e.entrance, host(e.ip_address), e.user_agent, e.request_id,
           e.on_behalf_of, e.object_type, e.object_id, e.note, e.changes::text
    FROM audit_eventlink l LEFT JOIN audit_event e ON e.id = l.event_id
    ORDER BY l.stream, l.position
"""
_UNCHAINED = """
    SELECT e.id FROM audit_event e
    WHERE NOT EXISTS (SELECT FROM audit_eventlink l WHERE l.event_id = e.id) ORDER BY e.id
"""
_REPORT_EVERY = 5_000
_AT_ONCE = 1_000  # rows fetched at a time

# What seals say of a place (stream, position): the number of the seal and the hash that it saw.
Sealed = dict[tuple[int, int], list[tuple[int, bytes]]]


@dataclass(frozen=True)
class Problem:
    """Something that does not follow: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Read:
    """So many more events were read."""

    events: int


class _Link(NamedTuple):
    stream: int
    position: int
    event_id: int
    previous_hash: bytes
    hash: bytes
    event: tuple[Any, ...]


def replay() -> Iterator[Problem | Read]:
    """Check seals, links and events; yields each problem as it is met, and how far it is."""
    sealed: Sealed = defaultdict(list)
    yield from _replay_seals(sealed)
    yield from _replay_links(sealed)
    yield from _unchained_events()


def seal_statement(*, number: int, at: Any, heads: Any, previous_digest: bytes) -> dict[str, Any]:
    """Return what a seal states, as the JSON object that is digested and signed."""
    return {
        "kind": "audit seal",
        "number": number,
        "at": canonical_time(at),
        "heads": heads,
        "previous": previous_digest.hex(),
    }


def seal_digest_known(digest: str) -> bool:
    """Return whether there is a seal of this digest (hexadecimal), as somebody noted it outside."""
    try:
        return Seal.objects.filter(digest=bytes.fromhex(digest)).exists()
    except ValueError:
        return False


def _replay_seals(sealed: Sealed) -> Iterator[Problem]:
    number, previous = 0, NO_HASH
    for seal in Seal.objects.order_by("number").iterator():
        where = f"seal {seal.number}"
        number += 1
        if seal.number != number:
            yield Problem(where, f"seal {number} is missing")
            number = seal.number
        if bytes(seal.previous_digest) != previous:
            yield Problem(where, "it does not follow the seal before")
        statement = seal_statement(
            number=seal.number, at=seal.at, heads=seal.heads, previous_digest=bytes(seal.previous_digest)
        )
        text = canonical_text(statement)
        if hashlib.sha256(text).digest() != bytes(seal.digest):
            yield Problem(where, "what it states was altered")
        if not _is_signed(seal, text):
            yield Problem(where, "its signature is not that of what it states")
        previous = bytes(seal.digest)
        for stream, position, head in seal.heads:
            sealed[stream, position].append((seal.number, bytes.fromhex(head)))


def _is_signed(seal: Seal, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes(seal.public_key)).verify(bytes(seal.signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _replay_links(sealed: Sealed) -> Iterator[Problem | Read]:
    stream, position, previous = 0, 0, NO_HASH
    unreported = 0
    for link in _links():
        if link.stream != stream:
            stream, position, previous = link.stream, 0, NO_HASH
            if not 1 <= stream <= STREAMS:
                yield Problem(_place(link), "there is no such stream")
        yield from _faults(link, position, previous, sealed)
        position, previous = link.position, link.hash
        unreported += 1
        if unreported == _REPORT_EVERY:
            yield Read(unreported)
            unreported = 0
    yield Read(unreported)
    for (stream, position), seals in sorted(sealed.items()):
        yield Problem(
            f"stream {stream}, position {position}", f"it was there when seal {seals[0][0]} was made, and is gone"
        )


def _faults(link: _Link, position: int, previous: bytes, sealed: Sealed) -> Iterator[Problem]:
    where = _place(link)
    if link.position != position + 1:
        yield Problem(where, f"the links from position {position + 1} up to this one are missing")
    elif link.previous_hash != previous:
        yield Problem(where, "the link does not follow the one before it")
    if link.event[0] is None:
        yield Problem(where, "the event was deleted")
    elif chained_hash(link.previous_hash, _document(link)) != link.hash:
        yield Problem(where, "the event or its link was altered")
    for number, head in sealed.pop((link.stream, link.position), []):
        if head != link.hash:
            yield Problem(where, f"it is not what seal {number} saw in this place")


def _links() -> Iterator[_Link]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINKS)
        while rows := cursor.fetchmany(_AT_ONCE):
            for row in rows:
                yield _Link(row[0], row[1], row[2], bytes(row[3]), bytes(row[4]), tuple(row[5:]))


def _document(link: _Link) -> list[Any]:
    pk, at, *words, changes = link.event
    return [link.stream, link.position, pk, canonical_time(at), *words, json.loads(changes)]


def _place(link: _Link) -> str:
    return f"event {link.event_id} (stream {link.stream}, position {link.position})"


def _unchained_events() -> Iterator[Problem]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_UNCHAINED)
        while rows := cursor.fetchmany(_AT_ONCE):
            for (pk,) in rows:
                yield Problem(f"event {pk}", "it has no link: it was put in, or its link taken away, by force")
