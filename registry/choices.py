"""The closed lists of the registry: statuses, origin registries, document kinds."""

from django.db import models


class ProjectStatus(models.TextChoices):
    """Where a project stands in its lifecycle; the moves between them are in `registry.transitions`."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    UNDER_VALIDATION = "under_validation", "Under validation"
    RETURNED = "returned", "Returned"
    REGISTERED = "registered", "Registered"
    SUSPENDED = "suspended", "Suspended"
    COMPLETED = "completed", "Completed"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


# The public sees a project only in one of these, and only when it is published too.
PUBLIC_STATUSES = (ProjectStatus.REGISTERED, ProjectStatus.SUSPENDED, ProjectStatus.COMPLETED)

# Land claimed by a project in one of these is not free for another.
LAND_RELEASING_STATUSES = (ProjectStatus.REJECTED, ProjectStatus.WITHDRAWN)


class OriginRegistry(models.TextChoices):
    """The registry that first listed a project; the codes are the field's usual prefixes."""

    VCS = "VCS", "Verra"
    GLD = "GLD", "Gold Standard"
    ACR = "ACR", "American Carbon Registry"
    CAR = "CAR", "Climate Action Reserve"
    ART = "ART", "ART TREES"
    CCB = "CCB", "Cercarbono"
    ISO = "ISO", "Isometric"
    PUR = "PUR", "Puro.earth"


class DocumentKind(models.TextChoices):
    """What a document is for."""

    PROJECT_DESIGN = "project_design", "Project design document"
    VALIDATION_REPORT = "validation_report", "Validation report"
    MONITORING_REPORT = "monitoring_report", "Monitoring report"
    VERIFICATION_REPORT = "verification_report", "Verification report"
    CERTIFICATE = "certificate", "Certificate"
    LAND_TITLE = "land_title", "Land title"
    MAP = "map", "Map"
    AGREEMENT = "agreement", "Agreement"
    PHOTO = "photo", "Photograph"
    OTHER = "other", "Other"


class DocumentVisibility(models.TextChoices):
    """Who may open a document."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"


class OverlapState(models.TextChoices):
    """What became of two boundaries that share land."""

    OPEN = "open", "Open"
    JUSTIFIED = "justified", "Justified"
    RESOLVED = "resolved", "Resolved"


class MonitoringStatus(models.TextChoices):
    """Where a monitoring period stands: draft → submitted → verified, or rejected."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    VERIFIED = "verified", "Verified"
    REJECTED = "rejected", "Rejected"
