"""The fixed lists of the accounts app."""

from django.db import models


class OrganisationState(models.TextChoices):
    """Whether staff have approved an organisation; only an approved one may hold and move credits."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    SUSPENDED = "suspended", "Suspended"


class MembershipRole(models.TextChoices):
    """What a member may do for the organisation."""

    OWNER = "owner", "Owner"
    TRADER = "trader", "Trader"
    VIEWER = "viewer", "Viewer"


# Who moves what the organisation holds; a viewer looks.
MOVING_ROLES = (MembershipRole.OWNER, MembershipRole.TRADER)


class InvitationState(models.TextChoices):
    """What became of an invitation to an organisation. One whose time is over stays open and can be sent again."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    REVOKED = "revoked", "Revoked"


class ConsentState(models.TextChoices):
    """Whether a second member of an organisation agreed to what one of them asked for."""

    PENDING = "pending", "Waiting for a second member"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class Role(models.TextChoices):
    """What a person is to the registry. Everybody buys; staff grant the others. Staff itself is `is_staff`."""

    BUYER = "buyer", "Buyer"
    SELLER = "seller", "Seller"
    PROJECT_DEVELOPER = "project_developer", "Project developer"
    VERIFIER = "verifier", "Verifier"
    INSTRUCTOR = "instructor", "Instructor"


GRANTED_ROLES = (Role.SELLER, Role.PROJECT_DEVELOPER, Role.VERIFIER, Role.INSTRUCTOR)


class SessionKind(models.TextChoices):
    """Through which door somebody signed in."""

    API = "api", "API"
    PAGES = "pages", "This site's pages"
    STAFF = "staff", "Staff API"
    ADMIN = "admin", "Staff admin"


class SessionEnd(models.TextChoices):
    """Why a session ended before its time."""

    LOGOUT = "logout", "Signed out"
    REVOKED = "revoked", "Ended from another session"
    EVERYWHERE = "everywhere", "Signed out everywhere"
    REUSE = "reuse", "A used refresh token came again"
    PASSWORD = "password", "The password was changed"
    RECLAIMED = "reclaimed", "The owner took the account back"
    DEACTIVATED = "deactivated", "The account was deactivated"
    ERASED = "erased", "The account was erased"
    IDLE = "idle", "Not used for too long"
    FACTOR = "factor", "The second factor changed"


class LinkPurpose(models.TextChoices):
    """What a link in a mail is for."""

    RESET_PASSWORD = "reset_password", "Choose a new password"
    CHANGE_EMAIL = "change_email", "Confirm a new e-mail"
    RECLAIM = "reclaim", "Undo a change of e-mail"
    STAFF_INVITATION = "staff_invitation", "Choose the first password of a staff account"


class KeyScope(models.TextChoices):
    """What a machine's key may be used for; of what its owner may do, it opens no more than these."""

    READ = "read", "Look at accounts, balances, purchases, offers and organisations"
    TRADE = "trade", "Buy, transfer and offer credits, answer offers, open accounts"
    RETIRE = "retire", "Retire and cancel credits"
    DATA_SOURCES = "data-sources", "Connect and synchronise data sources, and read emissions"
    ORGANISATION = "organisation", "Enter organisations, and change their members"


class KeyEnd(models.TextChoices):
    """Why an API key ended before its time."""

    REVOKED = "revoked", "Revoked by its owner"
    PASSWORD = "password", "The password was reset by mail"
    RECLAIMED = "reclaimed", "The owner took the account back"
    DEACTIVATED = "deactivated", "The account was deactivated"
    STAFF = "staff", "The account became one of staff"
