"""Signatures of webhooks as the Standard Webhooks specification 1.0.0 has them: symmetric keys, version `v1`."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from carboncore.common.errors import RegistryError

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
_SECRET_BYTES = 32
_LONGEST_ID = 200
_MOST_SIGNATURES = 20


class SignatureRefused(RegistryError):
    """The delivery is not signed as it should be, or its time is not now; nothing was kept."""

    code = "signature_refused"
    http_status = 401


def new_secret() -> str:
    """Return a new secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Return whether this is a secret of 24 to 64 bytes."""
    try:
        return text.startswith(PREFIX) and 24 <= len(_key(text)) <= 64
    except binascii.Error:
        return False


def signature(secret: str, *, webhook_id: str, at: datetime, body: bytes) -> str:
    """Return `v1,<base64>` over the id, the time of the attempt in whole seconds, and the body."""
    signed = f"{webhook_id}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def verified(
    headers: Mapping[str, str], body: bytes, *, valid_secrets: Sequence[str], now: datetime
) -> tuple[str, datetime]:
    """Return the id and the time of a delivery that one of the secrets signed within five minutes of now.

    Entries of other versions, or that are no signature at all, count for nothing.

    Raises:
        SignatureRefused: a header is missing or none, the time is another, or no signature is right.
    """
    webhook_id = headers.get("webhook-id", "")
    if not webhook_id or len(webhook_id) > _LONGEST_ID or not (webhook_id.isascii() and webhook_id.isprintable()):
        raise SignatureRefused("The header webhook-id is missing, or longer than 200 characters.")
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise SignatureRefused("The header webhook-timestamp has to be seconds since 1970.")
    at = datetime.fromtimestamp(int(stamp), tz=UTC)
    if abs(now - at) > TOLERANCE:
        raise SignatureRefused("The delivery was sent more than five minutes ago, or by a clock that is wrong.")
    given = headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    wanted = [signature(secret, webhook_id=webhook_id, at=at, body=body).encode() for secret in valid_secrets]
    # Every pair is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(entry.encode(errors="replace"), right) for entry in given for right in wanted]
    if not any(matches):
        raise SignatureRefused("The signature is not that of this body under this address's secret.")
    return webhook_id, at


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
