"""The transactions app: batches, serial blocks, the ledger, and everything that moves credits."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Registers the app."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "transactions"
    verbose_name = "Transactions"
