"""A data source's health in words: why it does not work, and what helps; for its own page and its organisation's."""

from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.models import Connection

# What each problem asks for, and of whom.
_NEXT = {
    ConnectionProblem.CREDENTIALS_REFUSED: "Its owner has to enter new credentials.",
    ConnectionProblem.CREDENTIALS_UNREADABLE: "Put the missing key back into CREDENTIAL_KEYS, or let its owner enter"
    " the credentials again.",
    ConnectionProblem.REAUTHORISATION_NEEDED: "Its owner has to give the permission at the provider again.",
    ConnectionProblem.PROVIDER_UNAVAILABLE: "Nothing to do: it is tried again by itself.",
    ConnectionProblem.ANSWER_UNREADABLE: "Look whether the provider changed its interface.",
    ConnectionProblem.NOTHING_FOUND: "Its owner has to look whether this is the account that they mean.",
    ConnectionProblem.ERROR_BUDGET_SPENT: "Look at its last syncs; retry once the cause is gone.",
}


def health_of(connection: Connection) -> str:
    """Return how it does, in one word or two."""
    return "Disconnected" if connection.disconnected_at else str(connection.get_status_display())


def reason_of(connection: Connection) -> str:
    """Return in words why it does not work; a dash where it does."""
    if connection.disconnected_at:
        return "Disconnected by its owner"
    if connection.status == ConnectionStatus.PENDING and not connection.problem:
        return "Waits for its owner's permission at the provider"
    if not connection.problem:
        return "Paused" if connection.status == ConnectionStatus.DISABLED else "–"
    return connection.error_message or connection.get_problem_display()


def next_step_of(connection: Connection) -> str:
    """Return what helps, and who can do it; a dash where nothing has to be done."""
    return _NEXT.get(ConnectionProblem(connection.problem), "–")
