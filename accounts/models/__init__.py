"""The models of the accounts app."""

from accounts.models.sign_in import SignInAttempt
from accounts.models.user import User

__all__ = ["SignInAttempt", "User"]
