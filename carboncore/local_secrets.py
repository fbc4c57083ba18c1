"""Random secrets of this checkout, made once and kept in `var/secrets.json`, for a laptop that was given none.

Knows nothing of Django, so that `scripts/run` and the settings read the very same file.
"""

import fcntl
import json
import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "JWT_SIGNING_KEY")


def ensure(var_dir: Path) -> dict[str, str]:
    """Return a secret for each of `NAMES`, making those that the file (mode 0600) does not hold yet.

    Two processes that start at once end up with the same secrets: the second waits for the first.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the file is there but cannot be read as secrets.
    """
    path = var_dir / "secrets.json"
    kept = _read(path)
    if not kept.keys() >= set(NAMES):
        var_dir.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = {name: secrets.token_urlsafe(64) for name in NAMES} | _read(path)
            _write(path, kept)
    return {name: kept[name] for name in NAMES}


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); delete it and new secrets will be made.") from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) and value for value in kept.values()):
        raise ValueError(f"{path} is damaged (not a table of texts); delete it and new secrets will be made.")
    return kept


def _write(path: Path, kept: dict[str, str]) -> None:
    """Write the file so that it appears whole or not at all, and is never readable by others."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(kept, file)
    draft.replace(path)
