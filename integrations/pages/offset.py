"""Offset this: what of some months remains, which credits to retire for it, and how far an offset has come."""

import uuid
from collections.abc import Mapping
from decimal import InvalidOperation
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import SignInSession, User
from accounts.pages.showing import private
from accounts.pages.signing_in import signed_in_page
from carboncore.common.api.serializers import StrictSerializer
from carboncore.common.client_address import client_address
from carboncore.common.errors import InvalidInput, RegistryError
from carboncore.common.quantities import kg_from_tonnes, tonnes_from_kg
from integrations.api.emission_periods import Asked, present_month, read_asked
from integrations.api.offset_shapes import BuyingSerializer, RetiringSerializer
from integrations.api.offsets import bought_source, held_source, payment_of, whole_period
from integrations.models import EmissionsOffset
from integrations.offset_errors import OffsetNotFound, OffsetOverlaps
from integrations.selectors.offsets import (
    ROUNDING,
    InventoryHolder,
    inventory_holder,
    offset_quote,
    offset_visible_to,
    offsets_of,
)
from integrations.services.offsets import AskedOffset, Beneficiary, offset_make
from transactions.api.callers import key_scope
from transactions.choices import PaymentMethod
from transactions.pages.certificates import certificate_address
from transactions.services import answer_once, purchase_cancel
from transactions.services.idempotency import MAX_KEY_LENGTH
from transactions.services.moving import Origin

_MOST_SHOWN = 50
_PERIOD = ("from", "to", "method", "organisation")
_METHODS = {"location": "location-based", "market": "market-based"}


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def offset(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show what of a period remains and who sells it; when it was ordered, carry the order out."""
    user, given = session.user, (request.POST if request.method == "POST" else request.GET).dict()
    refusal: RegistryError | None = None
    if request.method == "POST":
        try:
            return _ordered(request, user, given)
        except RegistryError as error:
            refusal = error
    return _shown(request, user, given, refusal)


@signed_in_page
@require_safe
def offset_made(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Show an offset: what happens next, and its certificate once the credits are retired."""
    try:
        made = offset_visible_to(user=session.user, public_id=public_id)
    except OffsetNotFound as error:
        return _page(request, session.user, "offset", {"refusals": [error.message]}, status=404)
    retired = made.retired
    context = {
        "offset": made,
        "method": _METHODS[made.method],
        "is_buyer": made.purchase is not None and made.purchase.to_user_id == session.user.pk,
        "by_card": made.purchase is not None and made.purchase.payment_method == PaymentMethod.STRIPE,
        "instructions": settings.INVOICE_INSTRUCTIONS,
        "certificate": certificate_address(retired.public_id) if retired else "",
        "again": f"{reverse('account-emissions-offset')}?{_query_of(made)}",
    }
    return _page(request, session.user, "offset_made", context)


@signed_in_page
@require_safe
def offset_report(_request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Hand out the report that an offset was made on, byte for byte."""
    try:
        made = offset_visible_to(user=session.user, public_id=public_id)
    except OffsetNotFound as error:
        return _page(_request, session.user, "offset", {"refusals": [error.message]}, status=404)
    response = HttpResponse(made.report.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="emissions-report-{made.report_sha256[:12]}.json"'
    return private(response)


@signed_in_page
@require_POST
def offset_cancel(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """End an offset's purchase that is not paid; its months are open again."""
    try:
        made = offset_visible_to(user=session.user, public_id=public_id)
        if made.purchase is None or made.purchase.to_user_id != session.user.pk:
            raise OffsetNotFound
        purchase_cancel(actor=session.user, purchase=made.purchase)
        messages.success(request, "The purchase is cancelled and its credits are free; these months are open again.")
    except RegistryError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("account-emissions-offset-made", args=[public_id]))


def _ordered(request: HttpRequest, user: User, given: dict[str, str]) -> HttpResponse:
    key = given.get("key", "")
    if not key or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput({"key": ["Open this page again and order from there."]})
    asked = whole_period(given)
    holder = inventory_holder(user=user, organisation=asked.organisation)
    wanted = _wanted(user, given, asked, holder)
    agent = "".join(c for c in request.headers.get("User-Agent", "") if c.isprintable())
    origin = Origin(ip_address=client_address(request), user_agent=agent[:500])

    def make() -> tuple[int, dict[str, Any]]:
        return 201, {"id": str(offset_make(actor=user, asked=wanted, origin=origin).public_id)}

    request_of = {name: value for name, value in given.items() if name != "csrfmiddlewaretoken"}
    _, answer = answer_once(scope=key_scope(user, what="offset-page"), key=key, request=request_of, action=make)
    public_id = uuid.UUID(answer["id"])
    try:
        payment_of(offset_visible_to(user=user, public_id=public_id), user)
    except RegistryError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("account-emissions-offset-made", args=[public_id]), status=303)


