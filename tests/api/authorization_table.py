"""Who may call what of the API: every method of every route, with what each caller is answered.

A line is (method, path, who is answered how, body). Callers go by the letters of `tests/world.py`; names in braces are
the world's. A new route needs a line for each of its methods, e.g.

    ("POST", "/admin/things/{thing}/approve", staff(OFFICERS, 200), {"note": "Fine."}),

`staff(who, status)` lets these members of staff in (401 for nobody, 403 for all others), `signed_in(status)` whoever is
signed in, `public(status)` everybody, `owned(who, status)` these, and tells all others that there is no such thing.
K, the key that may only read, is answered as its owner W where the line says nothing else: to GET; 403 to all else.
"""

from typing import Any

from tests.factories import PASSWORD
from tests.world import EVERYBODY

_PERSONS = EVERYBODY.replace("K", "")

Statuses = dict[str, int]
ALL, OFFICERS, DESK, REVIEW, SUPER = "SREDUI", "SR", "SD", "SRE", "S"
ASKERS = "SRD"


def answers(**by_status: str) -> Statuses:
    """Return each caller's status; `answers(s200="S", s403="RE")`."""
    return {letter: int(status[1:]) for status, letters in by_status.items() for letter in letters}


def staff(who: str, status: int) -> Statuses:
    """Let in those who have the permission."""
    return {**dict.fromkeys(_PERSONS, 403), "A": 401, **dict.fromkeys(who, status)}


def signed_in(status: int, **others: str) -> Statuses:
    """Let in whoever is signed in; staff without their second factor are not."""
    return {**dict.fromkeys(_PERSONS, status), "A": 401, "X": 403, **answers(**others)}


def open_to_all(status: int, **others: str) -> Statuses:
    """Let in everybody; but a token that does not hold (staff without their second factor) is refused as everywhere."""
    return {**dict.fromkeys(_PERSONS, status), "X": 403, **answers(**others)}


def public(status: int) -> Statuses:
    """Let in everybody; nobody's token is looked at."""
    return dict.fromkeys(EVERYBODY, status)


def owned(who: str, status: int, **others: str) -> Statuses:
    """Let in whose it is; to everybody else there is no such thing."""
    return {**dict.fromkeys(_PERSONS, 404), "A": 401, "X": 403, **dict.fromkeys(who, status), **answers(**others)}


