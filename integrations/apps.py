"""The integrations app: importers of registries' exports, data sources, and what their readings emit."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Registers the app under its short label, its entries in the account menu, and what it knows of a person."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.pages.places import Place, register_account_place
        from accounts.personal_data import register_personal_data
        from integrations.services.personal_data import source_data, source_data_forget, sources_connected

        register_account_place(Place("emissions", "Footprint", "account-emissions"))
        register_account_place(Place("sources", "Data sources", "account-data-sources"))
        register_personal_data(
            name="data_sources", export=source_data, erase=source_data_forget, hindrance=sources_connected
        )
