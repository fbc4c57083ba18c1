"""Passwords, cookies, HTTPS, response headers and who may call from another origin."""

from carboncore.environment import DEBUG, env

AUTH_USER_MODEL = "accounts.User"

# Argon2 writes; the others only read what an older system may have left, and are replaced at the next sign-in.
PASSWORD_HASHERS = [
    "carboncore.common.password_hashing.QueueingArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 10},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]

# On a server everything goes over HTTPS; `scripts/run` switches it off because it serves on loopback only.
HTTPS: bool = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if env.bool("TRUST_PROXY_HTTPS_HEADER", default=False):
    # Only behind a proxy that overwrites this header: otherwise a caller could claim HTTPS for a plain request.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing here looks, listens or pays through the browser; passkeys are for our own pages.
_FORBIDDEN = (
    "accelerometer bluetooth browsing-topics camera display-capture geolocation gyroscope hid local-fonts magnetometer"
    " microphone midi payment serial usb"
)
_OWN = "publickey-credentials-create publickey-credentials-get"
PERMISSIONS_POLICY = ", ".join(
    [*(f"{feature}=()" for feature in _FORBIDDEN.split()), *(f"{feature}=(self)" for feature in _OWN.split())]
)

# With the prefix a browser takes the cookies from this very host over HTTPS only, and from no neighbouring subdomain.
_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # the pages carry the token in their forms
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

_SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [_SELF],
        "img-src": [_SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": [_SELF],
        "form-action": [_SELF],
        "frame-ancestors": ["'none'"],
    },
}
# What the staff theme cannot do without (its dialogs are Alpine expressions, its colours inline styles), under its
# own path and nowhere else.
STAFF_CONTENT_SECURITY_POLICY = {
    "script-src": [_SELF, "'unsafe-eval'"],
    "style-src": [_SELF, "'unsafe-inline'"],
    "img-src": [_SELF, "data:", "blob:"],
}
STAFF_PATH = "/staff/"
