"""The accounts app: people, their roles, and signing in."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Registers the app; the staff groups follow every migration, and people's data can be handed out."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from accounts.personal_data import register_personal_data
        from accounts.roles import sync_roles_after_migrate
        from accounts.services.own_data import account_data, account_data_erase, last_ownerships
        from accounts.staff_cookies import connect

        post_migrate.connect(sync_roles_after_migrate, dispatch_uid="accounts.sync_roles")
        connect()
        register_personal_data(
            name="accounts", export=account_data, erase=account_data_erase, hindrance=last_ownerships
        )
