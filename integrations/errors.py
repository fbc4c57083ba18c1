"""The errors of the integrations app, of the family in `carboncore.common.errors`."""

from carboncore.common.errors import InvalidInput, NotFound


class ImportFileRefused(InvalidInput):
    """The file cannot be imported as a whole; the reason says what is wrong with it and what to do."""

    code = "import_file_refused"

    def __init__(self, reason: str) -> None:
        super().__init__({"file": [reason]}, message=reason)
        self.reason = reason


class ConflictNotFound(NotFound):
    """There is no such listing conflict."""

    code = "conflict_not_found"

    def __init__(self) -> None:
        super().__init__("Listing conflict not found.")
