"""A certificate as a page, as PDF/A and as JSON, at an address that stays."""

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from carboncore.common.api.bodies import json_response
from carboncore.common.api.errors import error_response
from carboncore.common.api.reading import entity_tag
from transactions.certificates import certificate_pdf, qr_svg
from transactions.selectors.certificates import ERASED, NOT_DISCLOSED, Certificate, certificate_of

_EACH_TIME = "no-cache"
_UNKNOWN = "There is no certificate with this number."


def certificate_address(public_id: uuid.UUID | str) -> str:
    """Return the permanent public address of a certificate."""
    return f"{settings.PUBLIC_URL}/certificates/{public_id}"


def certificate_file(certificate: Certificate) -> bytes:
    """Return a certificate as PDF/A, for downloads and mails; the same bytes each time."""
    return certificate_pdf(certificate.document, address=certificate_address(certificate.document["certificate"]))


@require_safe
def certificate_page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a certificate, checked against the ledger now."""
    certificate = certificate_of(public_id)
    if certificate is None:
        return render(request, "transactions/no_certificate.html", {"public_id": public_id}, status=404)
    address = certificate_address(public_id)
    response = render(
        request,
        "transactions/certificate.html",
        {
            "certificate": certificate,
            "document": certificate.document,
            "retired_at": parse_datetime(certificate.document["retired_at"]),
            "checked_at": timezone.now(),
            "address": address,
            "public_url": settings.PUBLIC_URL,
            "qr": qr_svg(address),
            "not_disclosed": NOT_DISCLOSED,
            "erased": ERASED,
        },
    )
    response["Cache-Control"] = _EACH_TIME
    return response


@require_safe
def certificate_json(_request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer with what the certificate says, whether it holds, and its proof."""
    certificate = certificate_of(public_id)
    if certificate is None:
        return error_response(404, "certificate_not_found", _UNKNOWN)
    body = {
        **certificate.document,
        "address": certificate_address(public_id),
        "valid": certificate.is_valid,
        "faults": certificate.faults,
        "proof": certificate.proof,
    }
    return json_response(body, headers={"Cache-Control": _EACH_TIME})


@require_safe
def certificate_download(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer with the PDF; one that does not follow from the ledger is not made."""
    certificate = certificate_of(public_id)
    if certificate is None:
        return error_response(404, "certificate_not_found", _UNKNOWN)
    if not certificate.is_valid:
        return error_response(
            409, "certificate_not_valid", f"This certificate does not follow from the ledger: {certificate.faults[0]}"
        )
    content = certificate_file(certificate)
    tag = entity_tag(content)
    headers = {"ETag": tag, "Cache-Control": _EACH_TIME}
    if request.headers.get("If-None-Match", "").strip().removeprefix("W/") == tag:
        return HttpResponse(status=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="certificate-{public_id}.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers=headers)
