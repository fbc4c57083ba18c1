"""Reads of the accounts app."""

import uuid

from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError

from accounts.choices import MOVING_ROLES
from accounts.errors import OrganisationNotFound, TokenRefused
from accounts.models import Organisation, User
from accounts.tokens import StaffToken
from carboncore.common.errors import NotAllowed, NotFound


def staff_by_token(text: str) -> User:
    """Return the active staff member whose token this is.

    Raises:
        TokenRefused: it expired, was not made here, or its owner may no longer use it.
    """
    try:
        token = StaffToken(text)  # type: ignore[arg-type]
        public_id = uuid.UUID(str(token.payload.get("sub")))
    except ExpiredTokenError:
        raise TokenRefused("Token expired", code="token_expired") from None
    except (TokenError, ValueError):
        raise TokenRefused("Invalid token") from None
    user = User.objects.filter(public_id=public_id).first()
    if user is None or not token.belongs_to(user):
        raise TokenRefused("Invalid token")
    return user


def organisation_visible_to(*, user: User, public_id: uuid.UUID) -> Organisation:
    """Return an organisation to its members and to staff who may view organisations.

    Raises:
        OrganisationNotFound: there is none, or the person may not know that there is.
    """
    found = Organisation.objects.visible_to(user).filter(public_id=public_id).first()
    if found is None:
        raise OrganisationNotFound
    return found


def organisation_acted_for_by(*, user: User, public_id: uuid.UUID) -> Organisation:
    """Return an organisation to its owners and traders, who act for it.

    Raises:
        OrganisationNotFound: there is none, or the person may not know that there is.
        NotAllowed: they may look at it, but do not act for it.
    """
    found = organisation_visible_to(user=user, public_id=public_id)
    if not found.memberships.filter(user=user, role__in=MOVING_ROLES).exists():
        raise NotAllowed("Only an owner or trader acts for this organisation.")
    return found


def user_by_public_id(*, public_id: uuid.UUID) -> User:
    """Return the person of a public id, which is told by its owner.

    Raises:
        NotFound: there is none.
    """
    user = User.objects.filter(public_id=public_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user
