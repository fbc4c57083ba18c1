"""The project lifecycle: every move that exists, on one screen.

`required` names checks in `registry.services.lifecycle`; a move is refused with every reason at once.
`second_person` keeps whoever submitted or validated a project from also registering it.
"""

from dataclasses import dataclass

from registry.choices import ProjectStatus as S


@dataclass(frozen=True)
class Move:
    """One move of the lifecycle and what it asks of the project and of whoever makes it."""

    name: str
    label: str
    sources: tuple[S, ...]
    target: S
    permission: str
    required: tuple[str, ...] = ()
    comment_required: bool = False
    second_person: bool = False
    explanation: str = ""


_BASICS = ("initiator", "type", "country", "region", "vintage_year", "boundary_if_land_based")

MOVES: tuple[Move, ...] = (
    Move(
        "submit", "Submit", (S.DRAFT, S.RETURNED), S.SUBMITTED, "registry.submit_project",
        required=_BASICS,
        explanation="The description is complete; it waits for somebody to take it into validation.",
    ),
    Move(
        "begin_validation", "Begin validation", (S.SUBMITTED,), S.UNDER_VALIDATION, "registry.validate_project",
        required=(*_BASICS, "standard"),
        explanation="A verification body examines the project against its standard.",
    ),
    Move(
        "return", "Return", (S.SUBMITTED, S.UNDER_VALIDATION), S.RETURNED, "registry.validate_project",
        comment_required=True,
        explanation="Something is missing or wrong; the comment says what to correct before it is submitted again.",
    ),
    Move(
        "reject", "Reject", (S.SUBMITTED, S.UNDER_VALIDATION), S.REJECTED, "registry.validate_project",
        comment_required=True,
        explanation="Final: the project is refused and its land becomes free for another.",
    ),
    Move(
        "register", "Register", (S.UNDER_VALIDATION,), S.REGISTERED, "registry.register_project",
        required=(
            "persons", *_BASICS, "standard", "methodology", "validator", "validation_date", "crediting_period",
            "overlaps",
        ),
        second_person=True,
        explanation="Credits can be issued from now on. Only somebody who neither submitted nor validated it may.",
    ),
    Move(
        "suspend", "Suspend", (S.REGISTERED,), S.SUSPENDED, "registry.suspend_project",
        comment_required=True,
        explanation="No credits are issued or sold until the project is reinstated.",
    ),
    Move(
        "reinstate", "Reinstate", (S.SUSPENDED,), S.REGISTERED, "registry.suspend_project",
        required=("overlaps",), comment_required=True,
        explanation="The reason for the suspension is gone.",
    ),
    Move(
        "complete", "Complete", (S.REGISTERED, S.SUSPENDED), S.COMPLETED, "registry.register_project",
        comment_required=True,
        explanation="Final: the crediting period is over; credits already issued stay valid.",
    ),
    Move(
        "withdraw", "Withdraw",
        (S.DRAFT, S.SUBMITTED, S.UNDER_VALIDATION, S.RETURNED, S.REGISTERED, S.SUSPENDED), S.WITHDRAWN,
        "registry.withdraw_project", comment_required=True,
        explanation="Final: the proponent takes the project back; it leaves the public list.",
    ),
)  # fmt: skip

MOVES_BY_NAME = {move.name: move for move in MOVES}


def moves_from(status: str) -> tuple[Move, ...]:
    """Return the moves that leave `status`, in the table's order."""
    return tuple(move for move in MOVES if status in move.sources)
