"""What owners set on the page of their organisation: its limit, its documents, and whose it is."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SignInSession
from accounts.organisation_mails import limit_text, person_name
from accounts.organisation_selectors import document_visible_to
from accounts.pages.organisation_forms import DocumentForm, HandOverForm, LimitForm
from accounts.pages.organisations import back, do, organisation_of, organisation_page, page_address
from accounts.pages.showing import private
from accounts.pages.signing_in import signed_in_page
from accounts.selectors import organisation_visible_to
from accounts.services import (
    organisation_document_add,
    organisation_document_delete,
    organisation_limit_set,
    ownership_transfer,
)
from carboncore.common.api.files import stored_file_response
from carboncore.common.api.reading import PRIVATE_CACHE
from carboncore.common.errors import RegistryError


@signed_in_page
@require_POST
def limit(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Set the limit; a looser one waits for a second owner, where there is one."""
    found = organisation_of(session.user, public_id)

    def run(data: dict[str, Any]) -> HttpResponse:
        changed, asked = organisation_limit_set(actor=session.user, organisation=found, limit_kg=data["limit"])
        said = f"The limit is now: {limit_text(changed.transfer_limit_kg)}."
        return back(request, "Another owner has to agree to that." if asked else said, page_address(found))

    return organisation_page(request, session, found, name="limit_form", form=LimitForm(request.POST), run=run)


@signed_in_page
@require_POST
def document_add(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Add a document."""
    found = organisation_of(session.user, public_id)

    def run(data: dict[str, Any]) -> HttpResponse:
        organisation_document_add(actor=session.user, organisation=found, title=data["title"], upload=data["file"])
        return back(request, "The document is added.", page_address(found))

    form = DocumentForm(request.POST, request.FILES)
    return organisation_page(request, session, found, name="document_form", form=form, run=run)


@signed_in_page
@require_safe
def document(
    request: HttpRequest, session: SignInSession, public_id: uuid.UUID, document_id: uuid.UUID
) -> HttpResponse:
    """Hand out a document to the organisation's members."""
    found = organisation_of(session.user, public_id)
    try:
        row = document_visible_to(user=session.user, organisation=found, public_id=document_id)
    except RegistryError:
        raise Http404 from None
    answer: Any = stored_file_response(
        request, row.file, name=row.file_name, mime_type=row.mime_type, sha256=row.sha256, cache=PRIVATE_CACHE
    )
    return private(answer)


@signed_in_page
@require_POST
def document_remove(
    request: HttpRequest, session: SignInSession, public_id: uuid.UUID, document_id: uuid.UUID
) -> HttpResponse:
    """Remove a document, while staff have not decided."""

    def run() -> None:
        found = organisation_visible_to(user=session.user, public_id=public_id)
        row = document_visible_to(user=session.user, organisation=found, public_id=document_id)
        organisation_document_delete(actor=session.user, pk=row.pk)

    return do(request, run, "The document is removed.", reverse("account-organisation", args=[public_id]))


@signed_in_page
@require_POST
def hand_over(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Make another member an owner and step down oneself."""
    found = organisation_of(session.user, public_id)

    def run(data: dict[str, Any]) -> HttpResponse:
        ownership_transfer(actor=session.user, organisation=found, user=data["user"], own_role=data["own_role"])
        return back(request, f"{person_name(data['user'])} is an owner now, and you are none.", page_address(found))

    form = HandOverForm(request.POST, organisation=found, giver=session.user)
    return organisation_page(request, session, found, name="hand_over_form", form=form, run=run)
