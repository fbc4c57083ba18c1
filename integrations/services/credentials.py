"""A data source's credentials: stored encrypted, opened for the time of a call, destroyed, moved to another key."""

import json
from collections.abc import Mapping
from datetime import datetime

from carboncore.common.api.statements import fetch_records
from integrations.encryption import EnvelopeUnreadable, NoActiveKey, decrypt, encrypt, row_binding
from integrations.errors import CredentialKeysMissing
from integrations.models import Connection, ConnectionCredential
from integrations.providers.base import CredentialsUnreadable, Tokens

_LOST_KEY = (
    "The stored credentials cannot be read any more, because the key that they were encrypted with is gone."
    " Enter them again."
)


def credentials_store(
    *, connection: Connection, secrets: Mapping[str, str], expires_at: datetime | None = None
) -> ConnectionCredential:
    """Put a connection's secrets in the place of those that it had; `expires_at` is the access token's end.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    envelope = sealed(json.dumps(dict(secrets)), bound_to=_binding(connection))
    stored, _ = ConnectionCredential.objects.update_or_create(
        connection=connection, defaults={"envelope": envelope, "expires_at": expires_at}
    )
    return stored


def tokens_store(*, connection: Connection, tokens: Tokens) -> ConnectionCredential:
    """Put tokens in the place of the secrets that a connection had, a password among them.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    secrets = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    return credentials_store(connection=connection, secrets=secrets, expires_at=tokens.expires_at)


def credentials_open(*, connection: Connection) -> dict[str, str]:
    """Return a connection's secrets as they are stored; none where it needs none.

    An access token that is about to expire is refreshed by `integrations.services.oauth_tokens`, not here.

    Raises:
        CredentialsUnreadable: they are there, but no key of this server opens them.
    """
    stored = fetch_records(ConnectionCredential, "WHERE t.connection_id = %s::bigint", [connection.pk])
    return credential_read(credential=stored[0], connection=connection) if stored else {}


def credential_read(*, credential: ConnectionCredential, connection: Connection) -> dict[str, str]:
    """Return what a row of credentials holds, for a caller that locked it.

    Raises:
        CredentialsUnreadable: no key of this server opens it.
    """
    try:
        secrets = json.loads(decrypt(credential.envelope, bound_to=_binding(connection)))
    except EnvelopeUnreadable as error:
        raise CredentialsUnreadable(_LOST_KEY) from error
    return {str(name): str(value) for name, value in secrets.items()}


def credentials_destroy(*, connection: Connection) -> bool:
    """Delete a connection's secrets; return whether there were any."""
    deleted, _ = ConnectionCredential.objects.filter(connection=connection).delete()
    return bool(deleted)


def sealed(text: str, *, bound_to: str) -> str:
    """Return the envelope of a text.

    Raises:
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    try:
        return encrypt(text, bound_to=bound_to)
    except NoActiveKey as error:
        raise CredentialKeysMissing from error


def _binding(connection: Connection) -> str:
    return row_binding("integrations.connectioncredential", "envelope", connection.public_id)
