"""How much one caller may ask of this server, and whom to believe about who the caller is."""

from django.core.exceptions import ImproperlyConfigured

from carboncore.common.rate_limits.scopes import limits_from
from carboncore.environment import env, networks

# Proxies whose X-Forwarded-For is believed. Empty: nobody's, and the peer is the client.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES", env.list("TRUSTED_PROXIES", default=[]))

# What each scope of `carboncore.common.rate_limits.scopes` allows; None: no limit.
try:
    RATE_LIMITS = limits_from(env.list("RATE_LIMITS", default=[]))
except ValueError as error:
    raise ImproperlyConfigured(f"RATE_LIMITS {error}") from None
# Where the counts are kept; empty: in PostgreSQL.
REDIS_URL: str = env.str("REDIS_URL", default="")

# Paths whose pages know a person by cookie, so that reading there counts for the person and not for the address.
SIGNED_IN_PATHS = ["/staff/", "/account"]

# Hosts (`keycloak.internal`, `127.0.0.1:8080`) that are not on the public internet and that this server's own settings
# may nevertheless send it to. No address that a user gives reaches them.
OUTGOING_ALLOWED_HOSTS: list[str] = env.list("OUTGOING_ALLOWED_HOSTS", default=[])

# Bytes of the largest file that the staff admin takes; larger exports go through `manage.py import_registry`.
UPLOAD_MAX_BYTES: int = env.int("UPLOAD_MAX_BYTES", default=200_000_000)
