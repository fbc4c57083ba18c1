"""Errors of the transactions app."""

from carboncore.common.errors import InvalidInput, NotAllowed, NotFound, StateConflict


class QuantityRefused(InvalidInput):
    """The quantity is not a positive number of tonnes with at most three places."""

    code = "quantity_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__({"quantity": [reason]}, message=reason)


class NotEnoughCredits(StateConflict):
    """The account does not hold that many credits in the state the movement needs."""

    code = "not_enough_credits"


class CreditsNotMovable(StateConflict):
    """The named credits are not held by the account in the state the movement needs."""

    code = "credits_not_movable"


class AccountNotUsable(StateConflict):
    """The account is frozen or closed: it neither gives nor receives."""

    code = "account_not_usable"


class AccountNotFound(NotFound):
    """There is no such account, or the actor may not know that there is."""

    code = "account_not_found"

    def __init__(self) -> None:
        super().__init__("Account not found.")


class SecondPersonNeeded(NotAllowed):
    """Whoever asked for this cannot also approve it."""

    code = "second_person_needed"


class IdempotencyKeyReused(StateConflict):
    """The same Idempotency-Key was used before for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request. Use a new key for a new request.")


class IssuanceNotPossible(StateConflict):
    """The issuance request is not in a state, or its project is not, in which this can be done."""

    code = "issuance_not_possible"


class EntryNotReversible(StateConflict):
    """The credits have moved on since, or the entry is final."""

    code = "entry_not_reversible"
