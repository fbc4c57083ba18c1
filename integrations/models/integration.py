"""The catalogue: which providers of activity data there are, and how each can honestly be connected."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from carboncore.common.history import tracked_history
from integrations.choices import (
    Availability,
    IntegrationCategory,
    IntegrationStatus,
    IntegrationType,
    ReadingType,
    SetupComplexity,
)


class Integration(models.Model):
    """A provider, or a way such as a file upload, that activity data can come from; a row that staff may edit.

    `adapter` names the code that reads the provider (`integrations.providers`); empty where there is none, because
    the provider offers no interface or the data is uploaded, entered or sent.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    provider = models.CharField(max_length=120, help_text="The company whose data it is.")
    category = models.CharField(max_length=20, choices=IntegrationCategory.choices)
    type = models.CharField(max_length=20, choices=IntegrationType.choices)
    availability = models.CharField(max_length=20, choices=Availability.choices, default=Availability.PUBLIC)
    status = models.CharField(max_length=20, choices=IntegrationStatus.choices)
    adapter = models.CharField(max_length=40, blank=True, help_text="The program's reader of this provider.")
    base_url = models.URLField(
        "base URL", max_length=300, blank=True, help_text="Where the provider's interface is; empty for its own."
    )
    listed = models.BooleanField(default=True, help_text="Shown in the catalogue.")
    description = models.TextField(help_text="What it brings, in a sentence or two.")
    logo = models.CharField(max_length=200, blank=True, help_text="The static file of the logo.")
    authentication_guide = models.TextField(blank=True, help_text="How to find what is asked for; Markdown.")
    setup_complexity = models.CharField(max_length=10, choices=SetupComplexity.choices)
    estimated_setup_time = models.CharField(max_length=40, help_text="For a person, such as “5 minutes”.")
    data_types = ArrayField(
        models.CharField(max_length=30, choices=ReadingType.choices), default=list, blank=True, size=20
    )
    emission_scopes = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(3)]),
        default=list,
        blank=True,
        size=3,
    )
    credential_fields = models.JSONField(
        default=list,
        blank=True,
        help_text="What is asked for: a list of {name, label, secret, required, help}.",
    )
    info_page = models.TextField(blank=True, help_text="What a customer should know before connecting; Markdown.")
    setup_guide = models.TextField(blank=True, help_text="Step by step; Markdown.")
    faq = models.JSONField(default=list, blank=True, help_text="A list of {question, answer}; answers are Markdown.")
    documentation_url = models.URLField("documentation", max_length=300, blank=True)
    official_url = models.URLField("official site", max_length=300, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=IntegrationCategory.values), name="integrations_integration_category_known"
            ),
            models.CheckConstraint(
                condition=Q(type__in=IntegrationType.values), name="integrations_integration_type_known"
            ),
            models.CheckConstraint(
                condition=~Q(availability=Availability.NONE) | Q(adapter=""),
                name="integrations_integration_none_has_no_adapter",
            ),
        ]

    def __str__(self) -> str:
        return self.name
