"""The staff admin's theme, navigation and sign-in, and how it imports and exports."""

from django.templatetags.static import static
from django.urls import reverse_lazy

# Times with their zone, also where a page names no format of its own.
FORMAT_MODULE_PATH = "carboncore.formats"
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

# A cell that begins with = + - or @ is a formula to a spreadsheet: never hand one on.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
# Between the preview and its confirmation a file waits where every host can read it, not on one host's disk.
IMPORT_EXPORT_TMP_STORAGE_CLASS = "carboncore.common.admin.exchange_files.WaitingFiles"
IMPORT_EXPORT_SKIP_ADMIN_LOG = True  # the history says who changed what, in more detail
