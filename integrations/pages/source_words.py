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
    ConnectionProblem.CREDENTIALS_UNREADABLE: "Enter the credentials again.",
    ConnectionProblem.REAUTHORISATION_NEEDED: "Give the permission at the provider again.",
    ConnectionProblem.PROVIDER_UNAVAILABLE: "Nothing to do: it is tried again by itself.",
    ConnectionProblem.ANSWER_UNREADABLE: "It is tried again by itself; the operator can see this, too.",
    ConnectionProblem.NOTHING_FOUND: "Look whether this is the account that you mean.",
    ConnectionProblem.ERROR_BUDGET_SPENT: "Press “Go on” once the cause is gone.",
}


@dataclass(frozen=True)
class Standing:
    """How a source does: a word or two, why (may be empty), what helps (may be empty), and whether all is well."""

    label: str
    why: str = ""
    helps: str = ""
    is_well: bool = False


def standing_of(source: Connection) -> Standing:
    """Return how a connected data source does and what its owner does next."""
    entry = source.integration
    if source.problem:
        problem = ConnectionProblem(source.problem)
        return Standing("Needs attention", source.error_message or f"{problem.label}.", _next_step(source, problem))
    if source.status == ConnectionStatus.PENDING:
        return Standing("Waiting", f"{entry.provider} has not been given the permission yet.", "Give the permission.")
    if source.status == ConnectionStatus.DISABLED:
        return Standing("Paused", "Nothing is read.", "Press “Go on” to read it again.")
    if source.status == ConnectionStatus.ERROR:
        return Standing("Needs attention", source.error_message, "It is tried again by itself.")
    if not entry.adapter:
        label, helps = _SENT.get(IntegrationType(entry.type), ("Connected", ""))
        return Standing(label, helps=helps, is_well=True)
    if source.last_synced_at is None:
        return Standing("Connected", "The first readings are on their way.", is_well=True)
    return Standing("Connected", is_well=True)


def _next_step(source: Connection, problem: ConnectionProblem) -> str:
    if problem == ConnectionProblem.CREDENTIALS_REFUSED and source.integration.type == IntegrationType.OAUTH:
        return _HELPS[ConnectionProblem.REAUTHORISATION_NEEDED]
    return _HELPS.get(problem, "")
