"""A data source's state in words for whoever owns it: how it does, why, and what they can do about it."""

from dataclasses import dataclass

from integrations.choices import ConnectionProblem, ConnectionStatus, IntegrationType
from integrations.models import Connection

_SENT = {
    IntegrationType.FILE_UPLOAD: ("Ready for files", "Upload a CSV or Excel file."),
    IntegrationType.MANUAL_ENTRY: ("Ready for figures", "Enter figures, or upload a file of them."),
    IntegrationType.WEBHOOK: ("Ready for deliveries", "Your own program sends readings to its address."),
}
_HELPS = {
    ConnectionProblem.CREDENTIALS_REFUSED: "Enter new credentials.",
    ConnectionProblem.REAUTHORISATION_NEEDED: "Give the permission at the provider again.",
    ConnectionProblem.PROVIDER_UNAVAILABLE: "Nothing to do: it is tried again by itself.",
    ConnectionProblem.ANSWER_UNREADABLE: "It is tried again by itself; the operator can see this, too.",
    ConnectionProblem.NOTHING_FOUND: "Look whether this is the account that you mean.",
    ConnectionProblem.ERROR_BUDGET_SPENT: "Press “Go on” once the cause is gone.",
}


_OWNERS = (
    ConnectionProblem.CREDENTIALS_REFUSED,
    ConnectionProblem.CREDENTIALS_UNREADABLE,
    ConnectionProblem.REAUTHORISATION_NEEDED,
)
# What waits for its owner, and the button's words for it.
_DEEDS = {
    ConnectionProblem.CREDENTIALS_REFUSED: "Enter credentials",
    ConnectionProblem.REAUTHORISATION_NEEDED: "Give permission",
    ConnectionProblem.ERROR_BUDGET_SPENT: "Look at it",
}


@dataclass(frozen=True)
class Standing:
    """How a source does: a word or two, why, what helps, and the deed that its owner has to do; these may be empty."""

    label: str
    why: str = ""
    helps: str = ""
    is_well: bool = False
    deed: str = ""

    @property
    def waits(self) -> bool:
        """Tell whether nothing goes on before its owner did something."""
        return bool(self.deed)


def standing_of(source: Connection) -> Standing:
    """Return how a connected data source does and what its owner does next."""
    entry = source.integration
    if source.problem:
        why, asked = source.error_message or f"{source.get_problem_display()}.", _asked_of_owner(source)
        return Standing("Needs attention", why, _HELPS[asked], deed=_DEEDS.get(asked, ""))
    if source.status == ConnectionStatus.PENDING:
        why = f"{entry.provider} waits for your permission."
        return Standing("Waiting", why, "Give it to begin.", deed="Give permission")
    if source.status == ConnectionStatus.DISABLED:
        return Standing("Paused", "Nothing is read.", "Press “Go on” to read it again.", deed="Look at it")
    if source.status == ConnectionStatus.ERROR:
        return Standing("Needs attention", source.error_message, "It is tried again by itself.")
    if not entry.adapter:
        label, helps = _SENT.get(IntegrationType(entry.type), ("Connected", ""))
        return Standing(label, helps=helps, is_well=True)
    if source.last_synced_at is None:
        return Standing("Connected", "The first readings are on their way.", is_well=True)
    return Standing("Connected", is_well=True)


def needs_permission(source: Connection) -> bool:
    """Tell whether its owner has to give the provider's permission, for the first time or again."""
    waits = source.status == ConnectionStatus.PENDING or source.problem in _OWNERS
    return source.integration.type == IntegrationType.OAUTH and waits


def _asked_of_owner(source: Connection) -> ConnectionProblem:
    """Return the problem by what its owner can do: credentials are entered, a permission is given."""
    if source.problem not in _OWNERS:
        return ConnectionProblem(source.problem)
    return _OWNERS[-1] if needs_permission(source) else _OWNERS[0]
