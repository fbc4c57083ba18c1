"""What an adapter of a provider is: it asks the provider, and turns answers into readings. It knows no table.

An adapter is one class in one file. `check` is the one real call made before credentials are stored; `read` yields
the readings of a time, as they come, so that no answer has to fit into memory. Whatever goes wrong is one of the
problems below, whose message a data source's owner can act on; a single bad record is no problem of the whole
reading, but a `RejectedRecord` with its reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, runtime_checkable

from integrations.choices import ConnectionProblem
from integrations.reading_records import ReadingRecord, RejectedRecord

# What is decrypted for the time of a call: names as in the catalogue's `credential_fields` (`apiKey`, `username`, …),
# or `access_token` where OAuth 2 is spoken.
Credentials = Mapping[str, str]
# The connection's own settings, no secrets; an adapter names in `AccountFound.settings` what it wants kept there.
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Tokens:
    """What a provider gave: `expires_at` is None where it did not say; `refresh_token` is empty where it gave none."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False, default="")
    expires_at: datetime | None = None


@dataclass(frozen=True)
class AccountFound:
    """The account that credentials open: what the provider calls it, and settings that a reading needs.

    `tokens` are kept in the place of the credentials that were given, so that a password is not stored.
    """

    reference: str
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tokens: Tokens | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Limits:
    """How a provider wants to be asked; the sync keeps to it.

    `history`: how far back the first sync may ask. `longest_range`: the longest time that one call of `read` should be
    asked for. `reread`: how far before the last reading the next sync begins, because late values are corrected.
    `pause`: the least time between two syncs of one connection.
    """

    history: timedelta = timedelta(days=395)
    longest_range: timedelta = timedelta(days=31)
    reread: timedelta = timedelta(days=7)
    pause: timedelta = timedelta(minutes=5)


class Adapter(Protocol):
    """One provider's reader; made for each use with the catalogue's base URL, or with its own where that is empty."""

    name: ClassVar[str]
    limits: ClassVar[Limits]
    # The settings of a connection that it reads, each with the values that it may have; none where any text goes.
    own_settings: ClassVar[Mapping[str, tuple[str, ...]]]

    def __init__(self, base_url: str = "") -> None: ...

    def check(self, credentials: Credentials, settings: Settings) -> AccountFound:
        """Ask the provider whose account this is; the one call before credentials are stored.

        Raises:
            ProviderProblem: one of those below.
        """
        ...

    def read(
        self, credentials: Credentials, settings: Settings, since: datetime, until: datetime
    ) -> Iterator[ReadingRecord | RejectedRecord]:
        """Yield the readings that begin in [since, until), in any order; both times are aware.

        Raises:
            ProviderProblem: one of those below; what was yielded before it is good.
        """
        ...


@runtime_checkable
class Renewing(Protocol):
    """An adapter whose `check` gives tokens without OAuth: it also renews them."""

    def renew(self, refresh_token: str) -> Tokens:
        """Return new tokens for a refresh token.

        Raises:
            ReauthorisationNeeded: it has ended. It is not to be tried again.
            ProviderProblem: one of those below.
        """
        ...


class ProviderProblem(Exception):
    """Why a provider could not be read, in words for the data source's owner; never with a secret in it."""

    problem: ClassVar[ConnectionProblem] = ConnectionProblem.ANSWER_UNREADABLE

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CredentialsRefused(ProviderProblem):
    """The provider knows the credentials and refuses them; asking again will not help."""

    problem = ConnectionProblem.CREDENTIALS_REFUSED


class ReauthorisationNeeded(ProviderProblem):
    """The permission was withdrawn or has ended; its owner has to give it again."""

    problem = ConnectionProblem.REAUTHORISATION_NEEDED


class NothingFound(ProviderProblem):
    """The credentials are good, but the account has no meter or usage that could be read."""

    problem = ConnectionProblem.NOTHING_FOUND


class CredentialsUnreadable(ProviderProblem):
    """The stored credentials cannot be decrypted: the key is gone, or the envelope was altered."""

    problem = ConnectionProblem.CREDENTIALS_UNREADABLE


class AnswerUnreadable(ProviderProblem):
    """The provider answered what its contract does not say: no JSON, a field missing, HTML."""

    problem = ConnectionProblem.ANSWER_UNREADABLE


class ProviderUnavailable(ProviderProblem):
    """The provider is down, too slow or asks to wait; `retry_after` is in whole seconds where it said so."""

    problem = ConnectionProblem.PROVIDER_UNAVAILABLE

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
