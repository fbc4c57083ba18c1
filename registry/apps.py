"""The registry app: projects, types, standards, verification bodies, methodologies, documents."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registers the app."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "registry"
    verbose_name = "Registry"