def _wanted(user: User, given: Mapping[str, str], asked: Asked, holder: InventoryHolder) -> AskedOffset:
    wrong = InvalidInput({"source": ["Choose which credits to retire."]}, "Choose which credits to retire.")
    try:
        quantity_kg = kg_from_tonnes(given.get("quantity", ""))
        kind, *parts = given.get("source", "").split("|")
        if kind == "held":
            account, project_id = parts
            order: StrictSerializer = RetiringSerializer(data={"account": account, "project_id": int(project_id)})
        elif kind == "buy":
            project_id, vintage, currency, price = parts
            order = BuyingSerializer(
                data={
                    "project_id": int(project_id),
                    "vintage": int(vintage) if vintage else None,
                    "currency": currency,
                    "price_per_credit": price,
                }
            )
        else:
            raise wrong
    except (ValueError, InvalidOperation, OverflowError):
        raise wrong from None
    if not order.is_valid():
        raise wrong
    chosen = order.validated_data
    source = held_source(user, chosen) if kind == "held" else bought_source(chosen)
    return AskedOffset(
        holder=holder,
        period=asked.period,
        method=asked.method,
        quantity_kg=quantity_kg,
        source=source,
        beneficiary=Beneficiary(
            name="" if holder.organisation else given.get("beneficiary_name", ""), published="published" in given
        ),
    )


def _shown(request: HttpRequest, user: User, given: dict[str, str], refusal: RegistryError | None) -> HttpResponse:
    context: dict[str, Any] = {"given": given, "refusals": _words(refusal), "rounding": ROUNDING}
    # After a refusal what was chosen stands, an unticked box too: a name that is published once is public.
    context["was_ordered"] = request.method == "POST"
    status = refusal.http_status if refusal else 200
    holder = InventoryHolder(user, None)
    try:
        if any(given.get(name) for name in ("from", "to")):
            asked = whole_period(given)
            holder = inventory_holder(user=user, organisation=asked.organisation)
            context |= _quoted(user, holder, asked)
        elif given.get("organisation"):
            whose = read_asked({"organisation": given["organisation"]}, latest=present_month())
            holder = inventory_holder(user=user, organisation=whose.organisation)
    except OffsetOverlaps as error:
        whole = {**{name: given[name] for name in _PERIOD if given.get(name)}, **error.details}
        context |= {"whole": f"?{urlencode(whole)}", "refusals": [error.message]}
        status = 409 if refusal else 200
    except RegistryError as error:
        context["refusals"] = _words(error)
        status = error.http_status
    context |= {"holder": holder, "made": offsets_of(holder, most=_MOST_SHOWN)}
    return _page(request, user, "offset", context, status=status)


def _quoted(user: User, holder: InventoryHolder, asked: Asked) -> dict[str, Any]:
    quote = offset_quote(user=user, holder=holder, period=asked.period, method=asked.method)
    standing = quote.standing
    return {
        "quote": quote,
        "standing": standing,
        "quantity": tonnes_from_kg(standing.quantity_kg),
        "quantity_text": f"{tonnes_from_kg(standing.quantity_kg):f}",
        "offset_before": standing.offset_kg,
        "method": _METHODS[asked.method],
        "months": (asked.period.first, asked.period.last),
        "is_one_month": asked.period.first == asked.period.last,
        "out_of_date": sum(cell.out_of_date for cell in standing.inventory.groups),
        "unmatched": len(standing.report["unmatched"]),
        "serving": [offer for offer in quote.offers if not offer.hindrance],
        "others": [offer for offer in quote.offers if offer.hindrance],
        "by_card": settings.PAYMENT_MODE == PaymentMethod.STRIPE,
        "minutes": settings.RESERVATION_MINUTES,
        "days": settings.INVOICE_RESERVATION_DAYS,
        "hidden": _hidden(asked),
        "key": uuid.uuid4(),
    }


def _hidden(asked: Asked) -> dict[str, str]:
    """Return the fields that say again which months, method and whose."""
    fields = {"from": f"{asked.period.first:%Y-%m}", "to": f"{asked.period.last:%Y-%m}", "method": str(asked.method)}
    return {**fields, **({"organisation": str(asked.organisation)} if asked.organisation else {})}


def _query_of(made: EmissionsOffset) -> str:
    fields = {"from": f"{made.first_month:%Y-%m}", "to": f"{made.last_month:%Y-%m}", "method": made.method}
    return urlencode({**fields, **({"organisation": str(made.organisation.public_id)} if made.organisation else {})})


def _words(refusal: RegistryError | None) -> list[str]:
    if isinstance(refusal, InvalidInput):
        return [reason for reasons in refusal.errors.values() for reason in reasons]
    return [refusal.message] if refusal else []


def _page(
    request: HttpRequest, user: User, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    shared = {"person": user, "place": "emissions"}
    return private(render(request, f"integrations/pages/{template}.html", {**shared, **context}, status=status))
