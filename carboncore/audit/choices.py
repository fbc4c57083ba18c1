"""The closed lists of the audit trail."""

from django.db import models


class Outcome(models.TextChoices):
    """What came of what was tried."""

    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
