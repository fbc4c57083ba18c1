"""Errors of the accounts app."""

from carboncore.common.errors import NotAllowed, NotFound, RegistryError, StateConflict, TryLater


class InvalidCredentials(RegistryError):
    """The e-mail or the password is wrong, or the account may not sign in here; never says which."""

    code = "invalid_credentials"
    http_status = 401

    def __init__(self, message: str = "Invalid credentials") -> None:
        super().__init__(message)


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


class OrganisationNotFound(NotFound):
    """There is no such organisation, or the actor may not know that there is."""

    code = "organisation_not_found"

    def __init__(self) -> None:
        super().__init__("Organisation not found.")


class OrganisationTaken(StateConflict):
    """Another organisation of the country has this registration number, or the actor entered this one before."""

    code = "organisation_taken"

    def __init__(self, *, own: bool = False) -> None:
        super().__init__(
            "You entered this organisation already; it waits for staff."
            if own
            else "An organisation of this country with this registration number exists already."
            " Ask one of its owners to make you a member."
        )


class OrganisationStateWrong(StateConflict):
    """The organisation is not in a state in which this can be done."""

    code = "organisation_state_wrong"


class OwnOrganisation(NotAllowed):
    """Whoever entered an organisation cannot also decide about it."""

    code = "second_person_needed"

    def __init__(self) -> None:
        super().__init__("Whoever entered an organisation cannot also decide about it; a second person must.")


class LastOwner(StateConflict):
    """The organisation would be left without an owner."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__("This is the organisation's last owner. Make another member an owner first.")


class UsernameTaken(StateConflict):
    """Somebody else has this username, or asked for it and may still confirm."""

    code = "username_taken"

    def __init__(self) -> None:
        super().__init__("This username is taken. Choose another one.")


class LinkRefused(RegistryError):
    """A link out of a mail was used, has expired, or was never one of ours; never says which."""

    code = "link_invalid"

    def __init__(self) -> None:
        super().__init__("This link was used already or has expired. Ask for a new one.")


class RefreshRefused(RegistryError):
    """A refresh token does not (or no longer) continue a session."""

    code = "refresh_token_invalid"
    http_status = 401

    def __init__(self) -> None:
        super().__init__("This session has ended. Sign in again.")


class RefreshedAlready(StateConflict):
    """The same client exchanged this refresh token a moment ago."""

    code = "refresh_token_used"

    def __init__(self) -> None:
        super().__init__("This refresh token was exchanged a moment ago. Use the tokens of that answer.")


class StaffAccount(NotAllowed):
    """A staff account is looked after in the staff admin."""

    code = "staff_account"

    def __init__(self) -> None:
        super().__init__("This is a staff account: its password, e-mail and end are looked after in the staff admin.")


class SessionNotFound(NotFound):
    """There is no such session, or it is somebody else's."""

    code = "session_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such session of yours.")


class PersonNotFound(NotFound):
    """There is no such person."""

    code = "person_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such person.")


class ErasureHindered(StateConflict):
    """An account cannot be erased yet; the message says what to do first."""

    code = "erasure_hindered"


class SecondFactorRequired(RegistryError):
    """The password was right; this account asks for a second factor as well."""

    code = "second_factor_required"
    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "Send `code` as well: the six digits that your authenticator app shows now, or one of your recovery codes."
        )


class SecondFactorRefused(RegistryError):
    """A code or passkey that is wrong, or was used before; never says which."""

    code = "second_factor_invalid"
    http_status = 401

    def __init__(
        self, message: str = "This code is wrong or was used already. Wait for the next one of your app and try it."
    ) -> None:
        super().__init__(message)


class EnrolmentRequired(NotAllowed):
    """The account has no second factor, and the time for which it could do without is over."""

    code = "second_factor_enrolment_required"

    def __init__(self) -> None:
        super().__init__(
            "This account needs a second factor first. Open the staff admin at /staff/ in a browser, sign in with your"
            " password, set up an authenticator app or a passkey, then sign in here with `code`."
        )


class FactorNotFound(NotFound):
    """There is no such factor, or it is somebody else's."""

    code = "factor_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such factor of yours.")


class AlreadyMember(StateConflict):
    """The person is a member of the organisation already."""

    code = "already_member"

    def __init__(self, message: str = "This person is a member of the organisation already.") -> None:
        super().__init__(message)


class InvitationExists(StateConflict):
    """The organisation has an open invitation for this e-mail."""

    code = "invitation_exists"

    def __init__(self) -> None:
        super().__init__("This e-mail has an open invitation already. Send that one again, or revoke it first.")


class InvitationNotFound(NotFound):
    """There is no such invitation, or the actor may not know that there is."""

    code = "invitation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such invitation.")


class InvitationOver(StateConflict):
    """The invitation was accepted, declined or revoked, or its time is over."""

    code = "invitation_over"


class InvitationForAnother(NotAllowed):
    """The invitation went to another e-mail than the one of whoever is signed in."""

    code = "invitation_for_another"

    def __init__(self) -> None:
        super().__init__(
            "This invitation was sent to another e-mail than that of your account. Sign in with the account that has"
            " it, or ask to be invited with yours."
        )


class SecondMemberNeeded(NotAllowed):
    """Whoever asked for something in an organisation cannot also agree to it."""

    code = "second_person_needed"

    def __init__(self) -> None:
        super().__init__("You asked for this yourself; a second member has to decide about it.")


class SecondMemberMissing(StateConflict):
    """Nobody else in the organisation could agree."""

    code = "second_member_missing"


class ConsentOver(StateConflict):
    """What a second member was asked about was decided before, withdrawn, or its time is over."""

    code = "consent_over"
