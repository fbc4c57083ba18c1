"""Outside identities: signing a person in by the token of an issuer, and linking and unlinking the two."""

import secrets
import uuid
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.entry_errors import IdentityNotFound, IdentityNotLinked, IdentityTaken, LastWayIn
from accounts.errors import TokenRefused
from accounts.mails import mail_identity_linked
from accounts.models import ExternalIdentity, Registration, User
from accounts.outside_tokens import OutsideToken, outside_token_read
from accounts.personal_data import email_proven
from accounts.seldom import Seldom
from accounts.services.registration import username_is_taken, username_lock
from accounts.services.sign_in import password_prove
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput

USED_EVERY = timedelta(minutes=1)
_refusals_told = Seldom()


def identity_sign_in(*, token: str) -> ExternalIdentity:
    """Return the identity that a token of an outside issuer is about, with its person.

    Who comes for the first time is linked to the account whose confirmed e-mail the issuer verified, too, or gets one.

    Raises:
        TokenRefused: the token is not good, or its person may not sign in.
        IssuerUnreachable: it cannot be checked at the moment.
        IdentityNotLinked: no account is known to be theirs, and none may be taken for it.
    """
    told = outside_token_read(token)
    identity = _known(told)
    if identity is None:
        identity = _admitted(told)
    if identity.unlinked_at is not None:
        _tell_refusal(told, identity.user)
        raise IdentityNotLinked
    if not identity.user.is_active or identity.user.is_staff:
        _tell_refusal(told, identity.user)
        raise TokenRefused("Invalid token")
    now = timezone.now()
    if identity.last_used_at is None or now - identity.last_used_at >= USED_EVERY:
        _used(identity, now)
    return identity


def identity_link(*, user: User, token: str, password: str) -> ExternalIdentity:
    """Have the tokens of the identity that a token is about sign in this person, who knows their own password.

    Raises:
        StaffAccount: it is a staff account, to which nothing outside leads.
        SignInLocked: five wrong passwords for this e-mail in the last fifteen minutes.
        InvalidInput: on `password`: it is not theirs; on `token`: it is not good.
        IssuerUnreachable: the token cannot be checked at the moment.
        IdentityTaken: it signs somebody else in.
    """
    password_prove(user=user, password=password)
    try:
        told = outside_token_read(token)
    except TokenRefused:
        raise InvalidInput(
            {"token": ["This is no token of a provider that this registry takes, or it is over."]}
        ) from None
    with transaction.atomic():
        _lock(f"identity:{told.digest}")
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        identity = ExternalIdentity.objects.select_related("user").filter(digest=told.digest).first()
        if identity is None:
            return _linked(told, person)
        if identity.user_id != person.pk and identity.unlinked_at is None and identity.user.erased_at is None:
            raise IdentityTaken
        if identity.user_id == person.pk and identity.unlinked_at is None:
            return identity
        identity.user, identity.unlinked_at, identity.linked_at = person, None, timezone.now()
        identity.issuer, identity.subject, identity.email = told.issuer, told.subject, told.email
        identity.save()
        _tell_link(identity)
    return identity


def identity_unlink(*, user: User, public_id: uuid.UUID) -> None:
    """Have an identity sign this person in no more. Their e-mail does not link it again by itself.

    Raises:
        IdentityNotFound: there is none, it is somebody else's, or it was unlinked already.
        LastWayIn: the person has no password and no other identity.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        linked = ExternalIdentity.objects.filter(user=person, unlinked_at__isnull=True)
        identity = linked.filter(public_id=public_id).first()
        if identity is None:
            raise IdentityNotFound
        if not person.has_usable_password() and linked.count() == 1:
            raise LastWayIn
        identity.unlinked_at = timezone.now()
        identity.save(update_fields=["unlinked_at"])
        event_record(action="identity.unlinked", obj=identity, actor=person, note=identity.issuer)


def identities_unlink_foreign(*, user: User) -> int:
    """Unlink what the account's own e-mail does not vouch for: a thief may have linked it. Returns how many."""
    with transaction.atomic():
        linked = ExternalIdentity.objects.filter(user=user, unlinked_at__isnull=True)
        count = linked.exclude(email=user.email).update(unlinked_at=timezone.now())
        if count:
            event_record(action="identity.unlinked", obj=user, note=f"The account was taken back: {count}")
    return count


def _known(told: OutsideToken) -> ExternalIdentity | None:
    return ExternalIdentity.objects.select_related("user").filter(digest=told.digest).first()


def _admitted(told: OutsideToken) -> ExternalIdentity:
    """Link somebody who comes for the first time; however many of their requests come at once, one does it."""
    owner: User | None = None
    with transaction.atomic():
        _lock(f"identity:{told.digest}")
        if (identity := _known(told)) is not None:
            return identity
        if told.email:
            if told.username:
                username_lock(told.username)  # before the e-mail, as confirming a registration does
            _lock(f"email:{told.email}")
            owner = User.objects.select_for_update(no_key=True).filter(email=told.email).first()
            if owner is None:
                return _linked(told, _new_person(told))
            if _may_be_taken_for(owner, told):
                return _linked(told, owner)
    _tell_refusal(told, owner)
    raise IdentityNotLinked


def _may_be_taken_for(owner: User, told: OutsideToken) -> bool:
    """Return whether the owner of an account and of an identity with the same e-mail are surely one.

    Not before our account's e-mail is confirmed: who registered it first may be somebody else, who would then share it.
    Nor for a second identity of one issuer, to which an e-mail may have been handed on, or after one was unlinked.
    """
    if owner.is_staff or not owner.is_active or owner.email_confirmed_at is None:
        return False
    return not ExternalIdentity.objects.filter(user=owner, issuer=told.issuer).exists()


def _new_person(told: OutsideToken) -> User:
    user = User.objects.create(
        email=told.email,
        username=_free_username(told),
        full_name=told.full_name,
        password=make_password(None),
        email_confirmed_at=timezone.now(),
    )
    Registration.objects.filter(email=told.email).delete()
    event_record(action="user.registered", obj=user, actor=user, note=told.issuer)
    event_record(action="user.email_proven", obj=user, actor=user)
    email_proven(user)
    return user


def _free_username(told: OutsideToken) -> str:
    if told.username and not username_is_taken(told.username, email=told.email):
        return told.username
    return f"user_{secrets.token_hex(8)}"


def _linked(told: OutsideToken, user: User) -> ExternalIdentity:
    identity = ExternalIdentity.objects.create(
        user=user, issuer=told.issuer, subject=told.subject, digest=told.digest, email=told.email
    )
    _tell_link(identity)
    return identity


def _tell_link(identity: ExternalIdentity) -> None:
    event_record(action="identity.linked", obj=identity, actor=identity.user, note=identity.issuer)
    mail_identity_linked(user=identity.user, issuer=identity.issuer)


def _tell_refusal(told: OutsideToken, user: User | None) -> None:
    if _refusals_told.may_tell(told.digest):
        event_record(action="identity.refused", obj=user, outcome=Outcome.REFUSED, note=told.issuer)


def _used(identity: ExternalIdentity, now: datetime) -> None:
    identity.last_used_at = now
    identity.save(update_fields=["last_used_at"])


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
