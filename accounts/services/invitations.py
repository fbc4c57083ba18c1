"""Inviting staff by a link that works once: they choose a password, and then set a second factor up."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.choices import LinkPurpose
from accounts.errors import LinkRefused
from accounts.limits import NO_LIMITS, Limits
from accounts.mails import mail_staff_invitation
from accounts.models import OneTimeLink, User
from accounts.rights import require_permission
from accounts.services.links import link_issue, link_use, links_cancel, token_digest
from accounts.services.staff import check_staff_password, staff_create
from accounts.services.staff_rights import require_not_above, staff_locked
from carboncore.audit.services import event_record
from carboncore.common.errors import StateConflict
from carboncore.common.fresh import require_fresh

INVITED_FOR = timedelta(days=3)


def staff_invite(
    *, actor: User, email: str, full_name: str = "", groups: Collection[Group] = (), limits: Limits = NO_LIMITS
) -> User:
    """Make a staff account without a password and mail the link that sets one; it holds for three days.

    Raises:
        NotAllowed, ReauthenticationRequired, InvalidInput: as for `staff_create`.
    """
    with transaction.atomic():
        user = staff_create(actor=actor, email=email, full_name=full_name, groups=groups, limits=limits)
        _send(actor, user)
    return user


def staff_invite_again(*, actor: User, pk: int) -> User:
    """Send another link to somebody who has not chosen a password yet; the one before works no more.

    Raises:
        NotFound: there is no such account.
        NotAllowed: `actor` may not add users, or the account holds a permission they lack.
        ReauthenticationRequired: `actor` showed who they are too long ago.
        StateConflict: the account has a password, or is deactivated.
    """
    require_permission(actor, "accounts.add_user", "invite staff")
    require_fresh()
    with transaction.atomic():
        user = staff_locked(pk)
        require_not_above(actor, user)
        if user.has_usable_password() or not user.is_active or not user.is_staff:
            raise StateConflict("Only an active staff account without a password can be invited again.")
        links_cancel(user=user, purposes=[LinkPurpose.STAFF_INVITATION])
        _send(actor, user)
    return user


def staff_invitation_open(*, token: str) -> User:
    """Return whose invitation this is, without using it.

    Raises:
        LinkRefused: it was used, has expired, was replaced, or its account is deactivated.
    """
    links = OneTimeLink.objects.filter(
        digest=token_digest(token),
        purpose=LinkPurpose.STAFF_INVITATION,
        used_at__isnull=True,
        expires_at__gt=timezone.now(),
        user__is_active=True,
        user__is_staff=True,
    )
    link = links.select_related("user").first()
    if link is None or link.user is None:
        raise LinkRefused
    return link.user


def staff_invitation_accept(*, token: str, password: str) -> User:
    """Set the password of an invited account. Whoever opened the link can read its mail.

    Raises:
        LinkRefused: as for `staff_invitation_open`.
        InvalidInput: on `password`: it is too weak; the link still works.
    """
    check_staff_password(password, staff_invitation_open(token=token))
    with transaction.atomic():
        user = link_use(token=token, purpose=LinkPurpose.STAFF_INVITATION, for_staff=True).user
        if user is None:
            raise LinkRefused
        user.set_password(password)
        user.email_confirmed_at = user.email_confirmed_at or timezone.now()
        user.save(update_fields=["password", "email_confirmed_at"])
        event_record(action="staff.password_set", obj=user, actor=user, note="by the link of the invitation")
    return user


def _send(actor: User, user: User) -> None:
    token = link_issue(user=user, purpose=LinkPurpose.STAFF_INVITATION, lasts=INVITED_FOR, email=user.email)
    event_record(action="staff.invited", obj=user, actor=actor)
    mail_staff_invitation(user=user, invited_by=actor, token=token.text, expires_at=token.expires_at)
