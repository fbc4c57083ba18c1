"""Reads of the accounts app."""

import uuid

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from accounts.bearers import staff_bearer
from accounts.choices import MOVING_ROLES, SessionKind
from accounts.errors import OrganisationNotFound, PersonNotFound
from accounts.factors import MAIN_TYPES
from accounts.models import ApiKey, ExternalIdentity, Organisation, SignInSession, User
from carboncore.common.errors import NotAllowed, NotFound

MOST_SESSIONS = 100
MOST_ADMINISTRATORS = 1_000
SEES_USERS = "accounts.view_user"


def staff_by_token(text: str) -> User:
    """Return the active staff member whose token this is.

    Raises:
        TokenRefused: it expired, was not made here, or its owner may no longer use it.
    """
    return staff_bearer(text).user


def live_session(public_id: uuid.UUID, *, kind: SessionKind) -> SignInSession | None:
    """Return the session of that id, with its person, if it still holds and the person may use it."""
    live = SignInSession.objects.live().select_related("user")
    return live.filter(public_id=public_id, kind=kind, user__is_active=True, user__is_staff=False).first()


def sessions_of(user: User) -> list[SignInSession]:
    """Return the person's sessions that still hold, the one seen last first."""
    live = SignInSession.objects.live().filter(user=user)
    return list(live.order_by("-last_seen_at", "-pk")[:MOST_SESSIONS])


def api_keys_of(user: User) -> list[ApiKey]:
    """Return the person's API keys, the newest first, with those that ended lately."""
    return list(ApiKey.objects.filter(user=user)[:MOST_SESSIONS])


def identities_of(user: User) -> list[ExternalIdentity]:
    """Return who the person is at outside providers, as far as that signs them in."""
    return list(ExternalIdentity.objects.filter(user=user, unlinked_at__isnull=True)[:MOST_SESSIONS])


def person_shown_to(*, viewer: User | None, public_id: uuid.UUID) -> tuple[User, bool]:
    """Return a person, and whether the viewer sees more than what is public: themselves, and staff who view users.

    Raises:
        PersonNotFound: there is none whom the viewer may know of. Staff are no public persons, nor is who was erased.
    """
    user = User.objects.filter(public_id=public_id).first()
    sees_all = viewer is not None and user is not None and (viewer.pk == user.pk or viewer.has_perm(SEES_USERS))
    public = user is not None and user.is_active and bool(user.username) and not user.is_staff
    if user is None or not (public or sees_all):
        raise PersonNotFound
    return user, sees_all


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


def administrators() -> QuerySet[User]:
    """Return the staff accounts with their groups, limits and `has_factor`, by e-mail; the first thousand."""
    return _administrators().order_by("email")[:MOST_ADMINISTRATORS]


def administrator_by_id(*, public_id: uuid.UUID) -> User:
    """Return one staff account, as `administrators` does.

    Raises:
        NotFound: there is none.
    """
    user = _administrators().filter(public_id=public_id).first()
    if user is None:
        raise NotFound("There is no such administrator.")
    return user


def _administrators() -> QuerySet[User]:
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=MAIN_TYPES)
    staff = User.objects.filter(is_staff=True).annotate(has_factor=Exists(factors))
    return staff.select_related("staff_scope").prefetch_related("groups")
