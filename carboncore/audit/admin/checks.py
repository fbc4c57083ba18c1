"""The results of verifications and the seals, to read."""

from django.contrib import admin
from unfold.decorators import display

from carboncore.audit.models import Seal, Verification
from carboncore.common.admin.base import ReadOnlyAdmin


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    """The runs of `verify_audit`."""

    list_display = ("started_at", "result", "events", "problems", "first_problem")
    ordering = ("-pk",)
    fields = ("started_at", "finished_at", "result", "events", "problems", "first_problem")
    readonly_fields = ("result",)

    @display(description="result", label={"Clean": "success", "Problems": "danger"})
    def result(self, obj: Verification) -> str:
        """Return the result as a badge."""
        return "Problems" if obj.problems else "Clean"


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """The signed statements of how far the trail had grown."""

    list_display = ("number", "at", "digest_hex")
    ordering = ("-number",)
    fields = ("number", "at", "streams", "digest_hex", "previous_hex", "key_hex")
    readonly_fields = ("streams", "digest_hex", "previous_hex", "key_hex")

    @display(description="streams and positions")
    def streams(self, obj: Seal) -> str:
        """Return how far each stream had grown."""
        return ", ".join(f"{stream}: {position:,}" for stream, position, _ in obj.heads) or "no event yet"

    @display(description="digest")
    def digest_hex(self, obj: Seal) -> str:
        """Return the digest, to compare with what the log of that night says."""
        return bytes(obj.digest).hex()

    @display(description="digest before")
    def previous_hex(self, obj: Seal) -> str:
        """Return the digest of the seal before."""
        return bytes(obj.previous_digest).hex()

    @display(description="public key")
    def key_hex(self, obj: Seal) -> str:
        """Return the key that the signature can be checked with."""
        return bytes(obj.public_key).hex()
