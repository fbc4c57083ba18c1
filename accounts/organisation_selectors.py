"""Reads about an organisation's invitations, documents and limit, narrowed to who may know of each."""

import uuid

from django.db.models import Q
from django.utils import timezone

from accounts.choices import ConsentState, InvitationState, MembershipRole
from accounts.errors import InvitationNotFound, LinkRefused
from accounts.models import LimitRequest, Organisation, OrganisationDocument, OrganisationInvitation, User
from accounts.querysets import DECIDES
from accounts.selectors import organisation_visible_to
from carboncore.common.errors import NotAllowed, NotFound

MOST_SHOWN = 200


def organisation_managed_by(*, user: User, public_id: uuid.UUID) -> Organisation:
    """Return an organisation to its owners and to staff who decide about organisations.

    Raises:
        OrganisationNotFound: there is none, or the person may not know that there is.
        NotAllowed: they may look at it, but do not look after it.
    """
    found = organisation_visible_to(user=user, public_id=public_id)
    owns = found.memberships.filter(user=user, role=MembershipRole.OWNER).exists()
    if not owns and not user.has_perm(DECIDES):
        raise NotAllowed("Only an owner of the organisation sees and sends its invitations.")
    return found


def invitation_of(*, organisation: Organisation, public_id: uuid.UUID) -> OrganisationInvitation:
    """Return an organisation's invitation.

    Raises:
        InvitationNotFound: it has none of this id.
    """
    found = OrganisationInvitation.objects.filter(organisation=organisation, public_id=public_id).first()
    if found is None:
        raise InvitationNotFound
    return found


def invitations_for(user: User) -> list[OrganisationInvitation]:
    """Return the invitations that wait for a person, by the e-mail that they have proved to be theirs."""
    if user.email_confirmed_at is None or user.is_staff:
        return []
    waiting = OrganisationInvitation.objects.filter(
        email=user.email, state=InvitationState.OPEN, expires_at__gt=timezone.now()
    )
    return list(waiting.select_related("organisation", "invited_by").order_by("-pk")[:MOST_SHOWN])


def invitation_for(*, user: User, public_id: uuid.UUID) -> OrganisationInvitation:
    """Return one invitation to the person whose e-mail it went to, whatever became of it.

    Raises:
        InvitationNotFound: there is none, or it went to somebody else.
    """
    own = Q(email=user.email) if user.email_confirmed_at is not None else Q(pk=0)
    found = OrganisationInvitation.objects.filter(own, public_id=public_id).exclude(email="").first()
    if found is None:
        raise InvitationNotFound
    return found


def invitation_by_digest(digest: str) -> OrganisationInvitation:
    """Return the open invitation whose link's token has this digest.

    Raises:
        LinkRefused: it is none, or the invitation was decided or its time is over.
    """
    found = OrganisationInvitation.objects.filter(digest=digest)
    invitation = found.select_related("organisation", "invited_by").first()
    if invitation is None or invitation.is_over:
        raise LinkRefused
    return invitation


def limit_request_of(organisation: Organisation) -> LimitRequest | None:
    """Return the higher limit that waits for a second owner of the organisation, if one does."""
    waiting = LimitRequest.objects.filter(
        organisation=organisation, state=ConsentState.PENDING, expires_at__gt=timezone.now()
    )
    return waiting.select_related("asked_by").first()


def documents_visible_to(*, user: User, organisation: Organisation) -> list[OrganisationDocument]:
    """Return the organisation's documents to its members and to staff who decide about organisations.

    Raises:
        NotAllowed: the person may know of the organisation, but not see its documents.
    """
    if not user.has_perm(DECIDES) and not organisation.memberships.filter(user=user).exists():
        raise NotAllowed("Its members and those who decide about organisations see its documents.")
    return list(organisation.documents.select_related("uploaded_by").order_by("pk"))


def document_visible_to(*, user: User, organisation: Organisation, public_id: uuid.UUID) -> OrganisationDocument:
    """Return one document, to the same.

    Raises:
        NotAllowed: as for all of them.
        NotFound: the organisation has none of this id.
    """
    documents = documents_visible_to(user=user, organisation=organisation)
    found = next((document for document in documents if document.public_id == public_id), None)
    if found is None:
        raise NotFound("There is no such document.")
    return found
