"""Organisations that hold credits together, and who acts for them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.choices import MembershipRole, OrganisationState
from accounts.querysets import OrganisationQuerySet
from carboncore.common.history import tracked_history


class Organisation(models.Model):
    """A legal person. Somebody enters it, a staff member who is another person approves it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255)
    country_code = models.CharField("country", max_length=2, help_text="ISO 3166-1 alpha-2.")
    registration_number = models.CharField(
        max_length=100, blank=True, help_text="As the country's own register of companies writes it."
    )
    transfer_limit_kg = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Kilograms that members may transfer out alone in 24 hours; empty: any quantity.",
    )
    state = models.CharField(
        max_length=10, choices=OrganisationState.choices, default=OrganisationState.PENDING, editable=False
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decision_note = models.CharField(max_length=1000, blank=True, editable=False)

    objects = OrganisationQuerySet.as_manager()
    history = tracked_history()

    class Meta:
        ordering = ["name", "pk"]
        permissions = [("approve_organisation", "Can approve, reject and suspend organisations")]
        constraints = [
            models.CheckConstraint(
                condition=Q(country_code__regex=r"^[A-Z]{2}$"), name="accounts_organisation_country_is_code"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="accounts_organisation_name_given"),
            models.CheckConstraint(
                condition=Q(transfer_limit_kg__isnull=True) | Q(transfer_limit_kg__gt=0),
                name="accounts_organisation_limit_positive",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("created_by")),
                name="accounts_organisation_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state=OrganisationState.PENDING, decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state=OrganisationState.PENDING) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="accounts_organisation_state_whole",
            ),
            models.UniqueConstraint(
                fields=["country_code", "registration_number"],
                condition=~Q(registration_number="") & ~Q(state=OrganisationState.REJECTED),
                name="accounts_organisation_registration_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person who acts for an organisation, and how far."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=MembershipRole.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    history = tracked_history()

    class Meta:
        ordering = ["organisation_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="accounts_membership_person_once"),
            models.CheckConstraint(condition=Q(role__in=MembershipRole.values), name="accounts_membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of organisation {self.organisation_id}"
