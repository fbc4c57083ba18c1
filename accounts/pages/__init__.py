"""The HTML pages of people's accounts: they work without any front end, by cookie, through the same services."""
