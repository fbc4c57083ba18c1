"""What the accounts app itself holds about a person: its part of exports and erasures."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.choices import InvitationState, MembershipRole
from accounts.models import (
    ApiKey,
    ExternalIdentity,
    Membership,
    OrganisationInvitation,
    Registration,
    SignInSession,
    User,
)
from accounts.services.memberships import membership_remove


def account_data(user: User) -> dict[str, Any]:
    """Return the account, its sessions, keys, identities and tries to sign in, and its memberships."""
    return {
        "account": {
            "id": str(user.public_id),
            "email": user.email,
            "email_confirmed_at": _time(user.email_confirmed_at),
            "username": user.username,
            "full_name": user.full_name,
            "roles": user.roles,
            "is_active": user.is_active,
            "created_at": _time(user.date_joined),
            "last_sign_in_at": _time(user.last_login),
        },
        "sessions": [
            {
                "id": str(session.public_id),
                "kind": session.kind,
                "ip_address": session.ip_address,
                "user_agent": session.user_agent,
                "created_at": _time(session.created_at),
                "last_seen_at": _time(session.last_seen_at),
                "ended_at": _time(session.ended_at),
                "end_reason": session.end_reason,
            }
            for session in user.sign_in_sessions.all()
        ],
        "api_keys": [
            {
                "id": str(key.public_id),
                "name": key.name,
                "scopes": key.scopes,
                "created_at": _time(key.created_at),
                "expires_at": _time(key.expires_at),
                "last_used_at": _time(key.last_used_at),
                "last_used_from": key.last_used_from,
                "ended_at": _time(key.ended_at),
            }
            for key in ApiKey.objects.filter(user=user)
        ],
        "external_identities": [
            {
                "issuer": identity.issuer,
                "subject": identity.subject,
                "email": identity.email,
                "linked_at": _time(identity.linked_at),
                "last_used_at": _time(identity.last_used_at),
                "unlinked_at": _time(identity.unlinked_at),
            }
            for identity in ExternalIdentity.objects.filter(user=user)
        ],
        "sign_in_attempts": [
            {"at": _time(attempt.attempted_at), "ip_address": attempt.ip_address, "succeeded": attempt.succeeded}
            for attempt in user.sign_in_attempts.all()
        ],
        "memberships": [
            {
                "organisation": membership.organisation.name,
                "role": membership.role,
                "since": _time(membership.created_at),
            }
            for membership in user.memberships.select_related("organisation")
        ],
        "invitations": [
            {
                "organisation": invitation.organisation.name,
                "email": invitation.email,
                "role": invitation.role,
                "state": invitation.state,
                "created_at": _time(invitation.created_at),
            }
            for invitation in _invitations(user).select_related("organisation").order_by("pk")
        ],
    }


def account_data_erase(user: User) -> None:
    """Forget where the person signed in from and what they asked for, and end their memberships."""
    Registration.objects.filter(email=user.email).delete()
    user.sign_in_attempts.all().delete()
    user.one_time_links.all().delete()
    SignInSession.objects.filter(user=user).update(ip_address=None, user_agent="")
    ApiKey.objects.filter(user=user).delete()
    ExternalIdentity.objects.filter(user=user).update(issuer="", subject="", email="")
    _invitations(user).exclude(state=InvitationState.ACCEPTED).delete()
    _invitations(user).update(email="")
    for membership in user.memberships.select_related("organisation"):
        membership_remove(actor=user, organisation=membership.organisation, user=user)


def last_ownerships(user: User) -> str:
    """Return what to do about organisations whose last owner the person is; nothing where there are none."""
    owned = Membership.objects.filter(user=user, role=MembershipRole.OWNER).select_related("organisation")
    others = Membership.objects.filter(role=MembershipRole.OWNER).exclude(user=user)
    alone = owned.exclude(organisation__in=others.values("organisation"))
    names = [membership.organisation.name for membership in alone]
    if not names:
        return ""
    return f"You are the last owner of {', '.join(names)}. Make another member an owner first."


def _invitations(user: User) -> QuerySet[OrganisationInvitation]:
    """Return what the person was invited to, under the e-mail they have or answered with another."""
    return OrganisationInvitation.objects.filter(
        Q(email=user.email) | (Q(decided_by=user) & ~Q(state=InvitationState.REVOKED))
    )


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
