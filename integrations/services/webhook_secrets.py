"""Secrets of webhooks in both directions: kept encrypted, shown once, two of them valid while one is replaced."""

from datetime import datetime, timedelta

from integrations.encryption import EnvelopeUnreadable, decrypt, row_binding
from integrations.models import IncomingSource, WebhookEndpoint
from integrations.services.credentials import sealed
from integrations.webhook_signatures import new_secret

# How long the secret before is valid beside a new one.
OVERLAP = timedelta(hours=24)


def secret_put(row: IncomingSource | WebhookEndpoint) -> str:
    """Put a new secret on a row that is yet to be saved, and return it.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    secret = new_secret()
    row.envelope = sealed(secret, bound_to=_binding(row, "envelope"))
    return secret


def secret_replace(row: IncomingSource | WebhookEndpoint, *, now: datetime) -> str:
    """Put a new secret on a row beside the present one, which stays valid for a day; returns the new one.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    known = secrets_of(row, now=now)
    present = known[0] if known else ""
    if present:
        row.previous_envelope = sealed(present, bound_to=_binding(row, "previous_envelope"))
        row.previous_until = now + OVERLAP
    else:  # nothing opens it any more, so nobody can use it
        row.previous_envelope, row.previous_until = "", None
    return secret_put(row)


def secrets_of(row: IncomingSource | WebhookEndpoint, *, now: datetime) -> list[str]:
    """Return the secrets that are valid now, the present one first; none where no key of this server opens them."""
    envelopes = [("envelope", row.envelope)]
    if row.previous_until is not None and row.previous_until > now:
        envelopes.append(("previous_envelope", row.previous_envelope))
    found = []
    for field, envelope in envelopes:
        try:
            found.append(decrypt(envelope, bound_to=_binding(row, field)))
        except EnvelopeUnreadable:
            continue
    return found


def _binding(row: IncomingSource | WebhookEndpoint, field: str) -> str:
    return row_binding(str(row._meta.label_lower), field, row.public_id)
