"""The staff admin's theme, navigation and sign-in, and how it imports and exports."""

from django.templatetags.static import static
from django.urls import reverse_lazy

STAFF_SIGN_IN_FORM = "accounts.admin.sign_in.StaffSignInForm"

UNFOLD = {
    "SITE_TITLE": "CarbonCore",
    "SITE_HEADER": "CarbonCore",
    "SITE_SUBHEADER": "Staff admin",
    "SITE_URL": "/",
    "SITE_SYMBOL": "forest",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("carboncore/icon.svg")},
    ],
    "SHOW_HISTORY": True,
    "ACCOUNT": {
        "navigation": [
            {"title": "My sign-in", "link": reverse_lazy("staff-security")},
            {"title": "Change password", "link": reverse_lazy("staff-password")},
        ],
    },
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "carboncore.common.admin.dashboard.dashboard_context",
    "STYLES": [lambda _: static("carboncore/staff.css")],
    "SCRIPTS": [lambda _: static("carboncore/staff.js")],
    # A deep green: what the whole registry is about, and 4.5 to 1 against white in the shades that carry text.
    "COLORS": {
        "primary": {
            "50": "oklch(97.9% .021 166)",
            "100": "oklch(95% .052 163)",
            "200": "oklch(90.5% .093 164)",
            "300": "oklch(84.5% .143 165)",
            "400": "oklch(76.5% .177 163)",
            "500": "oklch(66% .15 162)",
            "600": "oklch(51% .112 163)",
            "700": "oklch(45% .098 164)",
            "800": "oklch(39% .082 165)",
            "900": "oklch(34% .068 166)",
            "950": "oklch(24% .048 167)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "carboncore.common.admin.navigation.navigation",
    },
}

