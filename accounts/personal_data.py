"""What other apps do about a person: when an e-mail is proven, for a copy of their data, and when they are erased.

Accounts stands below the other apps and cannot ask them, so each registers itself in its `AppConfig.ready()`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User


@dataclass(frozen=True)
class PersonalData:
    """What one app holds about people.

    `export` returns plain JSON values; `erase` empties what is personal and keeps what is the registry's;
    `hindrance` says in a sentence why a person cannot be erased yet and what to do first, or nothing.
    """

    name: str
    export: Callable[[User], Any]
    erase: Callable[[User], None]
    hindrance: Callable[[User], str] | None = None


_holders: dict[str, PersonalData] = {}
_email_handlers: list[Callable[[User], Any]] = []


def register_personal_data(
    *,
    name: str,
    export: Callable[[User], Any],
    erase: Callable[[User], None],
    hindrance: Callable[[User], str] | None = None,
) -> None:
    """Take part in exports and erasures under `name`, the key in the exported JSON."""
    _holders[name] = PersonalData(name, export, erase, hindrance)


def on_email_proven(handler: Callable[[User], Any]) -> None:
    """Have `handler` called, in the same transaction, whenever a person has proved that their e-mail is theirs."""
    if handler not in _email_handlers:
        _email_handlers.append(handler)


def personal_data_holders() -> list[PersonalData]:
    """Return everybody who holds something, in the order they registered."""
    return list(_holders.values())


def email_proven(user: User) -> None:
    """Tell everybody who asked that this person's e-mail is theirs."""
    for handler in _email_handlers:
        handler(user)
