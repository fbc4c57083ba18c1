"""Results of full verifications of the ledger, for the dashboard and the public proof page."""

from django.db import models


class LedgerVerification(models.Model):
    """One run of `verify_ledger`: what was read and the first thing that did not follow, if anything."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    batches = models.BigIntegerField()
    entries = models.BigIntegerField()
    problems = models.BigIntegerField()
    first_problem = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return "clean" if self.problems == 0 else f"{self.problems} problems"
