"""The ledger's part of an organisation's page: transfers that wait for a second member, and deciding about them."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.choices import ConsentState
from accounts.models import Organisation, SignInSession, User
from accounts.organisation_mails import person_name
from accounts.pages.signing_in import signed_in_page
from carboncore.common.client_address import client_address
from carboncore.common.errors import RegistryError
from carboncore.common.quantities import tonnes_from_kg
from transactions.errors import ApprovalNotFound
from transactions.models import HoldingAccount
from transactions.selectors.approvals import approval_visible_to, approvals_visible_to
from transactions.services import (
    Origin,
    movement_approval_approve,
    movement_approval_reject,
    movement_approval_withdraw,
)

MOST_SHOWN = 50
_DEEDS: dict[str, tuple[Callable[..., Any], str]] = {
    "approve": (movement_approval_approve, "The transfer is approved and carried out."),
    "reject": (movement_approval_reject, "The transfer is refused; nothing moved."),
    "withdraw": (movement_approval_withdraw, "You took it back; nothing moved."),
}


def approvals_part(request: HttpRequest, user: User, organisation: Organisation) -> SafeString:
    """Return the section as HTML: what waits in the organisation, with the ways to decide for whoever may."""
    return waiting_part(request, user, organisation)


def waiting_part(request: HttpRequest, user: User, organisation: Organisation | None = None) -> SafeString:
    """Return the section as HTML for one organisation, or for all of the person's, which are named then."""
    waiting = approvals_visible_to(user).filter(state=ConsentState.PENDING)
    if organisation is not None:
        waiting = waiting.filter(organisation=organisation)
    found = list(waiting.select_related("project").defer("project__coordinates")[:MOST_SHOWN])
    ids = [row.from_account_id for row in found]
    acts_for = set(HoldingAccount.objects.held_for(user).filter(pk__in=ids).values_list("pk", flat=True))
    rows = [
        {
            "approval": row,
            "quantity": tonnes_from_kg(row.quantity_kg),
            "asked_by": person_name(row.asked_by),
            "is_own": row.asked_by_id == user.pk,
            "may_decide": row.from_account_id in acts_for,
        }
        for row in found
    ]
    context = {"rows": rows, "names_organisations": organisation is None}
    return render_to_string("transactions/approvals_part.html", context, request=request)


@signed_in_page
@require_POST
def approval_deed(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, what: str) -> HttpResponse:
    """Approve, refuse or take back a transfer that waits for a second member."""
    if what not in _DEEDS:
        raise Http404
    service, words = _DEEDS[what]
    try:
        approval = approval_visible_to(user=session.user, public_id=public_id)
    except ApprovalNotFound:
        raise Http404 from None
    more = {"origin": _origin(request)} if what == "approve" else {}
    try:
        service(actor=session.user, pk=approval.pk, **more)
    except RegistryError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, words)
    return HttpResponseRedirect(reverse("account-organisation", args=[approval.organisation.public_id]))


def _origin(request: HttpRequest) -> Origin:
    agent = "".join(c for c in str(request.META.get("HTTP_USER_AGENT", "")) if c.isprintable())
    return Origin(ip_address=client_address(request), user_agent=agent[:500])
