"""A person who signs in by e-mail."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.choices import Role


def everybodys_roles() -> list[str]:
    """Return the roles that need nobody's grant."""
    return [Role.BUYER.value]


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail whatever its case; creation goes through `accounts.services`."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account with a lower-cased e-mail; `password=None` makes it unusable."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account that holds every permission (used by Django's `createsuperuser`)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `is_staff` opens the staff admin; what they may do there comes from their groups.

    `username` is public and may be missing on staff accounts. `email_confirmed_at` is when they showed that the mailbox
    is theirs; nobody signs in as a person without it. An erased account keeps its row, because history names it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(
        "e-mail",
        max_length=254,
        unique=True,
        error_messages={"unique": "An account with this e-mail already exists."},
        help_text="Kept in lower case, so that one address is one account.",
    )
    username = models.CharField(
        max_length=30, blank=True, help_text="3 to 30 letters, digits and underscores; everybody sees it."
    )
    full_name = models.CharField(max_length=150, blank=True)
    email_confirmed_at = models.DateTimeField("e-mail confirmed", null=True, blank=True, editable=False)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), default=everybodys_roles, blank=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the staff admin.")
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick instead of deleting: ends every session and token at once."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    second_factor_grace_from = models.DateTimeField(
        null=True,
        blank=True,
        default=timezone.now,
        editable=False,
        help_text="Staff may work without a second factor for some days from here; empty: not at all.",
    )
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_user_email_lower_case"),
            models.UniqueConstraint(
                Lower("username"),
                condition=~Q(username=""),
                name="accounts_user_username_once",
                violation_error_message="This username is taken.",
            ),
            # ASCII, so that no letter of another script can pass for one of somebody else's name.
            models.CheckConstraint(
                condition=Q(username="") | Q(username__regex=r"^[A-Za-z0-9_]{3,30}$"),
                name="accounts_user_username_ascii",
            ),
            models.CheckConstraint(
                condition=Q(roles__contained_by=[role.value for role in Role]), name="accounts_user_roles_known"
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(is_active=False, full_name="", username=""),
                name="accounts_user_erased_is_empty",
            ),
        ]
        permissions = [
            ("lift_lockout", "Can lift a sign-in lock-out"),
            ("work_transactions", "Can work with transactions and prices"),
            ("reset_factors", "Can reset the second factors of a staff member"),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.full_name or self.email

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] if self.full_name else self.email
