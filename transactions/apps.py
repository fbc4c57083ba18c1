"""The transactions app: batches, serial blocks, the ledger, and everything that moves credits."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Registers the app, and takes on the credits that are asked for with a new project."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "transactions"
    verbose_name = "Transactions"

    def ready(self) -> None:
        from registry.services import asked_credits_go_to
        from transactions.services.asked_credits import asked_credits_request

        asked_credits_go_to(filer=asked_credits_request)
