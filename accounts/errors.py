"""Errors of the accounts app."""

from carboncore.common.errors import RegistryError, TryLater


class InvalidCredentials(RegistryError):
    """The e-mail or the password is wrong, or the account may not sign in here; never says which."""

    code = "invalid_credentials"
    http_status = 401

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class SignInLocked(TryLater):
    """Five wrong tries for this e-mail in fifteen minutes; `retry_after` says when the next counts."""

    code = "sign_in_locked"

    def __init__(self, *, retry_after: int) -> None:
        minutes = max(1, -(-retry_after // 60))
        super().__init__(
            f"Too many wrong tries for this e-mail. Try again in {minutes} minute{'s' if minutes > 1 else ''},"
            " or ask a registry officer to lift the lock.",
            retry_after=retry_after,
        )


class TokenRefused(RegistryError):
    """A bearer token does not (or no longer) sign anybody in."""

    http_status = 401

    def __init__(self, message: str, *, code: str = "token_invalid") -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]
