"""Connecting data sources: the keys of their credentials, and where people come back to from a provider."""

from carboncore.environment import credential_keys, env

# Key id → 32 bytes; the first encrypts, all of them decrypt. Empty: nothing that needs credentials can be connected.
CREDENTIAL_KEYS: dict[str, bytes] = credential_keys()

# Where a browser goes after a provider gave its permission, with `?source=…&status=…`; empty: to a page of this server.
OAUTH_RETURN_URL: str = env.str("OAUTH_RETURN_URL", default="")
# Minutes that a person has to give a provider's permission.
OAUTH_STATE_MINUTES: int = env.int("OAUTH_STATE_MINUTES", default=15)
