"""The audit trail's part of the dashboard: whether it was verified last night, and what came of it."""

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from carboncore.audit.models import Seal, Verification
from carboncore.common.admin.dashboard import Panel, register_panel

# The nightly run has been missed when the last one is older than this.
STALE_AFTER = timedelta(hours=36)


@register_panel
def audit_panel(request: HttpRequest) -> Panel | None:
    """Return the trail's health, for those who may see it."""
    if not request.user.has_perm("audit.view_verification"):
        return None
    latest, seal = Verification.objects.order_by("-pk").first(), Seal.objects.order_by("-number").first()
    status, variant, words = _verdict(latest)
    context = {
        "status": status,
        "variant": variant,
        "words": words,
        "latest": latest,
        "seal": seal,
        "events_link": reverse("admin:audit_event_changelist") if request.user.has_perm("audit.view_event") else "",
    }
    return Panel("audit/health.html", context)


def _verdict(latest: Verification | None) -> tuple[str, str, str]:
    if latest is None:
        return "Not verified yet", "warning", "Run manage.py verify_audit, or wait for the nightly run."
    if latest.problems:
        return f"{latest.problems:,} problems", "danger", latest.first_problem
    read = f"{latest.events:,} events were read; none was altered, put in or taken away."
    if timezone.now() - latest.finished_at > STALE_AFTER:
        return "Clean, but long ago", "warning", f"{read} The nightly run was missed: is a worker running?"
    return "Clean", "success", read
