"""A local double of Stripe's API over a real socket: the part of the documented contract that purchases stand on.

Form-encoded requests, bearer keys, the Idempotency-Key store (status and body of the first execution are given again,
other parameters are an error), PaymentIntents, refunds, signed events. The buyer's
browser is `pay`, `finish_action` and `finish_processing`. Faults are ordered with `fail_next`.
"""

import hashlib
import hmac
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET_KEY = "sk_test_double_0123456789"
WEBHOOK_SECRET = "whsec_double_0123456789"

# What the test payment methods do when they are charged.
CHARGES = {
    "pm_card_visa": "succeeded",
    "pm_card_visa_chargeDeclined": "declined",
    "pm_card_threeDSecure2Required": "requires_action",
    "pm_sepaDebit": "processing",
}
CREATE_PARAMS = {"amount", "currency", "automatic_payment_methods[enabled]", "description", "receipt_email"}
CANCELLABLE = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}


class _Refused(Exception):
    """An error answer of the API."""

    def __init__(self, status: int, kind: str, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


@dataclass
class _Fault:
    """One thing to go wrong: at requests whose `METHOD /path` contains `where`."""

    how: str
    where: str


@dataclass
class StripeDouble:
    """The double; `start` it, point STRIPE_API_BASE at `base`, and `stop` it."""

    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    refund_status: str = "succeeded"

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._answers: dict[str, tuple[str, tuple[int, dict[str, Any]] | None]] = {}
        self._faults: list[_Fault] = []
        self._lock = threading.RLock()
        self.released = threading.Event()
        double = self

        class Handler(_Handler):
            stripe = double

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> "StripeDouble":
        """Serve in a thread."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Let hanging requests go and close the socket."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    # What a test orders

    def fail_next(self, how: str, where: str, *, times: int = 1) -> None:
        """Let the next requests that contain `where` go wrong.

        `500`: nothing is done, status 500 is stored under the key. `down`: nothing is done, the connection breaks.
        `lost`: it is done, but the answer is lost. `hang`: it is done, and the answer never comes.
        """
        with self._lock:
            self._faults += [_Fault(how, where) for _ in range(times)]

    def pay(self, intent_id: str, payment_method: str = "pm_card_visa") -> str:
        """Pay as the buyer's browser does; returns the status the payment has then."""
        with self._lock, suppress(_Refused):
            self._confirm(intent_id, {"payment_method": payment_method})
        return str(self.intents[intent_id]["status"])

    def finish_action(self, intent_id: str) -> None:
        """Pass the bank's further step."""
        with self._lock:
            self._succeed(self.intents[intent_id])

    def finish_processing(self, intent_id: str, *, paid: bool = True) -> None:
        """Let the bank come to an end with a slow payment."""
        with self._lock:
            intent = self.intents[intent_id]
            if paid:
                self._succeed(intent)
            else:
                self._decline(intent, "The bank returned this payment.")

    def finish_refund(self, refund_id: str, status: str) -> None:
        """Let a pending refund succeed or fail."""
        with self._lock:
            refund = self.refunds[refund_id]
            refund["status"] = status
            refund["failure_reason"] = "lost_or_stolen_card" if status == "failed" else None
            self._event("refund.failed" if status == "failed" else "refund.updated", refund)

    def refund_in_dashboard(self, intent_id: str, amount: int) -> dict[str, Any]:
        """Give money back as somebody does on Stripe's own pages."""
        with self._lock:
            return self._create_refund({"payment_intent": intent_id, "amount": str(amount)})

    def dispute(self, intent_id: str) -> dict[str, Any]:
        """Let the card's owner dispute a payment."""
        with self._lock:
            number = next(self._numbers)
            return self._event(
                "charge.dispute.created", {"id": f"dp_{number}", "object": "dispute", "payment_intent": intent_id}
            )

    def taken(self, intent_id: str) -> int:
        """Return what the double has of a payment after its refunds, in minor units."""
        back = sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["payment_intent"] == intent_id and refund["status"] in {"succeeded", "pending"}
        )
        return int(self.intents[intent_id]["amount_received"]) - back

    # Events

    def events_of(self, event_type: str) -> list[dict[str, Any]]:
        """Return the events of one type, oldest first."""
        return [event for event in self.events if event["type"] == event_type]

    @staticmethod
    def signed(event: Any, *, at: float | None = None, secret: str = WEBHOOK_SECRET) -> tuple[bytes, str]:
        """Return the body and the Stripe-Signature header of one delivery of an event."""
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        moment = int(time.time() if at is None else at)
        digest = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
        return payload, f"t={moment},v1={digest}"

    def deliver(self, event: dict[str, Any], url: str) -> int:
        """Post an event to a webhook endpoint; returns its status, 0 when nobody answers."""
        payload, signature = self.signed(event)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        request = urllib.request.Request(url, data=payload, headers=headers, method="POST")  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    # The API

    def answer(self, method: str, path: str, params: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]] | None:
        """Return the status and body of a request; None when its connection is to break."""
        with self._lock:
            self.requests.append((method, path, params))
            fault = self._fault(f"{method} {path}")
        if fault == "down":
            return None
        if headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        key = headers.get("Idempotency-Key", "") if method == "POST" else ""
        answer = self._keyed(key, method, path, params, broken=fault == "500")
        if fault == "hang":
            self.released.wait(60)
        return None if fault in {"lost", "hang"} else answer

    def _fault(self, request: str) -> str:
        for fault in self._faults:
            if fault.where in request:
                self._faults.remove(fault)
                return fault.how
        return ""

    def _keyed(
        self, key: str, method: str, path: str, params: dict[str, str], *, broken: bool
    ) -> tuple[int, dict[str, Any]]:
        asked = json.dumps([method, path, params], sort_keys=True)
        with self._lock:
            if key in self._answers:
                first, stored = self._answers[key]
                if first != asked:
                    message = "Keys for idempotent requests can only be used with the same parameters."
                    return 400, {"error": {"type": "idempotency_error", "message": message}}
                if stored is not None:
                    return stored
            try:
                answer = (500, {"error": {"type": "api_error", "message": "Broken"}}) if broken else None
                answer = answer or (200, self._execute(method, path, params))
            except _Refused as refusal:
                if refusal.status == 400:  # a request that fails validation is not stored
                    return refusal.status, refusal.body
                answer = (refusal.status, refusal.body)
            if key:
                self._answers[key] = (asked, answer)
            return json.loads(json.dumps(answer))

    def _execute(self, method: str, path: str, params: dict[str, str]) -> dict[str, Any]:
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["payment_intents"]:
                return self._create_intent(params)
            case "GET", ["payment_intents", intent_id]:
                return self._intent(intent_id)
            case "POST", ["payment_intents", intent_id, "confirm"]:
                return self._confirm(intent_id, params)
            case "POST", ["payment_intents", intent_id, "cancel"]:
                return self._cancel(intent_id)
            case "POST", ["refunds"]:
                return self._create_refund(params)
            case "GET", ["refunds"]:
                found = [r for r in self.refunds.values() if r["payment_intent"] == params.get("payment_intent")]
                return {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"}
            case "GET", ["refunds", refund_id] if refund_id in self.refunds:
                return self.refunds[refund_id]
        raise _Refused(404, "invalid_request_error", "resource_missing", f"No such object: {path}")

    def _create_intent(self, params: dict[str, str]) -> dict[str, Any]:
        unknown = [name for name in params if name not in CREATE_PARAMS and not name.startswith("metadata[")]
        if unknown:
            raise _Refused(400, "invalid_request_error", "parameter_unknown", f"Received unknown parameter: {unknown}")
        amount, currency = params.get("amount", ""), params.get("currency", "")
        if not amount.isdigit() or len(currency) != 3 or currency != currency.lower():
            raise _Refused(400, "invalid_request_error", "parameter_invalid", "Invalid amount or currency")
        if int(amount) < 50:
            raise _Refused(400, "invalid_request_error", "amount_too_small", "Amount must be at least 50 cents")
        number = next(self._numbers)
        intent: dict[str, Any] = {
            "id": f"pi_{number}",
            "object": "payment_intent",
            "amount": int(amount),
            "amount_capturable": 0,
            "amount_received": 0,
            "automatic_payment_methods": {"enabled": params.get("automatic_payment_methods[enabled]") == "true"},
            "canceled_at": None,
            "capture_method": "automatic_async",
            "client_secret": f"pi_{number}_secret_{number}",
            "created": int(time.time()),
            "currency": currency,
            "description": params.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": {n[9:-1]: value for n, value in params.items() if n.startswith("metadata[")},
            "next_action": None,
            "payment_method": None,
            "receipt_email": params.get("receipt_email"),
            "status": "requires_payment_method",
        }
        self.intents[intent["id"]] = intent
        self._event("payment_intent.created", intent)
        return intent

    def _intent(self, intent_id: str) -> dict[str, Any]:
        if intent_id not in self.intents:
            raise _Refused(404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{intent_id}'")
        return self.intents[intent_id]

    def _confirm(self, intent_id: str, params: dict[str, str]) -> dict[str, Any]:
        intent = self._intent(intent_id)
        if intent["status"] not in {"requires_payment_method", "requires_confirmation"}:
            self._unexpected_state(intent)
        method = params.get("payment_method", "")
        if method not in CHARGES:
            raise _Refused(400, "invalid_request_error", "resource_missing", f"No such PaymentMethod: '{method}'")
        intent["payment_method"], intent["last_payment_error"] = method, None
        match CHARGES[method]:
            case "succeeded":
                self._succeed(intent)
            case "declined":
                self._decline(intent, "Your card was declined.")
                error = {"decline_code": "generic_decline", "payment_intent": intent}
                raise _Refused(402, "card_error", "card_declined", "Your card was declined.", **error)
            case status:
                intent["status"] = status
                intent["next_action"] = {"type": "use_stripe_sdk"} if status == "requires_action" else None
                self._event(f"payment_intent.{status}", intent)
        return intent

    def _cancel(self, intent_id: str) -> dict[str, Any]:
        intent = self._intent(intent_id)
        if intent["status"] not in CANCELLABLE:
            self._unexpected_state(intent)
        intent["status"], intent["canceled_at"] = "canceled", int(time.time())
        self._event("payment_intent.canceled", intent)
        return intent

    def _succeed(self, intent: dict[str, Any]) -> None:
        intent["status"], intent["amount_received"], intent["next_action"] = "succeeded", intent["amount"], None
        intent["latest_charge"] = f"ch_{next(self._numbers)}"
        self._event("payment_intent.succeeded", intent)

    def _decline(self, intent: dict[str, Any], message: str) -> None:
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": message}
        self._event("payment_intent.payment_failed", intent)

    def _unexpected_state(self, intent: dict[str, Any]) -> None:
        message = f"This PaymentIntent's status is {intent['status']}."
        raise _Refused(400, "invalid_request_error", "payment_intent_unexpected_state", message)

    def _create_refund(self, params: dict[str, str]) -> dict[str, Any]:
        intent = self._intent(params.get("payment_intent", ""))
        left = self.taken(intent["id"])
        amount = int(params.get("amount", left))
        if not 0 < amount <= left:
            raise _Refused(400, "invalid_request_error", "charge_already_refunded", "More than what is left to refund.")
        refund = {
            "id": f"re_{next(self._numbers)}",
            "object": "refund",
            "amount": amount,
            "charge": intent["latest_charge"],
            "created": int(time.time()),
            "currency": intent["currency"],
            "failure_reason": None,
            "metadata": {n[9:-1]: value for n, value in params.items() if n.startswith("metadata[")},
            "payment_intent": intent["id"],
            "reason": params.get("reason"),
            "status": self.refund_status,
        }
        self.refunds[refund["id"]] = refund
        self._event("refund.created", refund)
        self._event("charge.refunded", {"id": refund["charge"], "object": "charge", "payment_intent": intent["id"]})
        return refund

    def _event(self, event_type: str, subject: dict[str, Any]) -> dict[str, Any]:
        event = {
            "id": f"evt_{next(self._numbers)}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "type": event_type,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": json.loads(json.dumps(subject))},
        }
        self.events.append(event)
        return event


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the double."""

    protocol_version = "HTTP/1.1"
    stripe: StripeDouble

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._respond("GET", parts.path, dict(parse_qsl(parts.query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._respond("POST", self.path, dict(parse_qsl(body, keep_blank_values=True)))

    def _respond(self, method: str, path: str, params: dict[str, str]) -> None:
        answer = self.stripe.answer(method, path, params, self.headers)
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        status, body = answer
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing."""
