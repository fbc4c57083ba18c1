"""Verifications of the ledger and its signed checkpoints, to read."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from transactions.admin.pages import Head, LedgerAdmin, short_hash
from transactions.models import Checkpoint, LedgerVerification


class ResultFilter(SimpleListFilter):
    """Whether a verification found anything."""

    title = "result"
    parameter_name = "result"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two answers."""
        return [("clean", "Clean"), ("problems", "Problems")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerVerification]) -> QuerySet[LedgerVerification]:
        """Narrow to the answer."""
        if self.value() == "clean":
            return queryset.filter(problems=0)
        return queryset.filter(problems__gt=0) if self.value() == "problems" else queryset


@admin.register(LedgerVerification)
class LedgerVerificationAdmin(LedgerAdmin):
    """The runs of `verify_ledger`."""

    list_display = ("started_at", "result", "batches", "entries", "problems", "duration")
    list_filter = (ResultFilter,)
    ordering = ("-pk",)
    fields = ("started_at", "finished_at", "duration", "batches", "entries", "problems", "first_problem")
    readonly_fields = ("duration",)

    def page_head(self, request: HttpRequest, obj: LedgerVerification) -> Head:
        """Say what was found."""
        if obj.problems == 0:
            words = "Every entry, balance and figure follows from the ledger."
            return Head(status="Clean", tone="good", words=words)
        notes = [("danger", f"The first: {obj.first_problem}")]
        return Head(status=f"{obj.problems:,} problems", tone="bad", notes=notes)

    @display(description="result", label={"Clean": "success", "Problems": "danger"})
    def result(self, obj: LedgerVerification) -> str:
        """Return the result as a badge."""
        return "Problems" if obj.problems else "Clean"

    @display(description="took")
    def duration(self, obj: LedgerVerification) -> str:
        """Return how long it took."""
        return f"{(obj.finished_at - obj.started_at).total_seconds():,.1f} s"


@admin.register(Checkpoint)
class CheckpointAdmin(LedgerAdmin):
    """The signed statements of where every batch's chain stood."""

    list_display = ("number", "at", "batches", "entries", "digest_short")
    ordering = ("-number",)
    fieldsets = (
        (None, {"fields": ("number", "at", "batches", "entries")}),
        ("Statement", {"fields": ("root_short", "digest_short", "previous_short", "signature_short", "key_short")}),
    )
    readonly_fields = ("root_short", "digest_short", "previous_short", "signature_short", "key_short")

    def page_head(self, request: HttpRequest, obj: Checkpoint) -> Head:
        """Say what it covers."""
        return Head(
            status=f"No. {obj.number}",
            words=f"{obj.batches:,} batches with {obj.entries:,} entries, signed with Ed25519",
        )

    @display(description="digest")
    def digest_short(self, obj: Checkpoint) -> str:
        """Return the digest of the statement."""
        return short_hash(obj.digest)

    @display(description="Merkle root")
    def root_short(self, obj: Checkpoint) -> str:
        """Return the root over all batches."""
        return short_hash(obj.root)

    @display(description="digest before")
    def previous_short(self, obj: Checkpoint) -> str:
        """Return the digest of the checkpoint before."""
        return short_hash(obj.previous_digest)

    @display(description="signature")
    def signature_short(self, obj: Checkpoint) -> str:
        """Return the signature."""
        return short_hash(obj.signature)

    @display(description="public key")
    def key_short(self, obj: Checkpoint) -> str:
        """Return the key that it can be checked with."""
        return short_hash(obj.public_key)
