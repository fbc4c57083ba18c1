"""The registry's own errors, all of the family in `carboncore.common.errors`."""

from carboncore.common.errors import InvalidInput, NotAllowed, NotFound, StateConflict


class BoundaryInvalid(InvalidInput):
    """A project boundary cannot be accepted; the reason says where the fault is and how to mend it."""

    code = "boundary_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__({"coordinates": [reason]}, message=reason)
        self.reason = reason


class ProjectNotFound(NotFound):
    """There is no such project."""

    code = "project_not_found"

    def __init__(self) -> None:
        super().__init__("Project not found.")


class ProjectChangedMeanwhile(StateConflict):
    """Somebody else saved the project since the caller read it."""

    code = "project_changed"

    def __init__(self) -> None:
        super().__init__(
            "Somebody else changed this project since you opened it. Load it again and repeat your change."
        )


class ProjectHasCredits(StateConflict):
    """Credits were issued to the project, so it cannot be deleted."""

    code = "project_has_credits"

    def __init__(self) -> None:
        super().__init__("Credits were issued to this project; it can be withdrawn or completed, never deleted.")


class MoveNotPossible(StateConflict):
    """The lifecycle has no such move from the project's present status."""

    code = "move_not_possible"


class MoveNotAllowed(NotAllowed):
    """The actor may not make this move: no permission, or it needs a second person."""

    code = "move_not_allowed"


class MoveRequirementsMissing(InvalidInput):
    """The project is not ready for this move; `errors` names each thing to complete."""

    code = "move_requirements_missing"


class StillInUse(StateConflict):
    """The record is referred to by others, so it cannot be deleted."""

    code = "in_use"


class MonitoringPeriodNotFound(NotFound):
    """There is no such monitoring period."""

    code = "monitoring_period_not_found"

    def __init__(self) -> None:
        super().__init__("Monitoring period not found.")


class MonitoringNotPossible(StateConflict):
    """The monitoring period's present status does not allow this step."""

    code = "monitoring_not_possible"


class MonitoringNotAllowed(NotAllowed):
    """The actor may not take this step: no permission, or it needs a second person."""

    code = "monitoring_not_allowed"
