"""Connecting data sources: the keys of their credentials, and where people come back to from a provider."""

from carboncore.environment import credential_keys, env

# Key id → 32 bytes; the first encrypts, all of them decrypt. Empty: nothing that needs credentials can be connected.
CREDENTIAL_KEYS: dict[str, bytes] = credential_keys()

# Where a browser goes after a provider gave its permission, with `?source=…&status=…`; empty: to a page of this server.
OAUTH_RETURN_URL: str = env.str("OAUTH_RETURN_URL", default="")
# Minutes that a person has to give a provider's permission.
OAUTH_STATE_MINUTES: int = env.int("OAUTH_STATE_MINUTES", default=15)

# With which Standard Webhooks secret (`whsec_…`) somebody of the operator's tells that an account at a provider has
# something new: octopus-energy=whsec_…,british-gas=whsec_…. These providers send no webhooks themselves.
PROVIDER_WEBHOOK_SECRETS: dict[str, str] = env.dict("PROVIDER_WEBHOOK_SECRETS", default={})

# Hosts (`hooks.internal`, `127.0.0.1:8080`) that subscribers may name although they are not on the public internet;
# each has to stand in OUTGOING_ALLOWED_HOSTS as well.
WEBHOOK_ALLOWED_HOSTS: list[str] = env.list("WEBHOOK_ALLOWED_HOSTS", default=[])
