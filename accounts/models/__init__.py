"""The models of the accounts app."""

from accounts.models.link import OneTimeLink, Registration
from accounts.models.organisation import Membership, Organisation
from accounts.models.scope import StaffScope
from accounts.models.session import RefreshToken, SignInSession
from accounts.models.sign_in import SignInAttempt
from accounts.models.user import User

__all__ = [
    "Membership",
    "OneTimeLink",
    "Organisation",
    "RefreshToken",
    "Registration",
    "SignInAttempt",
    "SignInSession",
    "StaffScope",
    "User",
]
