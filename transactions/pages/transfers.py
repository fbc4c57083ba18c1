"""Transfers on the account pages: what is offered to and from one's accounts, and answering it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SignInSession
from accounts.pages.showing import private
from accounts.pages.signing_in import signed_in_page
from carboncore.common.errors import RegistryError
from transactions.choices import TransactionStatus
from transactions.errors import OfferNotFound
from transactions.pages.organisation_part import waiting_part
from transactions.selectors.own_offers import ended_offers_of, open_offers_of
from transactions.selectors.purchases import offer_visible_to
from transactions.services import transfer_offer_accept, transfer_offer_decline, transfer_offer_withdraw

MOST_OPEN, MOST_ENDED = 50, 10
_DEEDS: dict[str, tuple[Callable[..., Any], str]] = {
    "accept": (transfer_offer_accept, "You accepted the offer; the credits are in your account."),
    "decline": (transfer_offer_decline, "You declined the offer; the credits go back."),
    "withdraw": (transfer_offer_withdraw, "You withdrew the offer; the credits are free again."),
}
_ENDS: dict[str, str] = {
    TransactionStatus.COMPLETED: "Accepted",
    TransactionStatus.CANCELLED: "Declined or withdrawn",
    TransactionStatus.EXPIRED: "Not accepted in time",
}


@signed_in_page
@require_safe
def transfers(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show what waits: offers to the person's accounts, offers from them, and what needs a second member."""
    user = session.user
    ended = ended_offers_of(user, most=MOST_ENDED)
    context = {
        "person": user,
        "current": session,
        "place": "transfers",
        "offered_to": open_offers_of(user, "to_account", most=MOST_OPEN),
        "offered_from": open_offers_of(user, "from_account", most=MOST_OPEN),
        "ended": [(row, quantity, _ENDS.get(row.status, row.get_status_display())) for row, quantity in ended],
        "approvals": waiting_part(request, user),
        "most_open": MOST_OPEN,
    }
    return private(render(request, "transactions/transfers.html", context))


@signed_in_page
@require_POST
def offer_deed(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, what: str) -> HttpResponse:
    """Accept, decline or withdraw an offer."""
    if what not in _DEEDS:
        raise Http404
    service, words = _DEEDS[what]
    try:
        offer = offer_visible_to(user=session.user, public_id=public_id)
    except OfferNotFound:
        raise Http404 from None
    try:
        service(actor=session.user, pk=offer.pk)
    except RegistryError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, words)
    return HttpResponseRedirect(reverse("account-transfers"))
