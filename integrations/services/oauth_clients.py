"""The operator's OAuth client at each provider: kept with its secret encrypted, opened for the time of a call."""

from collections.abc import Mapping
from typing import Any

from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotFound, RegistryError
from carboncore.common.outgoing import check_address
from integrations.choices import IntegrationType, TokenAuthMethod
from integrations.encryption import EnvelopeUnreadable, decrypt, row_binding
from integrations.errors import IntegrationNotConnectable
from integrations.models import Integration, OAuthClient
from integrations.providers.base import ProviderProblem
from integrations.providers.oauth2 import OAuthApplication, discovered
from integrations.services.credentials import sealed
from registry.services.validation import assign_fields, full_clean_or_refuse, one_transaction

_FIELDS = frozenset(
    {
        *("integration", "enabled", "discovery_url", "issuer", "authorize_url", "token_url", "revoke_url"),
        *("scopes", "token_auth_method", "client_id"),
    }
)
_FOUND = {
    "issuer": "issuer",
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "revoke_url": "revocation_endpoint",
}
_ADDRESSES = ("discovery_url", "authorize_url", "token_url", "revoke_url")
_NOT_SET_UP = (
    "This provider can be connected once this server's operator has registered with it."
    " Until then, see its page for other ways, such as uploading a file."
)


def oauth_client_save(*, pk: int | None, fields: Mapping[str, Any], secret: str | None = None) -> OAuthClient:
    """Create (`pk=None`) or change a client; `secret` replaces the one kept, `""` deletes it, None leaves it.

    Addresses that are left empty are filled in from the discovery document, where one is named.

    Raises:
        NotFound: there is no such client.
        InvalidInput: with every reason by field.
        CredentialKeysMissing: this server has no key to encrypt the secret with.
    """
    with one_transaction():
        client = OAuthClient() if pk is None else OAuthClient.objects.select_for_update().filter(pk=pk).first()
        if client is None:
            raise NotFound("OAuth client not found.")
        before = {} if pk is None else state_of(client)
        assign_fields(client, fields, allowed=_FIELDS)
        _refuse_bad_addresses(client)
        if client.discovery_url:
            _fill_in(client)
        if secret is not None:
            client.secret_envelope = sealed(secret, bound_to=_binding(client)) if secret else ""
        _refuse_half_a_client(client)
        full_clean_or_refuse(client)
        client.save()
        event_record(action="oauth_client.saved", obj=client, changes=changes_since(before, client))
    return client


def application_of(*, integration: Integration) -> OAuthApplication:
    """Return the operator's client at a provider, with its secret in clear.

    Raises:
        IntegrationNotConnectable: there is none that is enabled, or its secret cannot be read.
    """
    client = OAuthClient.objects.filter(integration=integration, enabled=True).first()
    if client is None:
        raise IntegrationNotConnectable(_NOT_SET_UP)
    try:
        secret = decrypt(client.secret_envelope, bound_to=_binding(client)) if client.secret_envelope else ""
    except EnvelopeUnreadable as error:
        raise IntegrationNotConnectable(
            "The operator's registration with this provider cannot be read any more; its operator has to enter the"
            " client's secret again."
        ) from error
    return OAuthApplication(
        provider=integration.provider,
        client_id=client.client_id,
        client_secret=secret,
        token_auth_method=client.token_auth_method,
        authorize_url=client.authorize_url,
        token_url=client.token_url,
        revoke_url=client.revoke_url,
        issuer=client.issuer,
        scopes=client.scopes,
    )


def _fill_in(client: OAuthClient) -> None:
    if all(getattr(client, name) for name in _FOUND):
        return
    try:
        document = discovered(client.integration.provider, client.discovery_url)
    except ProviderProblem as error:
        raise InvalidInput({"discovery_url": [error.message]}) from error
    for name, key in _FOUND.items():
        if not getattr(client, name):
            setattr(client, name, document[key])
    _refuse_bad_addresses(client)


def _refuse_bad_addresses(client: OAuthClient) -> None:
    errors: dict[str, list[str]] = {}
    for name in _ADDRESSES:
        if address := getattr(client, name):
            try:
                check_address(address, operator=True)
            except RegistryError as error:
                errors[name] = [error.message]
    if errors:
        raise InvalidInput(errors)


def _refuse_half_a_client(client: OAuthClient) -> None:
    errors: dict[str, list[str]] = {}
    if client.integration_id and client.integration.type != IntegrationType.OAUTH:
        errors["integration"] = ["Only an integration of the type OAuth 2 has a client."]
    if client.enabled:
        needed = ("client_id", "authorize_url", "token_url")
        errors |= {name: ["Needed before people can connect."] for name in needed if not getattr(client, name)}
        if client.token_auth_method != TokenAuthMethod.NONE and not client.secret_envelope:
            errors["secret"] = ["Needed for this way of signing in; or choose a public client."]
    if errors:
        raise InvalidInput(errors)


def _binding(client: OAuthClient) -> str:
    return row_binding("integrations.oauthclient", "secret_envelope", client.public_id)
