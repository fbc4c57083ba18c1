"""Organisations on the account pages: founding one, invitations to answer, the members, and the limit of transfers."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import InvitationState, MembershipRole, OrganisationState
from accounts.errors import LinkRefused, OrganisationNotFound
from accounts.models import Organisation, OrganisationInvitation, SignInSession, User
from accounts.organisation_mails import limit_text, person_name
from accounts.organisation_selectors import (
    invitation_by_digest,
    invitation_for,
    invitation_of,
    invitations_for,
    limit_request_of,
)
from accounts.pages.forms import AccountForm
from accounts.pages.organisation_forms import MOST_MEMBERS, FoundForm, InviteForm, empty_forms
from accounts.pages.organisation_parts import organisation_parts
from accounts.pages.showing import form_page, notice_page, private
from accounts.pages.signing_in import present_session, signed_in_page
from accounts.selectors import organisation_visible_to
from accounts.services import (
    member_invitation_accept,
    member_invitation_decline,
    member_invitation_revoke,
    member_invite,
    member_invite_again,
    organisation_create,
    organisation_limit_approve,
    organisation_limit_reject,
)
from accounts.services.links import token_digest
from carboncore.common.errors import NotFound, RegistryError
from carboncore.common.rate_limits.declare import rate_limited

MOST_INVITATIONS = 100
Deeds = dict[str, tuple[Callable[..., Any], str]]
_ANSWERS: Deeds = {
    "accept": (member_invitation_accept, "You are a member now."),
    "decline": (member_invitation_decline, "You declined the invitation."),
}
_INVITATION_DEEDS: Deeds = {
    "resend": (member_invite_again, "The invitation is sent again."),
    "revoke": (member_invitation_revoke, "The invitation is revoked."),
}
_LIMIT_DEEDS: Deeds = {
    "approve": (organisation_limit_approve, "The new limit holds now."),
    "reject": (organisation_limit_reject, "The limit stays as it is."),
}


@rate_limited("sign-in")
@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation's link invites to, and how to answer: signed in, with the e-mail that it went to."""
    try:
        found = invitation_by_digest(token_digest(token))
    except LinkRefused:
        words = "It was answered or revoked, or its seven days are over. Ask whoever invited you to send it again."
        return notice_page(
            request, title="This invitation is over", words=words, way=("My account", reverse("account"))
        )
    session = present_session(request)
    context = {
        "invitation": found,
        "invited_by": person_name(found.invited_by),
        "role": found.get_role_display().lower(),
        "person": session.user if session else None,
        "is_theirs": session is not None and session.user.email == found.email,
        "back": request.get_full_path(),
    }
    return private(render(request, "accounts/pages/invitation.html", context))


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def organisations(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show the person's organisations and the invitations that wait for them; and enter a new organisation."""

    def run(data: dict[str, Any]) -> HttpResponse:
        created = organisation_create(actor=session.user, **data)
        return back(request, f"{created.name} is entered, and you are its owner.", page_address(created))

    form = FoundForm(request.POST if request.method == "POST" else None)
    return form_page(request, "organisations", form, run, **_about(session), **_own(session.user))


def _own(user: User) -> dict[str, Any]:
    memberships = user.memberships.select_related("organisation").order_by("organisation__name", "pk")
    return {
        "memberships": memberships[:MOST_MEMBERS],
        "invitations": [
            (row, person_name(row.invited_by), row.get_role_display().lower()) for row in invitations_for(user)
        ],
    }


@signed_in_page
@require_POST
def answer(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, what: str) -> HttpResponse:
    """Accept or decline an invitation."""
    service, words = _known(_ANSWERS, what)
    return do(
        request,
        lambda: service(actor=session.user, pk=invitation_for(user=session.user, public_id=public_id).pk),
        words,
        reverse("account-organisations"),
    )


@signed_in_page
@rate_limited("invite")
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Show one organisation: its members, its limit, what waits; and invite somebody."""
    try:
        found = organisation_of(session.user, public_id)
    except Http404:
        words = "There is no such organisation, or you are no member of it."
        way = ("My organisations", reverse("account-organisations"))
        response = notice_page(request, title="No such organisation", words=words, way=way)
        response.status_code = 404
        return response

    def run(data: dict[str, Any]) -> HttpResponse:
        member_invite(actor=session.user, organisation=found, **data)
        return back(request, f"{data['email']} is invited.", page_address(found))

    form = InviteForm(request.POST if request.method == "POST" else None)
    return organisation_page(request, session, found, name="invite_form", form=form, run=run)


def organisation_of(user: User, public_id: uuid.UUID) -> Organisation:
    """Return an organisation to whoever may look at it.

    Raises:
        Http404: there is none, or the person may not know that there is.
    """
    try:
        return organisation_visible_to(user=user, public_id=public_id)
    except OrganisationNotFound:
        raise Http404 from None


def organisation_page(
    request: HttpRequest,
    session: SignInSession,
    found: Organisation,
    *,
    name: str,
    form: AccountForm,
    run: Callable[[dict[str, Any]], HttpResponse],
) -> HttpResponse:
    """Show an organisation's page with all its forms; the one that was sent is run, or shows what was refused."""
    shown = {**_about(session), **_shown(request, session.user, found), name: form}
    return form_page(request, "organisation", form, run, **shown)


@signed_in_page
@require_POST
def invitation_deed(
    request: HttpRequest, session: SignInSession, public_id: uuid.UUID, invitation_id: uuid.UUID, what: str
) -> HttpResponse:
    """Send an invitation again, or revoke it."""
    service, words = _known(_INVITATION_DEEDS, what)

    def run() -> None:
        found = organisation_visible_to(user=session.user, public_id=public_id)
        service(actor=session.user, pk=invitation_of(organisation=found, public_id=invitation_id).pk)

    return do(request, run, words, reverse("account-organisation", args=[public_id]))


@signed_in_page
@require_POST
def limit_deed(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, what: str) -> HttpResponse:
    """Agree to a higher limit, or refuse it."""
    service, words = _known(_LIMIT_DEEDS, what)

    def run() -> None:
        service(actor=session.user, organisation=organisation_visible_to(user=session.user, public_id=public_id))

    return do(request, run, words, reverse("account-organisation", args=[public_id]))


def _known(deeds: Deeds, what: str) -> tuple[Callable[..., Any], str]:
    if what not in deeds:
        raise Http404
    return deeds[what]


def _shown(request: HttpRequest, user: User, found: Organisation) -> dict[str, Any]:
    members = list(found.memberships.select_related("user").order_by("pk")[:MOST_MEMBERS])
    owns = any(member.user_id == user.pk and member.role == MembershipRole.OWNER for member in members)
    open_ones = OrganisationInvitation.objects.filter(organisation=found, state=InvitationState.OPEN).order_by("-pk")
    asked = limit_request_of(found)
    return {
        "organisation": found,
        "members": [(member, person_name(member.user)) for member in members],
        "owns": owns,
        "invitations": open_ones[:MOST_INVITATIONS] if owns else [],
        "limit": limit_text(found.transfer_limit_kg),
        "asked": asked,
        "asked_limit": limit_text(asked.limit_kg) if asked else "",
        "asked_by": person_name(asked.asked_by) if asked else "",
        "asked_by_oneself": asked is not None and asked.asked_by_id == user.pk,
        "documents": found.documents.order_by("pk"),
        "may_remove": owns and found.state == OrganisationState.PENDING,
        **(empty_forms(found, user) if owns else {}),
        "parts": [part(request, user, found) for part in organisation_parts()],
    }


def _about(session: SignInSession) -> dict[str, Any]:
    return {"person": session.user, "current": session, "place": "organisations"}


def page_address(found: Organisation) -> str:
    """Return the address of an organisation's page."""
    return reverse("account-organisation", args=[found.public_id])


def do(request: HttpRequest, deed: Callable[[], Any], words: str, where: str) -> HttpResponse:
    """Do something and go where its result shows, with what was done or why it was refused."""
    try:
        deed()
    except NotFound:
        return _refused(request, "There is nothing of that kind any more.", where)
    except RegistryError as error:
        return _refused(request, error.message, where)
    return back(request, words, where)


def _refused(request: HttpRequest, words: str, where: str) -> HttpResponse:
    messages.error(request, words)
    return HttpResponseRedirect(where)


def back(request: HttpRequest, words: str, where: str) -> HttpResponse:
    """Go to a page that says what was done."""
    messages.success(request, words)
    return HttpResponseRedirect(where)