_NEW_PROJECT = {
    "project_name": "New", "project_initiator": "Somebody", "project_type_id": "{type}", "country": "BR",
    "region": "Acre", "vintage_year": 2024,
}  # fmt: skip
_VERIFIED = {"verified": "4", "validator": "{accredited}", "verified_on": "2024-03-01"}
_PROJECT, _PERIODS = "/admin/projects/{project}", "/admin/projects/{project}/monitoring-periods"
_CLAIMED = "/admin/projects/{registered}/monitoring-periods/{claimed}"
REGISTRY = [
    ("GET", "/projects", public(200), None),
    ("GET", "/projects/{registered_slug}", public(200), None),
    ("GET", "/projects/{selling_slug}/credits", public(200), None),
    ("GET", "/project-types", public(200), None),
    ("GET", "/standards", public(200), None),
    ("GET", "/countries", public(200), None),
    ("GET", "/documents/{document}", {**public(404), **answers(s200=ALL)}, None),
    ("GET", "/admin/projects", staff(ALL, 200), None),
    ("POST", "/admin/projects", staff(OFFICERS, 201), _NEW_PROJECT),
    ("GET", "/admin/projects/boundaries", staff(ALL, 200), None),
    ("GET", _PROJECT, staff(ALL, 200), None),
    ("PUT", _PROJECT, staff(OFFICERS, 200), {"region": "Elsewhere"}),
    ("PATCH", _PROJECT, staff(OFFICERS, 200), {"region": "Elsewhere"}),
    ("DELETE", _PROJECT, staff(SUPER, 200), None),
    ("GET", f"{_PROJECT}/moves", staff(ALL, 200), None),
    ("POST", "/admin/projects/{submitted}/moves", staff(REVIEW, 200), {"move": "begin_validation"}),
    ("POST", f"{_PROJECT}/publish", staff(OFFICERS, 200), {"published": True}),
    ("GET", f"{_PROJECT}/overlaps", staff(ALL, 200), None),
    ("POST", f"{_PROJECT}/overlaps/{{overlap}}/justify", staff(REVIEW, 200), {"justification": "Another pool."}),
    ("GET", f"{_PROJECT}/history", staff(ALL, 200), None),
    ("GET", f"{_PROJECT}/documents", staff(ALL, 200), None),
    ("POST", f"{_PROJECT}/documents", staff(OFFICERS, 201), {"title": "A", "url": "https://a.example.org/x"}),
    ("PATCH", f"{_PROJECT}/documents/{{document}}", staff(OFFICERS, 200), {"title": "B"}),
    ("DELETE", f"{_PROJECT}/documents/{{document}}", staff(OFFICERS, 200), None),
    ("GET", _PERIODS, staff(ALL, 200), None),
    ("POST", _PERIODS, staff(OFFICERS, 201), {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "claimed": "5"}),
    ("GET", f"{_PERIODS}/{{draft}}", staff(ALL, 200), None),
    ("POST", f"{_PERIODS}/{{draft}}/submit", staff(OFFICERS, 200), {}),
    ("POST", f"{_CLAIMED}/verify", staff(REVIEW, 200), _VERIFIED),
    ("POST", f"{_CLAIMED}/reject", staff(REVIEW, 200), {"reason": "No data."}),
    ("GET", "/admin/project-types", staff(ALL, 200), None),
    ("POST", "/admin/project-types", staff(OFFICERS, 201), {"code": "NEW", "name": "New"}),
    ("GET", "/admin/project-types/{type}", staff(ALL, 200), None),
    ("PUT", "/admin/project-types/{type}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("PATCH", "/admin/project-types/{type}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("DELETE", "/admin/project-types/{type}", staff(SUPER, 200), None),
    ("GET", "/admin/standards", staff(ALL, 200), None),
    ("POST", "/admin/standards", staff(OFFICERS, 201), {"code": "NEW", "name": "New"}),
    ("GET", "/admin/standards/{standard}", staff(ALL, 200), None),
    ("PUT", "/admin/standards/{standard}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("PATCH", "/admin/standards/{standard}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("DELETE", "/admin/standards/{standard}", staff(SUPER, 200), None),
    ("GET", "/admin/standard-validators", staff(ALL, 200), None),
    ("POST", "/admin/standard-validators", staff(OFFICERS, 201), {"name": "New"}),
    ("GET", "/admin/standard-validators/{validator}", staff(ALL, 200), None),
    ("PUT", "/admin/standard-validators/{validator}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("PATCH", "/admin/standard-validators/{validator}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("DELETE", "/admin/standard-validators/{validator}", staff(SUPER, 200), None),
    ("GET", "/admin/methodologies", staff(ALL, 200), None),
    ("POST", "/admin/methodologies", staff(OFFICERS, 201), {"code": "NEW"}),
    ("GET", "/admin/methodologies/{methodology}", staff(ALL, 200), None),
    ("PUT", "/admin/methodologies/{methodology}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("PATCH", "/admin/methodologies/{methodology}", staff(OFFICERS, 200), {"name": "Renamed"}),
    ("DELETE", "/admin/methodologies/{methodology}", staff(SUPER, 200), None),
]

_NEW = {"email": "new@example.org", "username": "new_1", "password": "nine quiet herons 9"}
_TOKEN = {"token": "x" * 43}
_NEW_KEY = {"name": "Meter", "scopes": ["read"], "password": PASSWORD}
_IDENTITY = {"token": "x", "password": PASSWORD}
_NO_STAFF = "SREDUIN"  # accounts of staff are looked after in the staff admin
_ADMINISTRATOR = "/admin/administrators/{administrator}"
PEOPLE = [
    ("POST", "/admin/login", public(401), {"email": "x@example.org", "password": "x"}),
    ("GET", "/admin/validate", {**staff(f"{ALL}N", 200), **answers(s401="OVTWXK")}, None),
    ("GET", "/admin/administrators", staff(SUPER, 200), None),
    ("POST", "/admin/administrators", staff(SUPER, 201), {"email": "new@example.org", "full_name": "New"}),
    ("GET", _ADMINISTRATOR, staff(SUPER, 200), None),
    ("PUT", _ADMINISTRATOR, staff(SUPER, 200), {"full_name": "Renamed"}),
    ("PATCH", _ADMINISTRATOR, staff(SUPER, 200), {"full_name": "Renamed"}),
    ("DELETE", _ADMINISTRATOR, staff(SUPER, 200), None),
    ("POST", "/admin/administrators/{invited}/invite", staff(SUPER, 200), {}),
    ("POST", f"{_ADMINISTRATOR}/reset-factors", staff(SUPER, 200), {"reason": "The telephone is lost."}),
    ("POST", "/users/register", public(201), _NEW),
    ("POST", "/users/confirm-email", public(400), {**_TOKEN, "password": "x"}),
    ("POST", "/users/confirm-email/resend", public(200), {"email": _NEW["email"]}),
    ("POST", "/users/confirm-new-email", public(400), _TOKEN),
    ("POST", "/users/password/forgotten", public(200), {"email": _NEW["email"]}),
    ("POST", "/users/password/reset", public(400), {**_TOKEN, "password": "nine herons 9"}),
    ("POST", "/users/reclaim", public(400), _TOKEN),
    ("POST", "/users/login", public(401), {"email": "x@example.org", "password": "x"}),
    ("POST", "/users/token/refresh", public(401), {"refresh_token": "x"}),
    ("POST", "/users/logout", signed_in(200), None),
    ("POST", "/users/logout-everywhere", signed_in(200), None),
    ("GET", "/users/me", signed_in(200), None),
    ("PATCH", "/users/me", signed_in(200), {"full_name": "Changed"}),
    ("DELETE", "/users/me", signed_in(200, s403=_NO_STAFF, s409="W"), {"password": PASSWORD}),
    ("GET", "/users/me/export", signed_in(200, s403="XK"), None),
    ("POST", "/users/me/password", signed_in(200, s403=_NO_STAFF),
     {"current_password": PASSWORD, "new_password": "a new heron 42"}),
    ("POST", "/users/me/email", signed_in(200, s403=_NO_STAFF), {"new_email": "n@example.org", "password": PASSWORD}),
    ("GET", "/users/me/sessions", signed_in(200, s403="XK"), None),
    ("DELETE", "/users/me/sessions/{session}", owned("W", 200), None),
    ("GET", "/users/{person}", open_to_all(200), None),
    ("GET", "/users/me/api-keys", signed_in(200, s403="XK"), None),
    ("POST", "/users/me/api-keys", signed_in(201, s403=_NO_STAFF), _NEW_KEY),
    ("DELETE", "/users/me/api-keys/{key}", owned("W", 200), None),
    ("GET", "/users/me/identities", signed_in(200, s403="XK"), None),
    ("POST", "/users/me/identities", signed_in(400, s403=_NO_STAFF), _IDENTITY),
    ("DELETE", "/users/me/identities/{nobody}", owned("", 404), None),
]  # fmt: skip

_ORGANISATION, _MEMBER = "/organisations/{organisation}", "/organisations/{organisation}/members/{member}"
_STRANGER = "/organisations/{organisation}/members/{stranger}"
_PENDING, _INVITED = "/organisations/{pending}", {"email": "new@example.org", "role": "viewer"}
ORGANISATIONS = [
    ("GET", "/organisations", signed_in(200), None),
    ("POST", "/organisations", signed_in(201), {"name": "Mill", "country": "PT"}),
    ("GET", _ORGANISATION, owned("VTWSRDU", 200), None),
    ("GET", f"{_ORGANISATION}/members", owned("VTWSRDU", 200), None),
    ("PUT", _STRANGER, owned("WSR", 404, s403="VTDU"), {"role": "owner"}),
    ("PUT", _MEMBER, owned("WSR", 200, s403="VTDU"), {"role": "trader"}),
    ("DELETE", _MEMBER, owned("VWSR", 200, s403="TDU"), None),
    ("GET", f"{_ORGANISATION}/invitations", owned("WSR", 200, s403="VTDUX"), None),
    ("POST", f"{_ORGANISATION}/invitations", owned("WSR", 201, s403="VTDUX"), _INVITED),
    ("DELETE", f"{_ORGANISATION}/invitations/{{invitation}}", owned("WSR", 200, s403="VTDUX"), None),
    ("POST", f"{_ORGANISATION}/invitations/{{invitation}}/resend", owned("WSR", 200, s403="VTDUX"), {}),
    ("POST", f"{_ORGANISATION}/hand-over", owned("W", 200, s403="TSRDUX", s400="V"), {"user": "{member}"}),
    ("GET", f"{_ORGANISATION}/transfer-limit", owned("VTWSRDU", 200), None),
    ("PUT", f"{_ORGANISATION}/transfer-limit", owned("W", 200, s403="VTSRDUX"), {"limit": "5"}),
    ("POST", f"{_ORGANISATION}/transfer-limit/approve", owned("W", 404, s403="VTSRDUX"), {}),
    ("POST", f"{_ORGANISATION}/transfer-limit/reject", owned("W", 404, s403="VTSRDUX"), {}),
    ("GET", f"{_PENDING}/documents", owned("WSR", 200, s403="DUXK"), None),
    ("POST", f"{_PENDING}/documents", owned("W", 415, s415="SRDU"), {"title": "Not as a form"}),
    ("GET", f"{_PENDING}/documents/{{organisation_document}}", owned("WSR", 200, s403="DUXK"), None),
    ("DELETE", f"{_PENDING}/documents/{{organisation_document}}", owned("WSR", 200, s403="DUX"), None),
    ("GET", "/users/me/invitations", signed_in(200, s403="XK"), None),
    ("POST", "/users/me/invitations/{invitation}/accept", owned("O", 200), None),
    ("POST", "/users/me/invitations/{invitation}/decline", owned("O", 200), None),
    ("GET", "/admin/organisations", staff("SRDU", 200), None),
    ("POST", "/admin/organisations/{pending}/approve", staff(OFFICERS, 200), {}),
    ("POST", "/admin/organisations/{pending}/reject", staff(OFFICERS, 200), {"note": "No."}),
    ("POST", "/admin/organisations/{approved}/suspend", staff(OFFICERS, 200), {"note": "No."}),
    ("POST", "/admin/organisations/{suspended}/reinstate", staff(OFFICERS, 200), {}),
]

_ORDER = {"project_id": "{selling}", "quantity": "1", "price_per_credit": "12.5", "currency": "EUR"}
_CREDITS = {"project_id": "{selling}", "quantity": "1"}
_BENEFICIARY = {"beneficiary_name": "Somebody", "purpose": "third_party"}
_CSV = "project_id,quantity,beneficiary_name,purpose\n{selling},1,Somebody,third_party\n"
_TO_SHARED, _FROM_SHARED = {"from_account": "{own}", "to_account": "{shared}"}, {"from_account": "{shared}"}
_PRICE = {"project_id": "{selling}", "currency": "EUR", "price_per_credit": "14"}
_OF_PERSON = "/users/{person}"
CREDITS = [
    ("POST", "/purchases", open_to_all(201, s400="A"), _ORDER),
    ("POST", "/purchases", open_to_all(404, s201="W", s400="A"), {**_ORDER, "to_account": "{own}"}),
    ("GET", "/purchases/{purchase}", {**owned("WSD", 200), "A": 404}, None),
    ("GET", "/purchases/{guest_purchase}", open_to_all(200), None),
    ("POST", "/purchases/{purchase}/confirm", {**owned("WSD", 409), "A": 404}, {}),
    ("POST", "/purchases/{purchase}/cancel", {**owned("WSD", 200), "A": 404}, {}),
    ("POST", "/purchases/{paid}/refund", staff(DESK, 200), {"reason": "Ordered twice."}),
    ("POST", "/purchases/{purchase}/mark-paid", staff(DESK, 200), {"reference": "Bank 2"}),
    ("POST", "/transfers", owned("WSD", 201), _CREDITS | _TO_SHARED),
    ("POST", "/transfers", owned("TWSD", 201, s403="V"), {**_CREDITS, **_FROM_SHARED, "to_account": "{theirs}"}),
    ("GET", "/retirements", open_to_all(200), None),
    ("POST", "/retirements", owned("WSD", 201), {**_CREDITS, **_BENEFICIARY, "account": "{own}"}),
    ("POST", "/retirements", owned("TWSD", 201, s403="V"), {**_CREDITS, **_BENEFICIARY, "account": "{shared}"}),
    ("POST", "/retirements/csv", owned("TWSD", 201, s403="V"), {"account": "{shared}", "csv": _CSV}),
    (
        "POST",
        "/cancellations",
        owned("TWSD", 201, s403="V"),
        {**_CREDITS, "account": "{shared}", "reason": "Given up."},
    ),
    ("GET", "/transfer-offers", signed_in(200), None),
    ("POST", "/transfer-offers", owned("TWSD", 201, s403="V"), {**_CREDITS, **_FROM_SHARED, "to_account": "{theirs}"}),
    ("GET", "/transfer-offers/{offer}", owned("VTWSD", 200), None),
    ("POST", "/transfer-offers/{offer}/accept", owned("TWSD", 200, s403="V"), {}),
    ("POST", "/transfer-offers/{offer}/decline", owned("TWSD", 200, s403="V"), {}),
    ("POST", "/transfer-offers/{offer}/withdraw", owned("WSD", 200, s403="VT"), {"reason": "An error."}),
    ("GET", "/transfer-approvals", signed_in(200), None),
    ("GET", "/transfer-approvals/{nobody}", owned("", 404), None),
    ("POST", "/transfer-approvals/{nobody}/approve", owned("", 404), {}),
    ("POST", "/transfer-approvals/{nobody}/reject", owned("", 404), {"reason": "No."}),
    ("POST", "/transfer-approvals/{nobody}/withdraw", owned("", 404), {}),
    ("GET", "/admin/credit-prices", staff(ALL, 200), None),
    ("POST", "/admin/credit-prices", staff(DESK, 201), _PRICE),
    ("GET", "/admin/credit-prices/{price}", staff(ALL, 200), None),
    ("PUT", "/admin/credit-prices/{price}", staff(DESK, 200), {"valid_to": None}),
    ("PATCH", "/admin/credit-prices/{price}", staff(DESK, 200), {"valid_to": None}),
    ("DELETE", "/admin/credit-prices/{later_price}", staff(DESK, 200), None),
    ("GET", "/serials/{serial}", public(200), None),
    ("GET", "/ledger/checkpoint", public(200), None),
    ("GET", "/ledger/checkpoints", public(200), None),
    ("POST", "/admin/ledger/checkpoints", staff(DESK, 201), {}),
    ("GET", "/holding-accounts", signed_in(200), None),
    ("POST", "/holding-accounts", signed_in(201), {"name": "New"}),
    ("POST", "/holding-accounts", owned("TW", 201, s403="VSRDU"), {"name": "New", "organisation": "{organisation}"}),
    ("GET", "/holding-accounts/{own}/balances", owned("WSD", 200), None),
    ("GET", "/holding-accounts/{shared}/balances", owned("VTWSD", 200), None),
    ("GET", "/holding-accounts/{own}/statement?from=2024-01-01&to=2024-12-31", owned("WSD", 200), None),
    ("GET", "/admin/transactions", staff(ALL, 200), None),
    ("GET", "/admin/transactions.csv", staff(ALL, 200), None),
    ("GET", "/admin/transactions.xlsx", staff(ALL, 200), None),
    ("GET", "/admin/transactions/analytics", staff(ALL, 200), None),
    ("GET", f"{_OF_PERSON}/notifications", owned("WSD", 200), None),
    ("GET", f"{_OF_PERSON}/wallets", owned("WSD", 200), None),
    ("POST", f"{_OF_PERSON}/wallets", owned("WSD", 201), {"name": "New"}),
    ("PUT", f"{_OF_PERSON}/wallets", owned("WSD", 200), {"id": "{own}", "name": "Renamed"}),
    ("GET", f"{_OF_PERSON}/wallets/{{own}}", owned("WSD", 200), None),
    ("PUT", f"{_OF_PERSON}/wallets/{{own}}", owned("WSD", 200), {"name": "Renamed"}),
    ("DELETE", f"{_OF_PERSON}/wallets/{{empty}}", owned("WSD", 200), None),
    ("GET", f"{_OF_PERSON}/wallets/{{own}}/transactions", owned("WSD", 200), None),
    ("GET", "/users/{stranger}/wallets/{own}", owned("", 404), None),
    ("POST", "/webhooks/stripe", public(409), {"id": "evt_1"}),
]

_ASKED = {"project_id": "{selling}", "vintage": 2024, "quantity": 1}
_BUFFER = {"project_id": "{selling}", "quantity": 1, "reason": "Past."}
OFFICE = [
    ("GET", "/admin/issuance-requests", staff(ALL, 200), None),
    ("POST", "/admin/issuance-requests", staff(ASKERS, 201), _ASKED),
    ("GET", "/admin/issuance-requests/{issuance}", staff(ALL, 200), None),
    ("POST", "/admin/issuance-requests/{issuance}/approve", staff(OFFICERS, 200), {}),
    ("POST", "/admin/issuance-requests/{issuance}/reject", staff(OFFICERS, 200), {"note": "No."}),
    ("GET", "/admin/reversal-requests", staff(ALL, 200), None),
    ("POST", "/admin/reversal-requests", staff(DESK, 201), {"entry": "{entry}", "reason": "Wrong."}),
    ("POST", "/admin/reversal-requests/{reversal}/approve", staff(DESK, 200), {}),
    ("POST", "/admin/reversal-requests/{reversal}/reject", staff(DESK, 200), {"note": "No."}),
    ("POST", "/admin/holding-accounts/{own}/freeze", staff(DESK, 200), {"reason": "An inquiry."}),
    ("POST", "/admin/holding-accounts/{frozen}/unfreeze", staff(DESK, 200), {}),
    ("POST", "/admin/holding-accounts/{empty}/close", staff(DESK, 200), {}),
    ("POST", "/admin/buffer-releases", staff(DESK, 201), {**_BUFFER, "to_account": "{own}"}),
    ("POST", "/admin/buffer-cancellations", staff(DESK, 201), _BUFFER),
    ("GET", "/admin/payment-issues", staff(ALL, 200), None),
    ("GET", "/admin/payment-issues/{issue}", staff(ALL, 200), None),
    ("POST", "/admin/payment-issues/{issue}/resolve", staff(DESK, 200), {"resolution": "noted", "note": "Seen."}),
    ("GET", "/performance", staff(ALL, 200), None),
]

_MONTH = "from=2025-03&to=2025-03"
_BUY = {"project_id": "{selling}", "price_per_credit": "12.5", "currency": "EUR"}
_OFFSET = {"from": "2025-03", "to": "2025-03", "quantity": "1", "buy": _BUY}
EMISSIONS: list[tuple[str, str, Statuses, Any]] = [
    ("GET", "/emissions", signed_in(200, s403="K"), None),
    ("GET", "/emissions/summary", signed_in(200, s403="K"), None),
    ("GET", "/emissions/report", signed_in(200, s403="K"), None),
    ("GET", "/emissions/report?format=pdf", signed_in(200, s403="K"), None),
    ("GET", "/emissions/report?format=xlsx&organisation={nobody}", owned("", 404, s403="XK"), None),
    ("POST", "/emissions/recalculate", signed_in(202), {}),
    ("GET", "/emissions/{nobody}/explain", owned("", 404, s403="XK"), None),
    ("GET", "/emission-factors", signed_in(200, s403="K"), None),
    ("GET", f"/emissions/offset?{_MONTH}", signed_in(200, s403="K"), None),
    ("GET", f"/emissions/offset?{_MONTH}&organisation={{organisation}}", owned("VTW", 200, s403="XK"), None),
    ("GET", "/emissions/offsets", signed_in(200, s403="K"), None),
    # Nobody of the world has emissions: whoever may offset is told that there is nothing to.
    ("POST", "/emissions/offsets", signed_in(409), _OFFSET),
    ("POST", "/emissions/offsets", owned("TW", 409, s403="VX"), {**_OFFSET, "organisation": "{organisation}"}),
    ("GET", "/emissions/offsets/{nobody}", owned("", 404, s403="XK"), None),
    ("GET", "/emissions/offsets/{nobody}/report", owned("", 404, s403="XK"), None),
]

_SOURCE, _UPLOAD = "/datasources/{source}", "/datasources/{source}/uploads/{nobody}"
_READING = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z", "quantity": "5", "unit": "kWh"}
_ENDPOINT = "/webhook-endpoints/{nobody}"
DATA_SOURCES = [
    ("GET", "/integrations", open_to_all(200, s403="XK"), None),
    ("GET", "/integrations/{slug}", open_to_all(200, s403="XK"), None),
    ("GET", "/oauth/callback", open_to_all(400, s403="XK"), None),
    ("GET", "/datasources", signed_in(200, s403="XK"), None),
    ("POST", "/datasources", signed_in(201), {"integration_id": "manual-entry"}),
    ("POST", "/datasources", owned("TW", 201, s403="VSRDUXK"),
     {"integration_id": "manual-entry", "organisation": "{organisation}", "metadata": {"name": "Another"}}),
    ("GET", _SOURCE, owned("VTW", 200, s403="XK"), None),
    ("PUT", _SOURCE, owned("TW", 200), {"metadata": {"name": "Renamed"}}),
    ("DELETE", _SOURCE, owned("TW", 200), None),
    ("POST", f"{_SOURCE}/sync", owned("", 404, s409="TW"), {}),
    ("GET", f"{_SOURCE}/sync-logs", owned("VTW", 200, s403="XK"), None),
    ("GET", f"{_SOURCE}/sync-logs/{{nobody}}", owned("", 404, s403="XK"), None),
    ("GET", f"{_SOURCE}/sync-logs/{{nobody}}/rejects", owned("", 404, s403="XK"), None),
    ("GET", f"{_SOURCE}/gaps", owned("VTW", 200, s403="XK"), None),
    ("GET", f"{_SOURCE}/uploads", owned("VTW", 200, s403="XK"), None),
    ("POST", f"{_SOURCE}/uploads", owned("TW", 415, s403="XK"), {"file": "Not as a form"}),
    ("GET", _UPLOAD, owned("", 404, s403="XK"), None),
    ("POST", f"{_UPLOAD}/confirm", owned("", 404, s403="XK"), {}),
    ("GET", f"{_UPLOAD}/rejects", owned("", 404, s403="XK"), None),
    ("POST", f"{_SOURCE}/readings", owned("TW", 201, s403="XK"), {"readings": [_READING]}),
    ("POST", f"{_SOURCE}/webhook-address", owned("TW", 201, s403="XK"), {}),
    ("POST", "/webhooks/generic/{source}", public(401), {}),
    ("POST", "/webhooks/octopus-energy", public(401), {}),
    ("POST", "/webhooks/british-gas", public(401), {}),
    ("GET", "/webhook-endpoints", signed_in(200, s403="XK"), None),
    ("POST", "/webhook-endpoints", signed_in(400), {"url": "http://127.0.0.1/", "event_types": ["x"]}),
    ("GET", _ENDPOINT, owned("", 404, s403="XK"), None),
    ("PATCH", _ENDPOINT, owned("", 404), {"description": "Mine"}),
    ("DELETE", _ENDPOINT, owned("", 404), None),
    ("POST", f"{_ENDPOINT}/secret", owned("", 404), {}),
    ("POST", f"{_ENDPOINT}/test", owned("", 404), {}),
    ("GET", f"{_ENDPOINT}/deliveries", owned("", 404, s403="XK"), None),
    ("POST", f"{_ENDPOINT}/deliveries/{{one}}/redeliver", owned("", 404), {}),
]  # fmt: skip


def _key_answered(method: str, statuses: Statuses) -> Statuses:
    if "K" in statuses:
        return statuses
    return {**statuses, "K": statuses["W"] if method == "GET" else 403}


TABLE: list[tuple[str, str, Statuses, Any]] = [
    (method, path, _key_answered(method, statuses), body)
    for method, path, statuses, body in (
        *REGISTRY,
        *PEOPLE,
        *ORGANISATIONS,
        *CREDITS,
        *OFFICE,
        *EMISSIONS,
        *DATA_SOURCES,
    )
]

# Addresses that take no part: they answer alike whoever calls.
CATCH_ALL = (r"^admin/?$", r"^(", r"^api(?:")
# What a refused call may leave behind: that it was tried, under which key, and who was seen when.
LEDGERS_OF_ATTEMPTS = frozenset(
    {
        "accounts_signinattempt",
        "accounts_signinsession",
        "accounts_apikey",  # when it was last used
        "audit_event",
        "audit_link",
        "common_ratelimit",
        "django_session",
        "transactions_idempotencykey",
    }
)

# Calls that take no body: whatever comes with them is not looked at.
READS_NO_BODY = {
    ("POST", "/admin/administrators/{invited}/invite"),
    ("POST", "/admin/ledger/checkpoints"),
    ("POST", "/datasources/{source}/webhook-address"),
    ("POST", "/organisations/{organisation}/invitations/{invitation}/resend"),
}
