"""A climate project: what it is, where it lies, and how far it has come."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from carboncore.common.history import tracked_history
from registry.choices import PUBLIC_STATUSES, OriginRegistry, ProjectStatus
from registry.querysets import ProjectQuerySet

FIRST_VINTAGE, LAST_VINTAGE = 1980, 2100


class Project(models.Model):
    """One project. Field names are those of the API contract; quantities are decimals in the unit each says.

    Credit figures are not here: they are results of the ledger, in `ProjectCredits`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=100, unique=True, editable=False)

    project_name = models.CharField("name", max_length=255)
    project_initiator = models.CharField("initiator", max_length=255, help_text="The developer or proponent.")
    project_manager_account = models.CharField("manager account", max_length=255, blank=True)
    project_type = models.ForeignKey("registry.ProjectType", on_delete=models.PROTECT, related_name="projects")
    description = models.TextField(blank=True, max_length=20_000)
    website = models.URLField(max_length=500, blank=True)

    country = models.ForeignKey("registry.Country", on_delete=models.PROTECT, related_name="projects")
    region = models.CharField(max_length=100, blank=True, help_text="State, province or district.")
    coordinates = models.JSONField("boundary", null=True, blank=True, help_text="GeoJSON, WGS 84.")
    area_ha = models.DecimalField(
        "computed area (ha)", max_digits=16, decimal_places=4, null=True, blank=True, editable=False
    )
    centroid_longitude = models.FloatField(null=True, blank=True, editable=False)
    centroid_latitude = models.FloatField(null=True, blank=True, editable=False)
    bbox_west = models.FloatField(null=True, blank=True, editable=False)
    bbox_south = models.FloatField(null=True, blank=True, editable=False)
    bbox_east = models.FloatField(null=True, blank=True, editable=False)
    bbox_north = models.FloatField(null=True, blank=True, editable=False)
    total_area = models.DecimalField(
        "declared area (ha)",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Hectares, as the proponent states them.",
    )
    land_type = models.CharField(max_length=100, blank=True)
    tree_types = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, verbose_name="tree species", size=200
    )

    vintage_year = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(FIRST_VINTAGE), MaxValueValidator(LAST_VINTAGE)],
        help_text="The first year in which reductions or removals count.",
    )
    methodology = models.ForeignKey(
        "registry.Methodology", null=True, blank=True, on_delete=models.PROTECT, related_name="projects"
    )
    further_methodologies = ArrayField(models.CharField(max_length=100), default=list, blank=True, size=50)
    crediting_period_start = models.DateField(null=True, blank=True)
    crediting_period_end = models.DateField(null=True, blank=True)
    estimated_annual_reductions = models.DecimalField(
        "estimated annual reductions (t CO2e)",
        max_digits=18,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    co2_absorption = models.DecimalField(
        "CO2 absorption (kg a year)",
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    total_emission = models.DecimalField(
        "total emission (t CO2e)",
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    minimum_purchase_volume = models.DecimalField(
        "minimum purchase (credits)",
        max_digits=13,
        decimal_places=3,
        default=1,
        validators=[MinValueValidator(0)],
    )
    buffer_percentage = models.DecimalField(
        "buffer share (%)",
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Of each issuance, the share that goes to the buffer pool against reversals.",
    )
    sdg_goals = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(17)]),
        default=list,
        blank=True,
        size=17,
        verbose_name="sustainable development goals",
    )
    labels = ArrayField(models.CharField(max_length=100), default=list, blank=True, size=50)
    validation_date = models.DateField(null=True, blank=True)
    validation_protocol_url = models.URLField("validation protocol", max_length=500, blank=True)

    origin_registry = models.CharField(max_length=3, choices=OriginRegistry.choices, blank=True)
    origin_id = models.CharField("id in the origin registry", max_length=50, blank=True)
    origin_status = models.CharField(max_length=100, blank=True, editable=False)
    origin_url = models.URLField("page in the origin registry", max_length=500, blank=True)
    origin_source = models.CharField("imported from", max_length=20, blank=True, editable=False)
    origin_digest = models.CharField(max_length=64, blank=True, editable=False)

    status = models.CharField(max_length=20, choices=ProjectStatus.choices, default=ProjectStatus.DRAFT, editable=False)
    published = models.BooleanField(default=False, help_text="Shown to the public once it is registered.")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    validated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    registered_at = models.DateTimeField(null=True, blank=True, editable=False)
    notes = models.TextField("internal notes", blank=True, max_length=20_000)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_date = models.DateTimeField(auto_now_add=True)
    updated_date = models.DateTimeField(auto_now=True)

    search_text = models.TextField(blank=True, editable=False)
    search_vector = models.GeneratedField(
        expression=SearchVector("search_text", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ProjectQuerySet.as_manager()
    history = tracked_history(excluded_fields=["search_text", "search_vector", "origin_digest", "updated_date"])

    class Meta:
        ordering = ["pk"]
        permissions = [
            ("submit_project", "Can submit a project for validation"),
            ("validate_project", "Can take a project into validation, return or reject it"),
            ("register_project", "Can register or complete a project"),
            ("suspend_project", "Can suspend or reinstate a project"),
            ("withdraw_project", "Can withdraw a project"),
            ("publish_project", "Can publish or unpublish a project"),
        ]
        indexes = [
            GinIndex(fields=["search_vector"], name="registry_project_search_idx"),
            GinIndex(fields=["tree_types"], name="registry_project_species_idx"),
            models.Index(
                fields=["id"],
                condition=Q(published=True, status__in=PUBLIC_STATUSES),
                name="registry_project_public_idx",
            ),
            models.Index(
                fields=["country", "id"],
                condition=Q(published=True, status__in=PUBLIC_STATUSES),
                name="registry_project_country_idx",
            ),
            models.Index(
                fields=["project_type", "id"],
                condition=Q(published=True, status__in=PUBLIC_STATUSES),
                name="registry_project_type_idx",
            ),
            models.Index(fields=["status", "id"], name="registry_project_status_idx"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["origin_registry", "origin_id"],
                condition=~Q(origin_registry=""),
                name="registry_project_origin_once",
                violation_error_message="Another project already has this id in this origin registry.",
            ),
            models.CheckConstraint(
                condition=Q(origin_registry="", origin_id="") | (~Q(origin_registry="") & ~Q(origin_id="")),
                name="registry_project_origin_whole",
                violation_error_message="Give both the origin registry and the id there, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(registered_by__isnull=True)
                | (
                    Q(submitted_by__isnull=False)
                    & Q(validated_by__isnull=False)
                    & ~Q(registered_by=F("submitted_by"))
                    & ~Q(registered_by=F("validated_by"))
                ),
                name="registry_project_second_person",
                violation_error_message="Whoever submitted or validated a project cannot also register it.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=PUBLIC_STATUSES) | Q(registered_by__isnull=False) | ~Q(origin_registry=""),
                name="registry_project_registered_by_somebody",
                violation_error_message="A registered project needs either who registered it or its origin registry.",
            ),
            models.CheckConstraint(
                condition=Q(crediting_period_start__isnull=True)
                | Q(crediting_period_end__isnull=True)
                | Q(crediting_period_end__gte=F("crediting_period_start")),
                name="registry_project_crediting_ordered",
                violation_error_message="The crediting period ends before it begins.",
            ),
            models.CheckConstraint(
                condition=(
                    Q(coordinates__isnull=True)
                    & Q(area_ha__isnull=True)
                    & Q(bbox_west__isnull=True)
                    & Q(bbox_south__isnull=True)
                    & Q(bbox_east__isnull=True)
                    & Q(bbox_north__isnull=True)
                )
                | (
                    Q(coordinates__isnull=False)
                    & Q(area_ha__isnull=False)  # without this, NULL > 0 is unknown, and a check lets unknown pass
                    & Q(area_ha__gt=0)
                    & Q(bbox_west__isnull=False)
                    & Q(bbox_south__isnull=False)
                    & Q(bbox_east__isnull=False)
                    & Q(bbox_north__isnull=False)
                ),
                name="registry_project_boundary_measured",
            ),
        ]

    def __str__(self) -> str:
        return self.project_name

    @property
    def registry_code(self) -> str:
        """The number by which this registry names the project in serials, e.g. `000123`."""
        return f"{self.pk:06d}"

    @property
    def is_public(self) -> bool:
        """Whether anyone may see it: published, and in a public status."""
        return self.published and self.status in PUBLIC_STATUSES
