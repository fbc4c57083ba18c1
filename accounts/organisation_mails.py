"""The mails of organisations: to who is invited, and to members about what the others did or ask for."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.choices import MembershipRole
from accounts.models import LimitRequest, Membership, Organisation, OrganisationInvitation, User
from carboncore.common.quantities import tonnes_from_kg
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import mail_send

INVITATIONS_A_DAY = 5
_FOLDER = "accounts/mail/"
_INVITATION = f"{_FOLDER}organisation_invitation"


def mail_invitation(*, invitation: OrganisationInvitation, token: str) -> None:
    """Send the link that an invitation is accepted by. Of many a day to one e-mail, the further ones are not sent."""
    lately = OutgoingMail.objects.filter(
        recipient=invitation.email, template=_INVITATION, created_at__gt=timezone.now() - timedelta(days=1)
    )
    if lately.count() >= INVITATIONS_A_DAY:
        return
    mail_send(
        to=invitation.email,
        template=_INVITATION,
        context={
            "organisation": invitation.organisation.name,
            "invited_by": person_name(invitation.invited_by),
            "role": MembershipRole(invitation.role).label.lower(),
            "until": moment_text(invitation.expires_at),
            "link_label": "Look at the invitation",
            "link": f"{settings.PUBLIC_URL}/account/invitation/{token}",
        },
    )


def mail_invitation_answered(*, invitation: OrganisationInvitation, person: User, accepted: bool) -> None:
    """Tell who invited what became of it."""
    _send(
        "invitation_answered",
        invitation.invited_by,
        {
            "organisation": invitation.organisation.name,
            "person": person_name(person),
            "email": invitation.email,
            "accepted": accepted,
            "role": MembershipRole(invitation.role).label.lower(),
        },
    )


def mail_ownership(*, organisation: Organisation, giver: User, receiver: User) -> None:
    """Tell the new owner."""
    values = {"organisation": organisation.name, "giver": person_name(giver)}
    _send("ownership_transferred", receiver, values)


def mail_limit_asked(*, request: LimitRequest) -> None:
    """Ask the other owners to decide about a higher limit."""
    owners = Membership.objects.filter(
        organisation=request.organisation, role=MembershipRole.OWNER, user__is_active=True
    )
    values = {
        "organisation": request.organisation.name,
        "asked_by": person_name(request.asked_by),
        "limit": limit_text(request.limit_kg),
        "until": moment_text(request.expires_at),
        "link_label": "Decide about it",
        "link": organisation_address(request.organisation),
    }
    for owner in owners.exclude(user=request.asked_by).select_related("user"):
        _send("limit_asked", owner.user, values)


def mail_limit_decided(*, request: LimitRequest, decided_by: User) -> None:
    """Tell who asked for a higher limit what the other owner said."""
    values = {
        "organisation": request.organisation.name,
        "limit": limit_text(request.limit_kg),
        "state": request.get_state_display().lower(),
        "decided_by": person_name(decided_by),
    }
    _send("limit_decided", request.asked_by, values)


def person_name(person: User) -> str:
    """Return what members of an organisation call each other in mails."""
    return person.full_name or person.username or person.email


def limit_text(limit_kg: int | None) -> str:
    """Return a limit as people write it."""
    return "no limit" if limit_kg is None else f"{tonnes_from_kg(limit_kg).normalize():,f} t CO2e in 24 hours"


def moment_text(moment: datetime) -> str:
    """Return a time as people write it: `3 May 2027, 12:30 UTC`."""
    return f"{moment:%d %B %Y, %H:%M} UTC".lstrip("0")


def organisation_address(organisation: Organisation) -> str:
    """Return the address of an organisation's page for its members."""
    return f"{settings.PUBLIC_URL}/account/organisations/{organisation.public_id}"


def _send(name: str, person: User, values: dict[str, Any]) -> None:
    if person.is_active:
        mail_send(to=person.email, template=f"{_FOLDER}{name}", context=values)
