"""The transactions app: batches, serial blocks, the ledger, and everything that moves credits."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Registers the app; takes on the credits asked for with a new project, and what the ledger knows of a person."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "transactions"
    verbose_name = "Transactions"

    def ready(self) -> None:
        from accounts.pages.organisation_parts import register_organisation_part
        from accounts.pages.parts import register_account_part
        from accounts.pages.places import Place, register_account_place
        from accounts.personal_data import on_email_proven, register_personal_data
        from registry.services import asked_credits_go_to
        from transactions.pages.account_part import ledger_part
        from transactions.pages.organisation_part import approvals_part
        from transactions.services.asked_credits import asked_credits_request
        from transactions.services.personal_data import credits_held, ledger_data, ledger_data_erase
        from transactions.services.purchases.guests import guest_accounts_claim

        asked_credits_go_to(filer=asked_credits_request)
        register_account_part(ledger_part)
        register_account_place(Place("transfers", "Transfers", "account-transfers"))
        register_organisation_part(approvals_part)
        on_email_proven(lambda user: guest_accounts_claim(user=user))
        register_personal_data(name="ledger", export=ledger_data, erase=ledger_data_erase, hindrance=credits_held)
