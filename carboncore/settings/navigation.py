"""The sidebar of the staff admin, in the order of the work."""

from typing import Any


def _page(title: str, icon: str, view: str, permission: str, *badges: str) -> dict[str, Any]:
    """Return one link; `badges` names the waiting items (of the dashboard) that are counted beside it."""
    return {"title": title, "icon": icon, "view": view, "permission": permission} | (
        {"badges": badges} if badges else {}
    )


STAFF_NAVIGATION = [
    (
        "",
        [
            _page("Dashboard", "dashboard", "index", ""),
        ],
    ),
    (
        "Registry",
        [
            _page(
                "Projects",
                "forest",
                "registry_project_changelist",
                "registry.view_project",
                "to_validate",
                "to_register",
                "returned",
            ),
            _page(
                "Overlaps",
                "join_inner",
                "registry_boundaryoverlap_changelist",
                "registry.view_boundaryoverlap",
                "open_overlaps",
            ),
            _page("Documents", "description", "registry_document_changelist", "registry.view_document"),
        ],
    ),
    (
        "Issuance",
        [
            _page(
                "Monitoring periods",
                "date_range",
                "registry_monitoringperiod_changelist",
                "registry.view_monitoringperiod",
                "periods",
            ),
            _page(
                "Issuance requests",
                "add_task",
                "transactions_issuancerequest_changelist",
                "transactions.view_issuancerequest",
                "issuances",
            ),
            _page("Batches", "dataset", "transactions_creditbatch_changelist", "transactions.view_creditbatch"),
        ],
    ),
    (
        "Credits",
        [
            _page(
                "Organisations",
                "corporate_fare",
                "accounts_organisation_changelist",
                "accounts.view_organisation",
                "organisations",
            ),
            _page(
                "Holding accounts",
                "account_balance_wallet",
                "transactions_holdingaccount_changelist",
                "transactions.view_holdingaccount",
            ),
            _page(
                "Transactions",
                "swap_horiz",
                "transactions_transaction_changelist",
                "transactions.view_transaction",
                "invoices",
            ),
            _page(
                "Transfer offers",
                "handshake",
                "transactions_transferoffer_changelist",
                "transactions.view_transferoffer",
            ),
            _page(
                "Second members",
                "group_add",
                "transactions_movementapproval_changelist",
                "transactions.view_movementapproval",
            ),
            _page(
                "Payment issues",
                "credit_card_off",
                "transactions_paymentissue_changelist",
                "transactions.view_paymentissue",
                "payment_issues",
            ),
            _page("Retirements", "local_florist", "transactions_retirement_changelist", "transactions.view_retirement"),
            _page(
                "Credits elsewhere",
                "travel_explore",
                "transactions_origincredits_changelist",
                "transactions.view_origincredits",
            ),
            _page("Prices", "sell", "transactions_creditprice_changelist", "transactions.view_creditprice"),
        ],
    ),
    (
        "Ledger",
        [
            _page("Entries", "menu_book", "transactions_ledgerentry_changelist", "transactions.view_ledgerentry"),
            _page(
                "Reversals",
                "undo",
                "transactions_reversalrequest_changelist",
                "transactions.view_reversalrequest",
                "reversals",
            ),
            _page(
                "Verifications",
                "verified_user",
                "transactions_ledgerverification_changelist",
                "transactions.view_ledgerverification",
            ),
            _page("Checkpoints", "signature", "transactions_checkpoint_changelist", "transactions.view_checkpoint"),
        ],
    ),
    (
        "Catalogue",
        [
            _page("Project types", "category", "registry_projecttype_changelist", "registry.view_projecttype"),
            _page("Standards", "verified", "registry_standard_changelist", "registry.view_standard"),
            _page(
                "Verification bodies",
                "domain",
                "registry_standardvalidator_changelist",
                "registry.view_standardvalidator",
            ),
            _page("Methodologies", "functions", "registry_methodology_changelist", "registry.view_methodology"),
        ],
    ),
    (
        "Data sources",
        [
            _page("Data sources", "cable", "integrations_connection_changelist", "integrations.view_connection"),
            _page("Integrations", "extension", "integrations_integration_changelist", "integrations.view_integration"),
            _page("OAuth clients", "vpn_key", "integrations_oauthclient_changelist", "integrations.view_oauthclient"),
        ],
    ),
    (
        "Exchange",
        [
            _page(
                "Registry imports",
                "upload_file",
                "integrations_importrun_changelist",
                "integrations.view_importrun",
                "failed_imports",
            ),
            _page(
                "Double listings",
                "content_copy",
                "integrations_listingconflict_changelist",
                "integrations.view_listingconflict",
                "open_conflicts",
            ),
            _page("Uploaded files", "upload", "integrations_upload_changelist", "integrations.view_upload"),
            _page(
                "Webhook inbox",
                "inbox",
                "integrations_incomingdelivery_changelist",
                "integrations.view_incomingdelivery",
            ),
            _page(
                "Webhook outbox",
                "outbox",
                "integrations_webhookdelivery_changelist",
                "integrations.view_webhookdelivery",
            ),
            _page(
                "Webhook subscribers",
                "webhook",
                "integrations_webhookendpoint_changelist",
                "integrations.view_webhookendpoint",
            ),
        ],
    ),
    (
        "Emissions",
        [
            _page("Emissions", "co2", "integrations_emission_changelist", "integrations.view_emission"),
            _page("Calculations", "calculate", "integrations_emissionrun_changelist", "integrations.view_emissionrun"),
            _page("Offsets", "eco", "integrations_emissionsoffset_changelist", "integrations.view_emissionsoffset"),
            _page(
                "Unmatched activities",
                "help",
                "integrations_unmatchedactivity_changelist",
                "integrations.view_unmatchedactivity",
            ),
            _page(
                "Activity mappings",
                "alt_route",
                "integrations_activitymapping_changelist",
                "integrations.view_activitymapping",
            ),
            _page("Factor sets", "library_books", "integrations_factorset_changelist", "integrations.view_factorset"),
            _page("Factors", "percent", "integrations_factor_changelist", "integrations.view_factor"),
        ],
    ),
    (
        "People & system",
        [
            _page("Accounts", "person", "accounts_user_changelist", "accounts.view_user"),
            _page("Groups", "groups", "auth_group_changelist", "auth.view_group"),
            _page("Audit trail", "policy", "audit_event_changelist", "audit.view_event"),
            _page("Mail", "mail", "mail_outgoingmail_changelist", "mail.view_outgoingmail", "failed_mails"),
            _page(
                "Background jobs",
                "schedule",
                "procrastinate_procrastinatejob_changelist",
                "procrastinate.view_procrastinatejob",
            ),
        ],
    ),
]
