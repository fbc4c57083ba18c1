#!/usr/bin/env python3
"""Check a CarbonCore certificate, or the chain of checkpoints, without the registry and with Python alone.

    python3 check_proof.py certificate.json PUBLIC_KEY
    python3 check_proof.py checkpoints.json PUBLIC_KEY

The registry serves this file at /proof/check_proof.py. It imports nothing of the registry: it is a second
implementation of the recipe in docs/proof.md (sha256, Merkle trees of RFC 6962, Ed25519 of RFC 8032).
"""

import hashlib
import json
import sys
from datetime import datetime
from typing import Any

PURPOSES = {
    "person_or_organisation": "Retirement for a person or organisation",
    "corporate_inventory": "Corporate emissions inventory",
    "environmental_benefit": "Environmental benefit",
    "third_party": "On behalf of a third party",
    "compliance": "Compliance obligation",
    "corsia": "CORSIA compliance",
    "other": "Other",
}
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


class Wrong(Exception):
    """Something does not follow; the message says what."""


def sha(data: bytes) -> bytes:
    """Return sha256 of `data`."""
    return hashlib.sha256(data).digest()


def canonical(value: Any) -> bytes:
    """Return the one text of a JSON object that is hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def demand(holds: bool, words: str) -> None:
    """Raise `Wrong` with these words unless it holds."""
    if not holds:
        raise Wrong(words)


def add(p: Point, q: Point) -> Point:
    """Add two points of the curve."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """Multiply a point by a number."""
    result: Point = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def unpacked(data: bytes) -> Point:
    """Return the point that 32 bytes stand for."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    demand(y < P and (x * x - square) % P == 0, "The key or the signature is no point of the curve.")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = unpacked((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, signature: bytes, text: bytes) -> bool:
    """Return whether the Ed25519 signature of `text` is that key's."""
    if len(key) != 32 or len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    challenge = int.from_bytes(hashlib.sha512(r + key + text).digest(), "little") % ORDER
    left, right = times(s, BASE), add(unpacked(r), times(challenge, unpacked(key)))
    same = (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
    return s < ORDER and same


def is_included(data: bytes, index: int, size: int, steps: list[str], root: str) -> bool:
    """Return whether the steps lead from leaf `index` of `size` to the root (RFC 6962)."""
    node, last, rest = sha(b"\x00" + data), size - 1, [bytes.fromhex(step) for step in steps]
    while last > 0:
        if index % 2 or index < last:
            if not rest:
                return False
            side = rest.pop(0)
            node = sha(b"\x01" + side + node) if index % 2 else sha(b"\x01" + node + side)
        index, last = index // 2, last // 2
    return index >= 0 and not rest and node.hex() == root


def check_checkpoint(checkpoint: dict[str, Any], key: str) -> None:
    """Check one checkpoint's digest, key and signature."""
    statement, name = checkpoint["statement"], f"Checkpoint {checkpoint['statement']['number']}"
    text = canonical(statement)
    demand(checkpoint["public_key"] == key, f"{name} was signed with another key than the one given.")
    demand(sha(text).hex() == checkpoint["digest"], f"{name}: its digest is not that of its statement.")
    signed = is_signed(bytes.fromhex(key), bytes.fromhex(checkpoint["signature"]), text)
    demand(signed, f"{name}: the signature does not fit.")


def check_statement(certificate: dict[str, Any], documents: list[dict[str, Any]]) -> str:
    """Check on whose behalf and why against the digest in the entries; returns what was proved of it, in words."""
    digests = {document["statement"] for document in documents if "format" in document}
    if not digests:
        return "Of the beneficiary these entries say nothing: they were written before they named a statement."
    statement = certificate.get("statement")
    if not statement:
        raise Wrong("The certificate does not carry the statement that its entries name.")
    text, salt = statement["text"], statement["salt"]
    demand(digests == {sha(canonical(text)).hex()}, "The statement is not the one that the entries hold the digest of.")
    demand(text["certificate"] == certificate["certificate"], "The statement is another certificate's.")
    demand(text["period"] == certificate["period"], "The period is not the one that was stated.")
    demand(PURPOSES.get(text["purpose"]) == certificate["purpose"], "The purpose is not the one that was stated.")
    named = text.get("inventory", "")
    demand(named == certificate.get("inventory", ""), "The inventory is not the one that was stated.")
    who = {name: certificate[name] for name in ("beneficiary", "note")} | {
        "location": certificate["beneficiary_location"]
    }
    if salt is None:
        told = who["beneficiary"] not in {"Not disclosed", "Name erased"} or who["location"] or who["note"]
        demand(not told, "A beneficiary is named, but not the salt that would prove it.")
        return f"Purpose{', inventory' if named else ''} and period are as stated then; the beneficiary is not told."
    demand(sha(bytes.fromhex(salt) + canonical(who)).hex() == text["beneficiary"], "The beneficiary is another one.")
    return f"Beneficiary, location, purpose, period{', inventory' if named else ''} and note are as stated then."


def check_certificate(certificate: dict[str, Any], key: str) -> str:
    """Check a certificate up to the signed checkpoint that it carries; returns what was proved."""
    proof = certificate.get("proof")
    if not proof:
        raise Wrong("This certificate carries no proof yet; download it again after the next checkpoint.")
    checkpoint = proof["checkpoint"]
    check_checkpoint(checkpoint, key)
    retired: list[tuple[str, int, int]] = []
    for entry in proof["entries"]:
        document, leaf = entry["document"], entry["batch_leaf"]
        name = f"Entry {document['position']} of {document['batch']}"
        digest = sha(bytes.fromhex(entry["previous_hash"]) + canonical(document))
        demand(digest.hex() == entry["hash"], f"{name}: its hash is not that of its content.")
        place = document["position"] - 1
        chained = is_included(digest, place, leaf["entries"], entry["entry_proof"], leaf["entries_root"])
        demand(chained and leaf["batch"] == document["batch"], f"{name}: it is not in its batch's chain.")
        statement = checkpoint["statement"]
        stands = is_included(
            canonical(leaf), entry["batch_index"], statement["batches"], entry["batch_proof"], statement["root"]
        )
        demand(stands, f"{name}: its batch is not in the checkpoint.")
        retired += [(document["batch"], line[0], line[1]) for line in document["lines"] if line[5] == "retired"]
    stated = [(part["batch"], part["first_kg"], part["end_kg"]) for part in certificate["ranges"]]
    demand(bool(stated) and sorted(stated) == sorted(retired), "The serial ranges are not those that were retired.")
    total = sum(end - first for _, first, end in stated)
    demand(total == certificate["quantity_kg"], "The quantity is not the sum of the serial ranges.")
    tonnes = f"{total // 1000}.{total % 1000:03d}"
    demand(tonnes == certificate["quantity"], "The quantity in tonnes is not that in kilograms.")
    documents = [entry["document"] for entry in proof["entries"]]
    moments = {datetime.fromisoformat(document["at"]) for document in documents}
    demand(moments == {datetime.fromisoformat(certificate["retired_at"])}, "It was retired at another time.")
    said = check_statement(certificate, documents)
    return f"Proved: {tonnes} t CO2e were retired; checkpoint {checkpoint['statement']['number']} says so. {said}"


def check_chain(checkpoints: list[dict[str, Any]], key: str) -> str:
    """Check each checkpoint, and that each names the one before; returns what was proved."""
    ordered = sorted(checkpoints, key=lambda checkpoint: checkpoint["statement"]["number"])
    before: dict[str, Any] | None = None
    for checkpoint in ordered:
        check_checkpoint(checkpoint, key)
        statement = checkpoint["statement"]
        if before is not None:
            follows = statement["number"] == before["statement"]["number"] + 1
            demand(follows and statement["previous"] == before["digest"], f"Checkpoint {statement['number']}: a break.")
            fewer = any(statement[name] < before["statement"][name] for name in ("batches", "entries"))
            demand(not fewer, f"Checkpoint {statement['number']} has less history than the one before.")
        before = checkpoint
    demand(before is not None, "There is no checkpoint in this file.")
    first = ordered[0]["statement"]
    demand(first["number"] > 1 or first["previous"] == "00" * 32, "Checkpoint 1 names a checkpoint before it.")
    return f"Proved: {len(ordered)} checkpoints, {first['number']} to {ordered[-1]['statement']['number']}, one chain."


def main(arguments: list[str]) -> int:
    """Check the file named first with the key named second."""
    if len(arguments) != 2:
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:  # noqa: PTH123 - one less import to read
            content = json.load(file)
        check = check_chain if isinstance(content, list) else check_certificate
        sys.stdout.write(check(content, arguments[1].strip().lower()) + "\n")
    except Wrong as wrong:
        sys.stderr.write(f"Not proved. {wrong}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        sys.stderr.write(f"Not proved. The file cannot be read as a certificate or checkpoints: {error!r}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
