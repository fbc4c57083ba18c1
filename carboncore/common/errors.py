"""The one family of errors that services raise; each names its stable code and its HTTP status.

Entrances translate them once: the API in `carboncore.common.api.errors`, the admin as a message,
commands as an exit code. Services never speak HTTP beyond the number written here.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class RegistryError(Exception):
    """Something the caller asked for cannot be done; nothing was changed.

    `message` is a sentence for a person that says what to do next; `code` is stable and for programs.
    """

    code: ClassVar[str] = "registry_error"
    http_status: ClassVar[int] = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(RegistryError):
    """One or more fields cannot be accepted. `errors` maps each field to its reasons."""

    code = "invalid"
    http_status = 400

    def __init__(
        self,
        errors: Mapping[str, Sequence[str]],
        message: str = "Please correct the fields named in `errors`.",
    ) -> None:
        super().__init__(message)
        self.errors: dict[str, list[str]] = {field: list(reasons) for field, reasons in errors.items()}


class StateConflict(RegistryError):
    """The request is well-formed but the record's present state does not allow it."""

    code = "conflict"
    http_status = 409


class NotAllowed(RegistryError):
    """The actor is known but lacks the right to do this."""

    code = "permission_denied"
    http_status = 403


class NotFound(RegistryError):
    """There is no such record, or the actor may not know that there is."""

    code = "not_found"
    http_status = 404


class TryLater(RegistryError):
    """The limit for this kind of request is reached; `retry_after` is in whole seconds."""

    code = "throttled"
    http_status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