# The sidebar, in the order of the work. `badges` names the waiting items (of the dashboard) counted beside a link.
STAFF_NAVIGATION = [
    (
        "",
        [{"title": "Dashboard", "icon": "dashboard", "view": "index", "permission": ""}],
    ),
    (
        "Registry",
        [
            {
                "title": "Projects",
                "icon": "forest",
                "view": "registry_project_changelist",
                "permission": "registry.view_project",
                "badges": ("to_validate", "to_register", "returned"),
            },
            {
                "title": "Overlaps",
                "icon": "join_inner",
                "view": "registry_boundaryoverlap_changelist",
                "permission": "registry.view_boundaryoverlap",
                "badges": ("open_overlaps",),
            },
            {
                "title": "Documents",
                "icon": "description",
                "view": "registry_document_changelist",
                "permission": "registry.view_document",
            },
        ],
    ),
    (
        "Issuance",
        [
            {
                "title": "Monitoring periods",
                "icon": "date_range",
                "view": "registry_monitoringperiod_changelist",
                "permission": "registry.view_monitoringperiod",
                "badges": ("periods",),
            },
            {
                "title": "Issuance requests",
                "icon": "add_task",
                "view": "transactions_issuancerequest_changelist",
                "permission": "transactions.view_issuancerequest",
                "badges": ("issuances",),
            },
            {
                "title": "Batches",
                "icon": "dataset",
                "view": "transactions_creditbatch_changelist",
                "permission": "transactions.view_creditbatch",
            },
        ],
    ),
    (
        "Credits",
        [
            {
                "title": "Organisations",
                "icon": "corporate_fare",
                "view": "accounts_organisation_changelist",
                "permission": "accounts.view_organisation",
                "badges": ("organisations",),
            },
            {
                "title": "Holding accounts",
                "icon": "account_balance_wallet",
                "view": "transactions_holdingaccount_changelist",
                "permission": "transactions.view_holdingaccount",
            },
            {
                "title": "Transactions",
                "icon": "swap_horiz",
                "view": "transactions_transaction_changelist",
                "permission": "transactions.view_transaction",
                "badges": ("invoices",),
            },
            {
                "title": "Transfer offers",
                "icon": "handshake",
                "view": "transactions_transferoffer_changelist",
                "permission": "transactions.view_transferoffer",
            },
            {
                "title": "Second members",
                "icon": "group_add",
                "view": "transactions_movementapproval_changelist",
                "permission": "transactions.view_movementapproval",
            },
            {
                "title": "Payment issues",
                "icon": "credit_card_off",
                "view": "transactions_paymentissue_changelist",
                "permission": "transactions.view_paymentissue",
                "badges": ("payment_issues",),
            },
            {
                "title": "Retirements",
                "icon": "local_florist",
                "view": "transactions_retirement_changelist",
                "permission": "transactions.view_retirement",
            },
            {
                "title": "Credits elsewhere",
                "icon": "travel_explore",
                "view": "transactions_origincredits_changelist",
                "permission": "transactions.view_origincredits",
            },
            {
                "title": "Prices",
                "icon": "sell",
                "view": "transactions_creditprice_changelist",
                "permission": "transactions.view_creditprice",
            },
        ],
    ),
    (
        "Ledger",
        [
            {
                "title": "Entries",
                "icon": "menu_book",
                "view": "transactions_ledgerentry_changelist",
                "permission": "transactions.view_ledgerentry",
            },
            {
                "title": "Reversals",
                "icon": "undo",
                "view": "transactions_reversalrequest_changelist",
                "permission": "transactions.view_reversalrequest",
                "badges": ("reversals",),
            },
            {
                "title": "Verifications",
                "icon": "verified_user",
                "view": "transactions_ledgerverification_changelist",
                "permission": "transactions.view_ledgerverification",
            },
            {
                "title": "Checkpoints",
                "icon": "signature",
                "view": "transactions_checkpoint_changelist",
                "permission": "transactions.view_checkpoint",
            },
        ],
    ),
    (
        "Catalogue",
        [
            {
                "title": "Project types",
                "icon": "category",
                "view": "registry_projecttype_changelist",
                "permission": "registry.view_projecttype",
            },
            {
                "title": "Standards",
                "icon": "verified",
                "view": "registry_standard_changelist",
                "permission": "registry.view_standard",
            },
            {
                "title": "Verification bodies",
                "icon": "domain",
                "view": "registry_standardvalidator_changelist",
                "permission": "registry.view_standardvalidator",
            },
            {
                "title": "Methodologies",
                "icon": "functions",
                "view": "registry_methodology_changelist",
                "permission": "registry.view_methodology",
            },
        ],
    ),
    (
        "Data sources",
        [
            {
                "title": "Connections",
                "icon": "cable",
                "view": "integrations_connection_changelist",
                "permission": "integrations.view_connection",
            },
            {
                "title": "Integrations",
                "icon": "extension",
                "view": "integrations_integration_changelist",
                "permission": "integrations.view_integration",
            },
            {
                "title": "OAuth clients",
                "icon": "vpn_key",
                "view": "integrations_oauthclient_changelist",
                "permission": "integrations.view_oauthclient",
            },
        ],
    ),
    (
        "Exchange",
        [
            {
                "title": "Registry imports",
                "icon": "upload_file",
                "view": "integrations_importrun_changelist",
                "permission": "integrations.view_importrun",
                "badges": ("failed_imports",),
            },
            {
                "title": "Double listings",
                "icon": "content_copy",
                "view": "integrations_listingconflict_changelist",
                "permission": "integrations.view_listingconflict",
                "badges": ("open_conflicts",),
            },
            {
                "title": "Uploaded files",
                "icon": "upload",
                "view": "integrations_upload_changelist",
                "permission": "integrations.view_upload",
            },
            {
                "title": "Webhook inbox",
                "icon": "inbox",
                "view": "integrations_incomingdelivery_changelist",
                "permission": "integrations.view_incomingdelivery",
            },
            {
                "title": "Webhook outbox",
                "icon": "outbox",
                "view": "integrations_webhookdelivery_changelist",
                "permission": "integrations.view_webhookdelivery",
            },
            {
                "title": "Webhook subscribers",
                "icon": "webhook",
                "view": "integrations_webhookendpoint_changelist",
                "permission": "integrations.view_webhookendpoint",
            },
        ],
    ),
    (
        "Emissions",
        [
            {
                "title": "Emissions",
                "icon": "co2",
                "view": "integrations_emission_changelist",
                "permission": "integrations.view_emission",
            },
            {
                "title": "Calculations",
                "icon": "calculate",
                "view": "integrations_emissionrun_changelist",
                "permission": "integrations.view_emissionrun",
            },
            {
                "title": "Unmatched activities",
                "icon": "help",
                "view": "integrations_unmatchedactivity_changelist",
                "permission": "integrations.view_unmatchedactivity",
            },
            {
                "title": "Activity mappings",
                "icon": "alt_route",
                "view": "integrations_activitymapping_changelist",
                "permission": "integrations.view_activitymapping",
            },
            {
                "title": "Factor sets",
                "icon": "library_books",
                "view": "integrations_factorset_changelist",
                "permission": "integrations.view_factorset",
            },
            {
                "title": "Factors",
                "icon": "percent",
                "view": "integrations_factor_changelist",
                "permission": "integrations.view_factor",
            },
        ],
    ),
    (
        "People & system",
        [
            {
                "title": "Accounts",
                "icon": "person",
                "view": "accounts_user_changelist",
                "permission": "accounts.view_user",
            },
            {"title": "Groups", "icon": "groups", "view": "auth_group_changelist", "permission": "auth.view_group"},
            {
                "title": "Audit trail",
                "icon": "policy",
                "view": "audit_event_changelist",
                "permission": "audit.view_event",
            },
            {
                "title": "Mail",
                "icon": "mail",
                "view": "mail_outgoingmail_changelist",
                "permission": "mail.view_outgoingmail",
                "badges": ("failed_mails",),
            },
            {
                "title": "Background jobs",
                "icon": "schedule",
                "view": "procrastinate_procrastinatejob_changelist",
                "permission": "procrastinate.view_procrastinatejob",
            },
        ],
    ),
]

# A cell that begins with = + - or @ is a formula to a spreadsheet: never hand one on.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
# Between the preview and its confirmation a file waits where every host can read it, not on one host's disk.
IMPORT_EXPORT_TMP_STORAGE_CLASS = "carboncore.common.admin.exchange_files.WaitingFiles"
IMPORT_EXPORT_SKIP_ADMIN_LOG = True  # the history says who changed what, in more detail
