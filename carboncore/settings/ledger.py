"""The ledger: the key that its checkpoints are signed with, and the address that certificates print."""

from carboncore.environment import env, secret

# Each checkpoint names its public key, so that old ones stay checkable after a change. Without a key of its own it
# follows from SECRET_KEY, and then changes with it.
LEDGER_SIGNING_KEY = env.str("LEDGER_SIGNING_KEY", default="") or f"ledger:{secret('SECRET_KEY')}"

# Where the public finds this server. It is printed on certificates, so it does not depend on how a request came in.
_HOSTS = [host for host in env.list("ALLOWED_HOSTS", default=[]) if not host.startswith((".", "*"))]
_GUESS = f"https://{_HOSTS[0]}" if _HOSTS else f"http://localhost:{env.int('PORT', default=8000)}"
PUBLIC_URL: str = (env.str("PUBLIC_URL", default="") or _GUESS).rstrip("/")
