"""Who is acting and through which entrance, for the history and the audit trail.

A context variable, set by the middleware, the commands and the jobs, so that services need no
request object and a history row still says where a change came from.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models


class Entrance(models.TextChoices):
    """The ways into the system; every change names the one it came through."""

    ADMIN = "admin", "Staff admin"
    API = "api", "API"
    COMMAND = "command", "Command line"
    JOB = "job", "Background job"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or None for the system itself) and the entrance of the present unit of work, and where it came from.

    `on_behalf_of` is the account or organisation for which the person acts, when that is somebody else. `proven_at` is
    when they last showed, in this session, who they are.
    """

    user: Any | None
    entrance: Entrance
    ip_address: str | None = None
    user_agent: str = ""
    request_id: str = ""
    on_behalf_of: Any | None = None
    proven_at: datetime | None = None


_NOBODY = Actor(None, Entrance.COMMAND)
_current: ContextVar[Actor] = ContextVar("carboncore_actor", default=_NOBODY)


def current_actor() -> Actor:
    """Return the actor of the present unit of work; a command with no user when nobody said."""
    return _current.get()


@contextmanager
def acting(
    user: Any | None,
    entrance: Entrance,
    *,
    ip_address: str | None = None,
    user_agent: str = "",
    request_id: str = "",
) -> Iterator[None]:
    """Run the block as `user` through `entrance`; the previous actor is restored afterwards."""
    token = _current.set(Actor(user, entrance, ip_address, user_agent, request_id))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting_for(principal: Any | None) -> Iterator[None]:
    """Run the block as the present actor on behalf of an account or organisation."""
    token = _current.set(replace(_current.get(), on_behalf_of=principal))
    try:
        yield
    finally:
        _current.reset(token)


def set_actor(user: Any | None, entrance: Entrance) -> None:
    """Name the actor for the rest of the enclosing `acting` block (a request learns its user late)."""
    _current.set(replace(_current.get(), user=user, entrance=entrance))


def set_proven_at(moment: datetime | None) -> None:
    """Say when the actor last showed who they are, for the rest of the enclosing `acting` block."""
    _current.set(replace(_current.get(), proven_at=moment))
