"""Asking a provider for a person's permission: out with a state and PKCE, back with a code, once and in time."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.encryption import EnvelopeUnreadable, decrypt
from integrations.errors import OAuthRefused, ProviderSilent
from integrations.models import Connection, OAuthState
from integrations.providers.base import ProviderProblem, ProviderUnavailable, Tokens
from integrations.providers.oauth2 import OAuthApplication, authorization_address, code_exchange
from integrations.services.checking import account_check
from integrations.services.connection_rules import twins_of
from integrations.services.credentials import sealed, tokens_store
from integrations.services.oauth_clients import application_of

CALLBACK_PATH = "/api/v1/oauth/callback"
_BEGIN_AGAIN = "Go back and connect the data source once more."
_KEPT = timedelta(days=1)  # of states that are over: to say of a second use that it is one


def permission_ask(*, actor: User, connection: Connection) -> str:
    """Return the provider's address where a person gives the permission for a connection.

    The state in it is good once, for `OAUTH_STATE_MINUTES`, for this person and this connection.

    Raises:
        IntegrationNotConnectable: the operator has no client at this provider.
        CredentialKeysMissing: this server has no key to encrypt with.
    """
    application = application_of(integration=connection.integration)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    digest, now = _digest(state), timezone.now()
    redirect_uri = f"{settings.PUBLIC_URL}{CALLBACK_PATH}"
    with transaction.atomic():
        OAuthState.objects.filter(expires_at__lt=now - _KEPT).delete()
        OAuthState.objects.create(
            digest=digest,
            user=actor,
            connection=connection,
            verifier_envelope=sealed(verifier, bound_to=_binding(digest)),
            redirect_uri=redirect_uri,
            expires_at=now + timedelta(minutes=settings.OAUTH_STATE_MINUTES),
        )
        event_record(action="connection.permission_asked", obj=connection, actor=actor)
    return authorization_address(application, redirect_uri=redirect_uri, state=state, verifier=verifier)


def permission_take(
    *, state: str, code: str, error: str = "", issuer: str = "", caller: User | None = None
) -> Connection:
    """Take up what a provider's redirect brought, and return the connection, which is then active.

    `caller` is who is signed in to the request, if anybody: nobody takes up the permission that another asked for.
    The state is used up whatever comes of it.

    Raises:
        OAuthRefused: the state is unknown, used, too old or another person's, the source is gone, the person or the
            provider said no, or another provider answered.
        ProviderSilent: the provider did not exchange the code.
        ProviderAnswerUnreadable: it answered what cannot be understood.
    """
    used = _use(state, caller)
    connection = Connection.objects.select_related("integration").get(pk=used.connection_id)
    if connection.disconnected_at is not None:
        raise OAuthRefused(f"This data source was disconnected in the meantime. {_BEGIN_AGAIN}")
    still_may = Connection.objects.changeable_by(used.user).filter(pk=connection.pk).exists()
    if not (used.user.is_active and still_may):
        raise OAuthRefused("You may not connect this data source any more. Ask an owner of the organisation.")
    if error:
        _tell_refusal(connection, used.user, error)
    if not code:
        raise OAuthRefused(f"The provider sent no code. {_BEGIN_AGAIN}")
    application = application_of(integration=connection.integration)
    # RFC 9207: an answer that names its sender is from the one that was asked, or from an attacker.
    if issuer and application.issuer and issuer != application.issuer:
        raise OAuthRefused(f"This answer comes from another provider than the one that was asked. {_BEGIN_AGAIN}")
    tokens = _exchanged(application, used, code)
    return _activated(used, connection, tokens)


def _use(state: str, caller: User | None) -> OAuthState:
    digest = _digest(state)
    with transaction.atomic():
        row = (
            OAuthState.objects.select_for_update(of=("self",)).select_related("user").filter(digest=digest).first()
            if state
            else None
        )
        if row is None:
            raise OAuthRefused(f"This answer belongs to no permission that was asked for here. {_BEGIN_AGAIN}")
        # Not used up by somebody else's try: its owner can still come.
        if caller is not None and caller.pk != row.user_id:
            raise OAuthRefused("This permission was asked for by somebody else; sign in as the person who asked.")
        if row.used_at is not None:
            raise OAuthRefused(f"This answer was used already. {_BEGIN_AGAIN}")
        row.used_at = timezone.now()
        row.save(update_fields=["used_at"])
    if row.expires_at <= row.used_at:
        raise OAuthRefused(f"This took too long. {_BEGIN_AGAIN}")
    return row


def _tell_refusal(connection: Connection, user: User, error: str) -> None:
    with transaction.atomic():
        event_record(action="connection.token_refused", obj=connection, actor=user, outcome=Outcome.REFUSED)
    if error == "access_denied":
        raise OAuthRefused("You did not give the permission, so that nothing was connected.")
    raise OAuthRefused(f"The provider gave no permission. {_BEGIN_AGAIN}")


def _exchanged(application: OAuthApplication, used: OAuthState, code: str) -> Tokens:
    try:
        verifier = decrypt(used.verifier_envelope, bound_to=_binding(bytes(used.digest)))
        return code_exchange(application, code=code, redirect_uri=used.redirect_uri, verifier=verifier)
    except EnvelopeUnreadable as error:
        raise OAuthRefused(f"This server's keys have changed in the meantime. {_BEGIN_AGAIN}") from error
    except ProviderUnavailable as error:
        raise ProviderSilent(f"{error.message} {_BEGIN_AGAIN}", retry_after=error.retry_after or 60) from error
    except ProviderProblem as error:
        raise OAuthRefused(f"{error.message} {_BEGIN_AGAIN}") from error


def _activated(used: OAuthState, connection: Connection, tokens: Tokens) -> Connection:
    """Keep the tokens, and find out whose account it is: another than before is not put in its place."""
    secrets_kept = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    found = account_check(integration=connection.integration, secrets=secrets_kept, settings=connection.settings)
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.disconnected_at is not None:
            raise OAuthRefused(f"This data source was disconnected in the meantime. {_BEGIN_AGAIN}")
        if row.account_reference and found.reference and row.account_reference != found.reference:
            raise OAuthRefused(
                f"This permission is for the account {found.reference}, and this data source reads"
                f" {row.account_reference}. Connect the other account as a data source of its own."
            )
        row.integration = connection.integration
        twin = twins_of(row, found.reference or row.account_reference)
        if twin.exclude(pk=row.pk).exists():
            raise OAuthRefused("This account is connected already, as another data source.")
        row.account_reference = found.reference or row.account_reference
        row.settings = {**row.settings, **found.settings}
        row.status, row.problem = ConnectionStatus.ACTIVE, ConnectionProblem.NONE
        row.error_message, row.error_count, row.next_sync_at = "", 0, timezone.now()
        row.save()
        tokens_store(connection=row, tokens=tokens)
        event_record(action="connection.authorised", obj=row, actor=used.user)
    return row


def _digest(state: str) -> bytes:
    return hashlib.sha256(state.encode(errors="replace")).digest()


def _binding(digest: bytes) -> str:
    return f"integrations.oauthstate.verifier_envelope:{digest.hex()}"
