"""Errors of the ways in besides the password: machines' keys and outside identities."""

from carboncore.common.errors import NotAllowed, NotFound, StateConflict, TryLater


class ApiKeyNotFound(NotFound):
    """There is no such key, or it is somebody else's."""

    code = "api_key_not_found"

    def __init__(self) -> None:
        super().__init__("You have no such API key, or it was revoked already.")


class TooManyApiKeys(StateConflict):
    """The person has as many keys as one may have."""

    code = "too_many_api_keys"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} API keys already. Revoke one that you no longer need.")


class IdentityNotFound(NotFound):
    """There is no such identity, or it is somebody else's."""

    code = "identity_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such identity of yours.")


class IdentityNotLinked(NotAllowed):
    """The token is good, but no account here is known to be its owner's, and none may be taken for it."""

    code = "identity_not_linked"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in belongs to no account here. Sign in with your e-mail and password and link it under"
            " /users/me/identities. Without an account, have your provider confirm your e-mail, or register."
        )


class IdentityTaken(StateConflict):
    """The identity signs another person in."""

    code = "identity_taken"

    def __init__(self) -> None:
        super().__init__("This identity is linked to another account. Unlink it there first.")


class LastWayIn(StateConflict):
    """Without this identity the person could not sign in any more."""

    code = "last_way_in"

    def __init__(self) -> None:
        super().__init__(
            "You could not sign in without it: your account has no password. Ask for a link to choose one at"
            " /users/password/forgotten first."
        )


class IssuerUnreachable(TryLater):
    """The keys of an outside issuer cannot be had at the moment, so nobody can say whether its tokens are good."""

    code = "identity_provider_unreachable"
    http_status = 503

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(
            "The identity provider that made this token cannot be reached, so it cannot be checked. Try again later.",
            retry_after=retry_after,
        )
