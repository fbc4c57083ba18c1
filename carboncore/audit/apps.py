"""The audit trail: what was done, by whom, from where, so that nobody can take it back unseen."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app `audit`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "carboncore.audit"
    label = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from import_export.signals import post_export

        from carboncore.audit.services.exporting import list_export_record

        # The library tells it of every list, so that no admin page can forget to.
        post_export.connect(list_export_record, dispatch_uid="audit.list_export")
