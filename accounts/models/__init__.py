"""The models of the accounts app."""

from accounts.models.api_key import ApiKey
from accounts.models.external_identity import ExternalIdentity
from accounts.models.invitation import OrganisationInvitation
from accounts.models.link import OneTimeLink, Registration
from accounts.models.organisation import Membership, Organisation
from accounts.models.organisation_document import OrganisationDocument
from accounts.models.organisation_limit import LimitRequest
from accounts.models.scope import StaffScope
from accounts.models.session import RefreshToken, SignInSession
from accounts.models.sign_in import SignInAttempt
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "ExternalIdentity",
    "LimitRequest",
    "Membership",
    "OneTimeLink",
    "Organisation",
    "OrganisationDocument",
    "OrganisationInvitation",
    "RefreshToken",
    "Registration",
    "SignInAttempt",
    "SignInSession",
    "StaffScope",
    "User",
]
