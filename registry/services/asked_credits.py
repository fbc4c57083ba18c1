"""Credits asked for together with a new project: told to the app that issues, which registers itself here.

The apps point one way, so registry cannot call the ledger; the ledger says at the start what is to be done.
"""

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from registry.models import Project

# (who asks, for which project, kilograms of CO2e) → what to tell them
Filer = Callable[[User, Project, int], str]
_filers: list[Filer] = []


def asked_credits_go_to(*, filer: Filer) -> None:
    """Let `filer` make a request of credits that are asked for with a project; once, when the process starts."""
    _filers[:] = [filer]


def asked_credits_file(*, actor: User, project: Project, quantity_kg: int) -> str:
    """Pass on that `quantity_kg` credits (kg CO2e) are asked for; returns what became of it, for the person.

    Raises:
        InvalidInput: they cannot be asked for like this.
    """
    with transaction.atomic():
        said = [filer(actor, project, quantity_kg) for filer in _filers]
    return " ".join(said)
