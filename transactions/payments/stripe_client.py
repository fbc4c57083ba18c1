"""Stripe, by its own client. Any other module knows only `IntentSnapshot`, `RefundSnapshot` and our errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import stripe

from transactions.errors import PaymentDeclined, PaymentNotFound, PaymentRefused, PaymentUnavailable
from transactions.payments.records import IntentSnapshot, RefundSnapshot

# Nothing about this machine or its timings is of any use to anybody else.
stripe.enable_telemetry = False

_T = TypeVar("_T")
# An answer with status 500 is stored under its key and given again for a day, so such a question needs another key.
# An intent that was made all the same is known to no buyer, hence paid by none.
_CREATE_TRIES = 3
_SEEN_REFUNDS = 100


class StripePayments:
    """The payment provider, implemented by Stripe's PaymentIntents and Refunds."""

    def __init__(self, *, key: str, base: str, timeout: int) -> None:
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": base.rstrip("/")},
            max_network_retries=1,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    def intent_create(
        self, *, key: str, amount: int, currency: str, purchase_id: str, description: str, receipt_email: str
    ) -> IntentSnapshot:
        params: Any = {
            "amount": amount,
            "currency": currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "description": description,
            "metadata": {"transaction": purchase_id},
        }
        if receipt_email:
            params["receipt_email"] = receipt_email

        def create(try_number: int) -> IntentSnapshot:
            own_key = key if try_number == 1 else f"{key}-{try_number}"
            with _translated():
                return _intent(self._client.v1.payment_intents.create(params, {"idempotency_key": own_key}))

        return _tried(create)

    def intent_read(self, intent_id: str) -> IntentSnapshot:
        with _translated():
            return _intent(self._client.v1.payment_intents.retrieve(intent_id))

    def intent_confirm(self, intent_id: str, *, key: str, payment_method: str, return_url: str) -> IntentSnapshot:
        params: Any = {"payment_method": payment_method}
        if return_url:
            params["return_url"] = return_url
        with _translated():
            return _intent(self._client.v1.payment_intents.confirm(intent_id, params, {"idempotency_key": key}))

    def intent_cancel(self, intent_id: str) -> IntentSnapshot:
        try:
            with _translated():
                return _intent(self._client.v1.payment_intents.cancel(intent_id))
        except PaymentRefused:
            # It is paid, being paid or cancelled already; which of these is what the caller needs to know.
            return self.intent_read(intent_id)

    def refund_create(self, *, key: str, intent_id: str, amount: int) -> RefundSnapshot:
        params: Any = {
            "payment_intent": intent_id,
            "amount": amount,
            "reason": "requested_by_customer",
            "metadata": {"refund": key},
        }

        def create(try_number: int) -> RefundSnapshot:
            if try_number > 1 and (made := self.refund_find(key=key, intent_id=intent_id)) is not None:
                return made
            own_key = key if try_number == 1 else f"{key}-{try_number}"
            with _translated():
                return _refund(self._client.v1.refunds.create(params, {"idempotency_key": own_key}))

        return _tried(create)

    def refund_read(self, refund_id: str) -> RefundSnapshot:
        with _translated():
            return _refund(self._client.v1.refunds.retrieve(refund_id))

    def refund_find(self, *, key: str, intent_id: str) -> RefundSnapshot | None:
        with _translated():
            listed = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": _SEEN_REFUNDS})
            found = (_refund(refund) for refund in listed.auto_paging_iter())
            return next((refund for refund in found if refund.refund_id == key), None)


def _tried(action: Callable[[int], _T]) -> _T:
    for number in range(1, _CREATE_TRIES):
        try:
            return action(number)
        except PaymentUnavailable as error:
            if not error.answered:
                raise
    return action(_CREATE_TRIES)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn Stripe's errors into ours."""
    try:
        yield
    except stripe.CardError as error:
        raise PaymentDeclined(error.user_message or "The card was declined. Use another one.") from None
    except (stripe.AuthenticationError, stripe.PermissionError):
        raise PaymentRefused("The payment provider does not accept this registry's key. Tell the registry.") from None
    except (stripe.APIConnectionError, stripe.RateLimitError):
        raise PaymentUnavailable(answered=False) from None
    except stripe.InvalidRequestError as error:
        if error.http_status == 404:
            raise PaymentNotFound from None
        raise PaymentRefused(f"The payment provider refused this: {error.user_message or error.code}") from None
    except stripe.StripeError as error:
        if error.http_status is not None and 400 <= error.http_status < 500 and error.http_status != 409:
            raise PaymentRefused("The payment provider refused this.") from None
        raise PaymentUnavailable(answered=error.http_status is not None and error.http_status >= 500) from None


def _intent(found: stripe.PaymentIntent) -> IntentSnapshot:
    data = found.to_dict()
    failure = data.get("last_payment_error") or {}
    return IntentSnapshot(
        id=data["id"],
        status=data["status"],
        amount=data["amount"],
        amount_received=data.get("amount_received") or 0,
        currency=data["currency"].upper(),
        purchase_id=(data.get("metadata") or {}).get("transaction", ""),
        client_secret=data.get("client_secret") or "",
        declined=failure.get("message") or "",
    )


def _refund(found: stripe.Refund) -> RefundSnapshot:
    data = found.to_dict()
    return RefundSnapshot(
        id=data["id"],
        status=data.get("status") or "pending",
        amount=data["amount"],
        currency=data["currency"].upper(),
        intent_id=data.get("payment_intent") or "",
        refund_id=(data.get("metadata") or {}).get("refund", ""),
        failure=data.get("failure_reason") or "",
    )
