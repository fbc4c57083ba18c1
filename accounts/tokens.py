"""Staff bearer tokens: HS256 JSON Web Tokens of eight hours, as the existing client expects them.

The claims tell the client what to show. They grant nothing: permissions are read from the database at
every request, and a changed password or a deactivated account ends the token at once.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import Token

from accounts.models import User
from accounts.roles import client_permissions

ISSUER = "carboncore-admin"
LIFETIME = timedelta(hours=8)
_FINGERPRINT_CLAIM = "pwf"


class StaffToken(Token):
    """A token of one staff member; `for_staff` makes it, `belongs_to` says whether it still holds."""

    token_type = "staff"  # noqa: S105 - the name of a kind of token, not a secret
    lifetime = LIFETIME

    def get_token_backend(self) -> TokenBackend:
        return TokenBackend("HS256", signing_key=settings.JWT_SIGNING_KEY, issuer=ISSUER)

    @property
    def token_backend(self) -> TokenBackend:
        return self.get_token_backend()

    @classmethod
    def for_staff(cls, user: User) -> "StaffToken":
        """Return a fresh token for `user` with the contract's claims (email, permissions, iat, exp, iss)."""
        token = cls()
        token["sub"] = str(user.public_id)
        token["email"] = user.email
        token["permissions"] = client_permissions(user)
        token[_FINGERPRINT_CLAIM] = _password_fingerprint(user)
        return token

    def belongs_to(self, user: User) -> bool:
        """Return whether `user` may still use this token: theirs, active, staff, and the password unchanged."""
        claim: Any = self.payload.get(_FINGERPRINT_CLAIM, "")
        return (
            self.payload.get("sub") == str(user.public_id)
            and user.is_active
            and user.is_staff
            and isinstance(claim, str)
            and constant_time_compare(claim, _password_fingerprint(user))
        )


def _password_fingerprint(user: User) -> str:
    return salted_hmac("accounts.staff-token", user.password, algorithm="sha256").hexdigest()[:24]
