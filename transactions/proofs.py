"""What a checkpoint says and signs, and checking a certificate against one without any database.

Leaf of the checkpoint's tree: the canonical JSON of {batch, entries, head, entries_root}. Leaf of a batch's own
tree: the 32 bytes of an entry's hash, in order of position. Both trees as in `carboncore.common.merkle`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from carboncore.common.merkle import is_included
from transactions.canonical import canonical_text, chained_hash
from transactions.choices import RetirementPurpose
from transactions.statements import ERASED, NOT_DISCLOSED, beneficiary_digest, statement_digest


class ProofInvalid(ValueError):
    """The certificate does not follow from the checkpoint; the message says at which step."""


def batch_leaf(*, serial_root: str, entries: int, head_hash: bytes, entries_root: bytes) -> bytes:
    """Return the leaf that states where a batch stood."""
    return canonical_text(
        {"batch": serial_root, "entries": entries, "head": head_hash.hex(), "entries_root": entries_root.hex()}
    )


def checkpoint_statement(
    *, number: int, at: datetime, batches: int, entries: int, root: bytes, previous_digest: bytes
) -> dict[str, Any]:
    """Return the statement that is hashed and signed."""
    return {
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "batches": batches,
        "entries": entries,
        "root": root.hex(),
        "previous": previous_digest.hex(),
    }


def certificate_check(certificate: Mapping[str, Any], *, public_key: bytes) -> None:
    """Check a certificate's JSON offline against the checkpoint it carries.

    Raises:
        ProofInvalid: naming the first step that fails; a certificate without a proof among them.
    """
    proof = certificate.get("proof")
    if not proof:
        raise ProofInvalid("This certificate carries no proof yet; download it again after the next checkpoint.")
    try:
        _check_signature(proof["checkpoint"], public_key)
        proved_kg = [_check_entry(entry, proof["checkpoint"]) for entry in proof["entries"]]
        stated = sorted((r["batch"], r["first_kg"], r["end_kg"]) for r in certificate["ranges"])
        _check_statement(certificate, [entry["document"] for entry in proof["entries"]])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, ProofInvalid):
            raise
        raise ProofInvalid(f"The certificate is incomplete or garbled: {error!r}") from None
    if stated != sorted(part for parts in proved_kg for part in parts):
        raise ProofInvalid("The serial ranges on the certificate are not those the ledger entries retired.")
    if sum(end - first for _, first, end in stated) != int(certificate["quantity_kg"]):
        raise ProofInvalid("The quantity on the certificate is not the sum of its serial ranges.")


def path_steps(path: bytes) -> list[bytes]:
    """Return the steps of 32 bytes that a kept path consists of, from below."""
    return [path[start : start + 32] for start in range(0, len(path), 32)]


def statement_check(certificate: Mapping[str, Any], digest: bytes) -> None:
    """Check what a certificate says of the retirement against the digest in its ledger entries.

    Without the salt (a beneficiary that is not disclosed, or was erased) purpose, period and number are checked, and
    that nothing else is claimed.

    Raises:
        ProofInvalid: the certificate says something else than the retirement did.
        KeyError, TypeError, ValueError: it is incomplete or garbled.
    """
    statement = certificate.get("statement")
    if not statement:
        raise ProofInvalid("The certificate does not carry the statement that its ledger entries name.")
    text, salt = statement["text"], statement["salt"]
    if statement_digest(text) != digest:
        raise ProofInvalid("What the certificate says is not what its ledger entries hold the digest of.")
    if UUID(text["certificate"]) != UUID(certificate["certificate"]):
        raise ProofInvalid("The ledger entries belong to another certificate.")
    if text["period"] != certificate["period"] or RetirementPurpose(text["purpose"]).label != certificate["purpose"]:
        raise ProofInvalid("The certificate's purpose or period is not the retirement's.")
    # Of before there were inventories: neither the statement nor the certificate has the word.
    if text.get("inventory", "") != certificate.get("inventory", ""):
        raise ProofInvalid("The certificate's inventory is not the retirement's.")
    shown = (certificate["beneficiary"], certificate["beneficiary_location"], certificate["note"])
    if salt is None:
        if shown not in {(NOT_DISCLOSED, "", ""), (ERASED, "", "")}:
            raise ProofInvalid("The certificate names a beneficiary and does not carry the salt that would prove it.")
        return
    beneficiary, location, note = shown
    proved = beneficiary_digest(salt=bytes.fromhex(salt), beneficiary=beneficiary, location=location, note=note)
    if proved.hex() != text["beneficiary"]:
        raise ProofInvalid("The beneficiary, location or note on the certificate is not the retirement's.")


def _check_statement(certificate: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> None:
    """Entries of the first format name no statement: of who and why, their certificates prove nothing."""
    digests = {document["statement"] if "format" in document else None for document in documents}
    for digest in digests:
        if digest is not None:
            statement_check(certificate, bytes.fromhex(digest))
    retired_at = datetime.fromisoformat(certificate["retired_at"])
    if any(datetime.fromisoformat(document["at"]) != retired_at for document in documents):
        raise ProofInvalid("The certificate names another time than its ledger entries.")


def _check_signature(checkpoint: Mapping[str, Any], public_key: bytes) -> None:
    if bytes.fromhex(checkpoint["public_key"]) != public_key:
        raise ProofInvalid("The checkpoint was signed with another key than the one given.")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            bytes.fromhex(checkpoint["signature"]), canonical_text(checkpoint["statement"])
        )
    except InvalidSignature:
        raise ProofInvalid("The checkpoint's signature does not fit its statement.") from None


def _check_entry(entry: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Check one entry up to the checkpoint's root; returns the ranges it retired."""
    document, leaf = entry["document"], entry["batch_leaf"]
    name = f"Entry {document['position']} of {document['batch']}"
    entry_hash = chained_hash(bytes.fromhex(entry["previous_hash"]), document)
    if entry_hash.hex() != entry["hash"]:
        raise ProofInvalid(f"{name}: its hash is not that of its content.")
    if leaf["batch"] != document["batch"] or not is_included(
        data=entry_hash,
        index=document["position"] - 1,
        size=leaf["entries"],
        proof=[bytes.fromhex(step) for step in entry["entry_proof"]],
        root=bytes.fromhex(leaf["entries_root"]),
    ):
        raise ProofInvalid(f"{name}: it is not in its batch's chain.")
    if not is_included(
        data=canonical_text(leaf),
        index=entry["batch_index"],
        size=checkpoint["statement"]["batches"],
        proof=[bytes.fromhex(step) for step in entry["batch_proof"]],
        root=bytes.fromhex(checkpoint["statement"]["root"]),
    ):
        raise ProofInvalid(f"{name}: its batch is not in the checkpoint.")
    return [(document["batch"], line[0], line[1]) for line in document["lines"] if line[5] == "retired"]
