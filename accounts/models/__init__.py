"""The models of the accounts app."""

from accounts.models.organisation import Membership, Organisation
from accounts.models.sign_in import SignInAttempt
from accounts.models.user import User

__all__ = ["Membership", "Organisation", "SignInAttempt", "User"]
