"""Registering: an account is asked for, and exists once its e-mail is confirmed.

Nothing here tells whether an e-mail has an account: the answer, the rows written and the work are the same, and only
the mail differs. To confirm takes the link and the password of that registration, so that nobody can have somebody else
confirm an account of theirs.
"""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import InvalidCredentials, LinkRefused, UsernameTaken
from accounts.identifiers import email_kept, username_fault
from accounts.mails import mail_nothing_to_confirm, mail_registration
from accounts.models import Registration, User
from accounts.password_rules import MAX_PASSWORD_LENGTH, is_storable, password_faults
from accounts.personal_data import email_proven
from accounts.services.links import new_token, token_digest
from accounts.services.sign_in import guess_begin
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput

CONFIRM_WITHIN = timedelta(hours=24)


def registration_create(*, email: str, username: str, password: str) -> Registration:
    """Ask for an account and mail the link that confirms it; to whoever has one already, mail that instead.

    Raises:
        InvalidInput: with every reason by field.
        UsernameTaken: somebody has it, or has asked for it with another e-mail in the last day.
    """
    email = _checked(email, username, password)
    hashed = make_password(password)
    token = new_token(CONFIRM_WITHIN)
    with transaction.atomic():
        username_lock(username)
        if username_is_taken(username, email=email):
            raise UsernameTaken
        is_taken = User.objects.filter(email=email).exists()
        registration = Registration.objects.create(
            email=email, username=username, password=hashed, digest=token.digest, expires_at=token.expires_at
        )
        event_record(action="user.registered", obj=registration)
        mail_registration(
            email=email, username=username, token=token.text, expires_at=token.expires_at, is_taken=is_taken
        )
    return registration


def registration_confirm(*, token: str, password: str) -> User:
    """Make the account, for whoever has the link and knows the password of the registration.

    Raises:
        LinkRefused: the link was used or has expired, or the e-mail has an account by now.
        SignInLocked: five wrong passwords for this e-mail in the last fifteen minutes.
        InvalidCredentials: the password is not the one of the registration.
        UsernameTaken: somebody else has it by now.
    """
    found = _waiting(token)
    right = guess_begin(email=found.email)
    if len(password) > MAX_PASSWORD_LENGTH or not is_storable(password) or not check_password(password, found.password):
        raise InvalidCredentials
    right()
    with transaction.atomic():
        username_lock(found.username)
        _lock(f"email:{found.email}")
        _waiting(token)
        if User.objects.filter(email=found.email).exists():
            raise LinkRefused
        if username_is_taken(found.username, email=found.email):
            raise UsernameTaken
        user = User.objects.create(
            public_id=found.public_id,
            email=found.email,
            username=found.username,
            password=found.password,
            email_confirmed_at=timezone.now(),
        )
        Registration.objects.filter(email=found.email).delete()
        event_record(action="user.email_proven", obj=user, actor=user)
        email_proven(user)
    return user


def registration_mail_again(*, email: str) -> None:
    """Mail another link for the newest registration of an e-mail; the one before it works no more.

    Raises:
        InvalidInput: on `email`: it is none.
    """
    try:
        email = email_kept(email)
    except ValueError as error:
        raise InvalidInput({"email": [str(error)]}) from None
    token = new_token(CONFIRM_WITHIN)
    with transaction.atomic():
        waiting = Registration.objects.filter(email=email, expires_at__gt=timezone.now()).order_by("-pk")
        newest = waiting.first()
        is_taken = User.objects.filter(email=email).exists()
        Registration.objects.filter(pk=newest.pk if newest else 0).update(
            digest=token.digest, expires_at=token.expires_at
        )
        if newest is None:
            mail_nothing_to_confirm(email=email)
        else:
            mail_registration(
                email=email,
                username=newest.username,
                token=token.text,
                expires_at=token.expires_at,
                is_taken=is_taken,
            )


def username_is_taken(username: str, *, email: str = "", user: User | None = None) -> bool:
    """Return whether another person has this username, or waits with another e-mail to confirm it."""
    others = User.objects.filter(username__iexact=username).exclude(pk=user.pk if user else 0)
    waiting = Registration.objects.filter(username__iexact=username, expires_at__gt=timezone.now())
    return others.exists() or waiting.exclude(email=email).exists()


def username_lock(username: str) -> None:
    """Let one transaction at a time decide about a username."""
    _lock(f"username:{username.lower()}")


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _checked(email: str, username: str, password: str) -> str:
    errors: dict[str, list[str]] = {}
    kept = ""
    try:
        kept = email_kept(email)
    except ValueError as error:
        errors["email"] = [str(error)]
    if fault := username_fault(username):
        errors["username"] = [fault]
    if faults := password_faults(password, User(email=kept, username=username)):
        errors["password"] = faults
    if errors:
        raise InvalidInput(errors)
    return kept


def _waiting(token: str) -> Registration:
    waiting = Registration.objects.filter(digest=token_digest(token), expires_at__gt=timezone.now())
    found = waiting.first()
    if found is None:
        raise LinkRefused
    return found
