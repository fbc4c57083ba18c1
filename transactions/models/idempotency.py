"""Idempotency keys: the same request sent twice is answered from here and done once."""

from django.db import models
from django.db.models import Q


class IdempotencyKey(models.Model):
    """A key that a caller chose, what it was first used for, and the answer that was given.

    `scope` keeps callers apart (a user's id, or a digest of a guest's e-mail). The row is inserted in the same
    transaction as what it guards, so a request that failed leaves no key behind.
    """

    scope = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="transactions_idempotency_once"),
            models.CheckConstraint(condition=~Q(key=""), name="transactions_idempotency_key_given"),
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"
