"""The backup's table of contents: what is in it, from when, made by what, and how each part is known to be whole."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from carboncore.operations.backup.errors import BackupDamaged, WrongKey
from carboncore.operations.backup.sealing import SCHEME, Keys

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Part:
    """One file of the backup. `sha256` and `bytes` are of the file as it is stored, encrypted or not."""

    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """All that is told of a backup; `tables` maps a table to its rows, `ledger` says where the ledger stood."""

    created_at: str
    versions: dict[str, str]
    migrations: dict[str, str]
    tables: dict[str, int]
    ledger: dict[str, Any]
    media: dict[str, int]
    parts: dict[str, Part]
    salt: str = ""
    """Hex; empty: not encrypted."""
    format: int = FORMAT
    encryption: str = field(default="")

    def write(self, folder: Path, keys: Keys | None) -> None:
        """Write it, with a checksum, and with a mark of the key where there is one."""
        body = asdict(self)
        text = _canonical(body)
        seal = {"sha256": hashlib.sha256(text).hexdigest()}
        if keys is not None:
            seal |= {"key": keys.mark("key", b""), "mark": keys.mark("manifest", text)}
        (folder / NAME).write_text(json.dumps({**body, "seal": seal}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def read_manifest(folder: Path, secret: str) -> tuple[Manifest, Keys | None]:
    """Read a backup's manifest and derive its keys from the operator's.

    Raises:
        BackupDamaged: there is none, or it is not what was written.
        WrongKey: it was encrypted with another key, or there is no key and it needs one.
    """
    try:
        body = json.loads((folder / NAME).read_text("utf-8"))
        seal, text = body.pop("seal"), _canonical({k: v for k, v in body.items() if k != "seal"})
        if body["format"] != FORMAT:
            raise BackupDamaged(f"{folder} has format {body['format']}, which this version does not know.")
        manifest = Manifest(**{**body, "parts": {name: Part(**part) for name, part in body["parts"].items()}})
    except FileNotFoundError:
        raise BackupDamaged(f"{folder} is no whole backup: it has no {NAME}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupDamaged(f"{folder / NAME} cannot be read ({error}): take another copy of this backup.") from None
    if seal.get("sha256") != hashlib.sha256(text).hexdigest():
        raise BackupDamaged(f"{folder / NAME} is not what was written: take another copy of this backup.")
    return manifest, _proven_keys(manifest, seal, text, secret)


def _proven_keys(manifest: Manifest, seal: dict[str, str], text: bytes, secret: str) -> Keys | None:
    if not manifest.salt:
        return None
    if manifest.encryption != SCHEME:
        raise BackupDamaged(f"The backup is encrypted in a way this version does not know: {manifest.encryption[:40]}.")
    if not secret:
        raise WrongKey("This backup is encrypted: set BACKUP_KEY, or name a file that holds the key with --key-file.")
    keys = Keys(secret, bytes.fromhex(manifest.salt))
    if not hmac.compare_digest(keys.mark("key", b""), seal.get("key", "")):
        raise WrongKey("This backup was encrypted with another key: name the one of its time with --key-file.")
    if not hmac.compare_digest(keys.mark("manifest", text), seal.get("mark", "")):
        raise BackupDamaged("The manifest was altered after it was written: take another copy of this backup.")
    return keys


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
