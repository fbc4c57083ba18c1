"""What is installed, where data lives and how the database is reached."""

import os
from typing import Any

from carboncore import embedded_postgres
from carboncore.environment import BASE_DIR, DEBUG, VAR_DIR, env, secret
from carboncore.job_threads import a_thread_for_each_job

SECRET_KEY = secret("SECRET_KEY")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])

INSTALLED_APPS = [
    # unfold replaces templates of the admin, so it and its parts come first.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "carboncore.common.admin.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles, so that runserver serves static files the way the production server does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_simplejwt",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "import_export",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "carboncore.common",
    "carboncore.audit",
    "carboncore.mail",
    "accounts",
    "registry",
    "transactions",
    "integrations",
    "carboncore.operations",
]

MIDDLEWARE = [
    "carboncore.common.observing.requests.ObservedRequestsMiddleware",
    "carboncore.common.api.public_reads.PublicReadsMiddleware",
    "carboncore.common.api.bearer_requests.BearerRequestsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "carboncore.common.security_headers.ContentSecurityPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "carboncore.common.request_limits.RequestLimitsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "carboncore.common.rate_limits.middleware.RateLimitMiddleware",
    "carboncore.common.middleware.ActorMiddleware",
    "accounts.staff_gate.StaffGateMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "carboncore.urls"
WSGI_APPLICATION = "carboncore.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "carboncore" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    """Describe the one database, with the limits of the kind of process this is.

    A web request that runs for half a minute, or waits ten seconds for a lock, is given up; migrations, imports and
    jobs take the time they need, and those of a worker find a connection that is open already.
    """
    address = env.str("DATABASE_URL", default="") or embedded_postgres.url(VAR_DIR / "postgres")
    database: dict[str, Any] = env.db_url_config(address)
    options = database.setdefault("OPTIONS", {})
    database["HOST"] = options.pop("host", database["HOST"])  # how a URL names a Unix socket's folder
    kind = os.environ.get("CARBONCORE_PROCESS")
    if kind == "web":
        limits = {
            "statement_timeout": env.str("DB_STATEMENT_TIMEOUT", default="30s"),
            "lock_timeout": env.str("DB_LOCK_TIMEOUT", default="10s"),
            "idle_in_transaction_session_timeout": "60s",
            # Everything hot is in memory or on an SSD; the default, made for disks, reads past the search index.
            "random_page_cost": "1.1",
        }
        options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
        options["pool"] = {
            "min_size": 1,
            "max_size": env.int("DB_POOL_MAX", default=10),
            "timeout": 5,  # seconds a request waits for a connection before it is answered with 503
            "max_waiting": 100,  # beyond these it is at once
        }
    # The pool keeps connections, and Django refuses both at once. A worker's threads keep theirs from job to job: to
    # open one costs as much as a small job, and statements are planned anew in each.
    database["CONN_MAX_AGE"] = 300 if kind == "worker" else 0
    database["CONN_HEALTH_CHECKS"] = kind == "worker"
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_WORKER_DEFAULTS = {"worker_middleware": [a_thread_for_each_job]}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
# Given on a server, where the build collects and compresses the files there once (docs/operations.md). On a laptop
# they are served from where the apps keep them: compressing takes most of a minute, and nothing there can go stale.
STATIC_ROOT: str | None = env.str("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if WHITENOISE_USE_FINDERS
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# Bytes of one uploaded project document; the service that takes it refuses a larger one.
DOCUMENT_MAX_BYTES: int = env.int("DOCUMENT_MAX_BYTES", default=25_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750
