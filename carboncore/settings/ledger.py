"""The ledger: the key that its checkpoints are signed with."""

from carboncore.environment import env, secret

# Each checkpoint names its public key, so that old ones stay checkable after a change. Without a key of its own it
# follows from SECRET_KEY, and then changes with it.
LEDGER_SIGNING_KEY = env.str("LEDGER_SIGNING_KEY", default="") or f"ledger:{secret('SECRET_KEY')}"
