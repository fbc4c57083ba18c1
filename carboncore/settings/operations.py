"""How the server is watched and kept: tokens, limits of the health checks, error reports, the backups' key."""

from django.core.exceptions import ImproperlyConfigured

from carboncore import environment
from carboncore.environment import env

VAR_DIR = environment.VAR_DIR
BASE_DIR = environment.BASE_DIR

# What Prometheus sends as its bearer token; without one `/metrics` does not exist.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < 24:
    raise ImproperlyConfigured("METRICS_TOKEN is too short: make it 24 random characters or more.")

# Seconds after which a job worker that has not shown itself counts as gone; it does so every ten.
WORKER_HEARTBEAT_MAX_SECONDS: int = env.int("WORKER_HEARTBEAT_MAX_SECONDS", default=60)
# Hours after which the ledger's last verification is stale. It runs each night, and may take its time.
LEDGER_VERIFICATION_MAX_HOURS: int = env.int("LEDGER_VERIFICATION_MAX_HOURS", default=30)
# Percent of the disk below VAR_DIR that has to be free.
DISK_FREE_MIN_PERCENT: int = env.int("DISK_FREE_MIN_PERCENT", default=5)

# Where errors are reported, in Sentry's language; empty: nowhere.
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT: str = env.str("SENTRY_ENVIRONMENT", default="production")

# A long random text that backups are encrypted with; empty: they are not.
BACKUP_KEY: str = env.str("BACKUP_KEY", default="")

# Whoever watches from inside the network asks plainly and is not sent to HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^health(/ready)?$", r"^metrics$"]
