"""Access tokens of data sources: renewed just before they expire, by one worker at a time, and revoked at the end.

They came by OAuth 2, or for an e-mail address and a password that were not kept.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from integrations.choices import ConnectionProblem, ConnectionStatus, IntegrationType
from integrations.errors import IntegrationNotConnectable
from integrations.models import Connection, ConnectionCredential, Integration
from integrations.providers.base import ProviderProblem, ProviderUnavailable, ReauthorisationNeeded, Renewing, Tokens
from integrations.providers.oauth2 import token_revoke, tokens_refresh
from integrations.providers.registry import adapter_of
from integrations.services.credentials import credential_read, credentials_open, tokens_store
from integrations.services.oauth_clients import application_of

# A token that ends sooner is renewed first: a sync may take minutes.
_AHEAD = timedelta(minutes=5)
_ASK_AGAIN = "The provider asks for your permission again: connect this data source once more."


def credentials_for_call(*, connection: Connection, rejected: str = "") -> dict[str, str]:
    """Return a connection's secrets, good for a call now; an access token that is about to end is renewed first.

    Two workers never renew at once: the second waits for the first, and takes what that one brought. `rejected` is an
    access token that the provider just refused although its time was not over. Not to be called inside a transaction:
    a rotated token that is rolled back is lost.

    Raises:
        CredentialsUnreadable: no key of this server opens what is stored.
        ReauthorisationNeeded: the permission is over; the connection says so and is not tried again.
        ProviderUnavailable: the provider renews nothing at present.
        ProviderProblem: anything else that the provider answered.
    """
    if connection.integration.type != IntegrationType.OAUTH:
        kept = credentials_open(connection=connection)
        if "refresh_token" not in kept:
            return kept
    with transaction.atomic(durable=True):
        stored = ConnectionCredential.objects.select_for_update().filter(connection=connection).first()
        secrets = credential_read(credential=stored, connection=connection) if stored else {}
        if stored is not None and _is_good(stored, secrets, rejected):
            return secrets
        try:
            if not secrets.get("refresh_token"):
                raise ReauthorisationNeeded(_ASK_AGAIN)
            return _renewed(connection, secrets["refresh_token"])
        except ReauthorisationNeeded as error:
            lost = error
    _mark(connection, lost)
    raise lost


def permission_revoke(*, connection: Connection) -> bool:
    """End the permission at the provider, as far as it can be; return whether the provider confirmed it.

    Nothing that goes wrong here keeps a person from disconnecting.
    """
    try:
        secrets = credentials_open(connection=connection)
        application = application_of(integration=connection.integration)
    except (ProviderProblem, IntegrationNotConnectable):
        return False
    hint = "refresh_token" if secrets.get("refresh_token") else "access_token"
    token = secrets.get(hint, "")
    return bool(application.revoke_url and token) and token_revoke(application, token=token, hint=hint)


def _is_good(stored: ConnectionCredential, secrets: dict[str, str], rejected: str) -> bool:
    if not secrets.get("access_token") or secrets["access_token"] == rejected:
        return False
    return stored.expires_at is None or stored.expires_at > timezone.now() + _AHEAD


def _renewed(connection: Connection, refresh_token: str) -> dict[str, str]:
    tokens = _fresh(connection.integration, refresh_token)
    tokens_store(connection=connection, tokens=tokens)
    event_record(action="connection.token_renewed", obj=connection)
    return {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}


def _fresh(integration: Integration, refresh_token: str) -> Tokens:
    if integration.type != IntegrationType.OAUTH:
        adapter = adapter_of(adapter=integration.adapter, base_url=integration.base_url)
        if not isinstance(adapter, Renewing):
            raise ReauthorisationNeeded(_ASK_AGAIN)
        return adapter.renew(refresh_token)
    try:
        application = application_of(integration=integration)
    except IntegrationNotConnectable as error:
        raise ProviderUnavailable(error.message) from error
    return tokens_refresh(application, refresh_token=refresh_token)


def _mark(connection: Connection, error: ReauthorisationNeeded) -> None:
    """Say on the connection that its owner is needed, and stop trying."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.disconnected_at is None:
            row.status, row.problem = ConnectionStatus.ERROR, ConnectionProblem.REAUTHORISATION_NEEDED
            row.error_message, row.next_sync_at = error.message, None
            row.save()
            event_record(action="connection.token_refused", obj=row, outcome=Outcome.REFUSED)
