"""The registry app: projects, types, standards, verification bodies, methodologies, documents."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registers the app, and tells accounts which standards somebody can be limited to."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "registry"
    verbose_name = "Registry"

    def ready(self) -> None:
        from accounts.limits import register_standards
        from registry.selectors.standards import standard_codes

        register_standards(standard_codes)
