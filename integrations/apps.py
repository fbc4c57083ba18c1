"""The integrations app: importers of registries' exports, and the double listings found among them."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Registers the app under its short label."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"
