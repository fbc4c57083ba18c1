"""Registers the app, and starts reporting errors where an address for the reports is given."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """The app `operations`; it stands above all others and none of them imports it."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "carboncore.operations"
    label = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        from carboncore.operations import error_reports

        error_reports.start()
