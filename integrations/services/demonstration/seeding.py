"""Putting the demonstration into a registry that has no credits yet: all of it, or none."""

from dataclasses import dataclass

from django.db import transaction

from carboncore.common.context import Entrance, acting
from carboncore.mail.services import nobody_mailed
from integrations.locks import import_lock
from integrations.services.demonstration.people import people_enter, people_leave
from integrations.services.demonstration.plan import PROJECTS, RETIREMENTS, STANDARD
from integrations.services.demonstration.projects import credits_issue, projects_register
from integrations.services.demonstration.trading import credits_trade
from registry.models import Standard
from transactions.models import CreditBatch
from transactions.services.checkpoints import checkpoint_make


@dataclass(frozen=True)
class Demonstration:
    """What was added, or why nothing was."""

    projects: int = 0
    batches: int = 0
    retirements: int = 0
    left_out: str = ""


def demonstration_seed() -> Demonstration:
    """Add the demonstration's projects and everything that happens to their credits, and sign a checkpoint of it.

    Only where no credits were issued: what is unreal must never stand in a ledger that is in use. The people who act
    in it have no passwords and are deactivated in the same transaction, so that nobody can ever be one of them.
    """
    with transaction.atomic():
        import_lock()
        if Standard.objects.filter(code=STANDARD["code"]).exists():
            return Demonstration()
        if CreditBatch.objects.exists():
            return Demonstration(left_out="credits have been issued here, and invented ones do not belong among them")
        people = people_enter()
        # Nobody of these people has an address.
        with acting(people.officer, Entrance.COMMAND), nobody_mailed():
            projects = projects_register(people=people, plan=PROJECTS)
            batches = [
                batch
                for planned, project in zip(PROJECTS, projects, strict=True)
                for batch in credits_issue(people=people, project=project, plan=planned)
            ]
            credits_trade(people=people, projects=projects)
        people_leave(people=people)
    checkpoint_make()
    return Demonstration(projects=len(projects), batches=len(batches), retirements=len(RETIREMENTS))
