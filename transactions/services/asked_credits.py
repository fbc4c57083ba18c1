"""An issuance request for the credits that were asked for when a project was created."""

from accounts.models import User
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import tonnes_from_kg
from registry.models import Project
from transactions.rights import ASKS_ISSUANCE
from transactions.services.issuance import issuance_request_create


def asked_credits_request(actor: User, project: Project, quantity_kg: int) -> str:
    """File the request, without a monitoring period yet; returns what it waits for.

    The vintage is the project's, the standard its only one, or to be named at the approval.

    Raises:
        InvalidInput: on `available_credits` or `vintage_year`.
    """
    amount = f"{tonnes_from_kg(quantity_kg):,} credits"
    if not actor.has_perm(ASKS_ISSUANCE):
        return f"No issuance of {amount} was asked for: your role may not. Somebody who may can ask later."
    if project.vintage_year is None:
        raise InvalidInput({"vintage_year": ["Give the vintage of the credits asked for in `available_credits`."]})
    certifications = list(project.certifications.select_related("standard")[:2])
    try:
        request = issuance_request_create(
            actor=actor,
            project=project,
            vintage=project.vintage_year,
            quantity_kg=quantity_kg,
            standard=certifications[0].standard if len(certifications) == 1 else None,
        )
    except InvalidInput as error:
        renamed = {"quantity": "available_credits", "vintage": "vintage_year"}
        raise InvalidInput({renamed.get(name, name): reasons for name, reasons in error.errors.items()}) from error
    return (
        f"Issuance request {request.pk} over {amount} was filed; none are issued yet. It waits for the project to be"
        " registered, for a verified monitoring period, and for a second person to approve it."
    )
