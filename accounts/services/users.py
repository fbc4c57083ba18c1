"""Making accounts."""

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import SUPER_ADMIN
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, StateConflict


def super_admin_create(*, email: str, password: str) -> User:
    """Create an active staff member in the Super Admin group.

    Raises:
        InvalidInput: the e-mail is not one, or the password is too weak.
        StateConflict: the e-mail has an account already.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
        MaxLengthValidator(254)(email)
    except ValidationError as error:
        raise InvalidInput({"email": error.messages}) from error
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise InvalidInput({"password": error.messages}) from error
    try:
        with transaction.atomic():
            if User.objects.filter(email=email).exists():
                raise StateConflict(_taken(email))
            user = User.objects.create_user(email, password, is_staff=True)
            user.groups.add(Group.objects.get(name=SUPER_ADMIN))
            event_record(action="super_admin.created", obj=user)
    except IntegrityError:  # somebody else took it between the question and the answer
        raise StateConflict(_taken(email)) from None
    return user


def _taken(email: str) -> str:
    return f"{email} has an account already; choose another e-mail."
