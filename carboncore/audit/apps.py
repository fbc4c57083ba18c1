"""The audit trail: what was done, by whom, from where, so that nobody can take it back unseen."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app `audit`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "carboncore.audit"
    label = "audit"
    verbose_name = "Audit trail"
