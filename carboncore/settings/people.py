"""People's sign-in: how long tokens and links last, which passwords are good enough, whose other tokens count."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from carboncore.common.outside_issuers import issuers_from
from carboncore.environment import env

# Minutes that an access token lasts; the session behind it can be ended at any moment.
ACCESS_TOKEN_MINUTES: int = env.int("ACCESS_TOKEN_MINUTES", default=30)
# Days without a refresh after which a session is over, and days after which it is over in any case.
REFRESH_TOKEN_DAYS: int = env.int("REFRESH_TOKEN_DAYS", default=30)
SESSION_DAYS: int = env.int("SESSION_DAYS", default=90)

# The contract's rule and no theatre beyond it; staff passwords follow AUTH_PASSWORD_VALIDATORS.
PERSON_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "accounts.password_rules.LetterAndDigitValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "full_name")},
    },
]

# Identity providers whose tokens sign people in, as a JSON array (docs/accounts.md); empty: none.
try:
    OIDC_ISSUERS = issuers_from(env.str("OIDC_ISSUERS", default=""))
except ValueError as _error:
    raise ImproperlyConfigured(f"OIDC_ISSUERS {_error}") from None
