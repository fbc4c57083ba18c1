"""The staff admin's theme, and how it imports and exports."""

UNFOLD = {
    "SITE_TITLE": "CarbonCore",
    "SITE_HEADER": "CarbonCore",
    "SITE_URL": "/",
}

# A cell that begins with = + - or @ is a formula to a spreadsheet: never hand one on.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
