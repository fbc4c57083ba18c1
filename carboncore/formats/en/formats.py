"""Times by the 24-hour clock, with their zone: staff in several countries read one page."""

DATETIME_FORMAT = "j M Y, H:i e"
TIME_FORMAT = "H:i"
