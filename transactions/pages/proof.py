"""The public page that says how anybody can check the whole ledger, and the script that does it."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from transactions.selectors.proof import latest_checkpoints, latest_verification, ledger_counts

_SHOWN = 10
_SCRIPT = Path(__file__).with_name("check_proof.py")


@require_safe
def proof_page(request: HttpRequest) -> HttpResponse:
    """Show the last full verification and the chain of checkpoints; four queries."""
    checkpoints = latest_checkpoints(_SHOWN)
    response = render(
        request,
        "transactions/proof.html",
        {
            "verification": latest_verification(),
            "checkpoints": checkpoints,
            "newest": checkpoints[0] if checkpoints else None,
            "counts": ledger_counts(),
            "public_url": settings.PUBLIC_URL,
        },
    )
    response["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def check_script(_request: HttpRequest) -> HttpResponse:
    """Answer with the script that checks certificates and checkpoints with Python alone."""
    headers = {"Cache-Control": "public, max-age=60"}
    return HttpResponse(_SCRIPT.read_bytes(), content_type="text/x-python; charset=utf-8", headers=headers)
