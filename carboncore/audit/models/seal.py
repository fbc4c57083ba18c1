"""Seals, which say how far the streams had grown at a moment, and the results of verifications."""

from django.db import models
from django.db.models import Q


class Seal(models.Model):
    """Where every stream stood at a moment: [[stream, position, hash in hexadecimal], …].

    `digest` is the sha256 of the canonical statement, `signature` Ed25519 over the same bytes; each statement holds the
    digest before. Cutting off the newest events of a stream shows against the last seal. Rows are never changed.
    """

    number = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    heads = models.JSONField()
    previous_digest = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    public_key = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-number"]
        default_permissions = ("view",)
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="audit_seal_number_positive")]

    def __str__(self) -> str:
        return f"seal {self.number}"


class Verification(models.Model):
    """One run of `verify_audit`: what was read and the first thing that did not follow, if anything."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    events = models.BigIntegerField()
    problems = models.BigIntegerField()
    first_problem = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return "clean" if self.problems == 0 else f"{self.problems} problems"
