"""Random secrets of this checkout, made once and kept in `var/secrets.json`, for a laptop that was given none.

Knows nothing of Django, so that `scripts/run` and the settings read the very same file.
"""

import json
import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "JWT_SIGNING_KEY")


def ensure(var_dir: Path) -> dict[str, str]:
    """Return a secret for each of `NAMES`, creating the file (mode 0600) where it does not exist yet.

    Two processes that start at once end up with the same secrets: the file appears whole or not at all, and the
    first one wins.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the file is there but does not hold the secrets.
    """
    path = var_dir / "secrets.json"
    if not path.exists():
        _create(path)
    try:
        kept = json.loads(path.read_text())
        return {name: str(kept[name]) for name in NAMES}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error!r}); delete it and new secrets will be made.") from error


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({name: secrets.token_urlsafe(64) for name in NAMES}, file)
    try:
        os.link(draft, path)  # fails when another process was first, and then its secrets hold
    except FileExistsError:
        pass
    finally:
        draft.unlink()
