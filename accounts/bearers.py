"""Whose bearer token a text is, of the tokens made here: of a person or of staff, each hanging on a session.

Keys of machines and tokens of outside issuers are read by `accounts.services`, because reading them may write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.utils import timezone

from accounts.choices import SessionKind
from accounts.errors import EnrolmentRequired, TokenRefused
from accounts.models import SignInSession, StaffScope, User
from accounts.second_factor import may_work
from accounts.tokens import (
    PERSON_ISSUER,
    STAFF_ISSUER,
    AccessToken,
    SessionToken,
    StaffToken,
    issuer_named_by,
    token_read,
)
from carboncore.common.api.statements import columns_of, fetch_all


@dataclass(frozen=True)
class Bearer:
    """Who signed a request in, and by which session; a machine's key and a token from outside have none.

    `scopes` are those of a machine's key; None: whatever the person may do. `rate_limit_caller` tells one key's
    requests from another's.
    """

    user: User
    session: SignInSession | None
    scopes: frozenset[str] | None = None
    rate_limit_caller: str | None = None


def bearer_of(text: str) -> Bearer:
    """Return whom this token signs in now.

    Raises:
        TokenRefused: it expired, was not made here, or what it rests on (session, account, password) has ended.
    """
    check = _KINDS.get(issuer_named_by(text))
    if check is None:
        raise TokenRefused("Invalid token")
    return check(text)


def staff_bearer(text: str) -> Bearer:
    """Return the active staff member whose token this is.

    Raises:
        TokenRefused: as for `bearer_of`, or it is no token of staff.
        EnrolmentRequired: it was got by the password alone, and the time for which that was enough is over.
    """
    token = token_read(StaffToken, text)
    session = _live_session(token, SessionKind.STAFF)
    if not token.belongs_to(session.user):
        raise TokenRefused("Invalid token")
    if not may_work(session):
        raise EnrolmentRequired
    return Bearer(session.user, session)


def person_bearer(text: str) -> Bearer:
    """Return the person whose access token this is; never staff, who have a door of their own.

    Raises:
        TokenRefused: as for `bearer_of`, or it is no token of a person.
    """
    session = _live_session(token_read(AccessToken, text), SessionKind.API)
    if session.user.is_staff:
        raise TokenRefused("Invalid token")
    return Bearer(session.user, session)


def _live_session(token: SessionToken, kind: SessionKind) -> SignInSession:
    """Return session, person and limits by one prepared statement, which every signed-in request sends."""
    sql, (session_names, user_names, scope_names) = _live_session_sql()
    rows = fetch_all(sql, [token.session, kind.value, timezone.now(), token.subject])
    if not rows:
        raise TokenRefused("Invalid token")
    row, alias = rows[0], connection.alias
    of_user, of_scope = len(session_names), len(session_names) + len(user_names)
    session: SignInSession = SignInSession.from_db(alias, session_names, row[:of_user])
    user: User = User.from_db(alias, user_names, row[of_user:of_scope])
    session.user = user
    limits = row[of_scope:]
    # Said even where there are none, as `select_related` does: otherwise each question about them is a statement.
    known = StaffScope.from_db(alias, scope_names, limits) if limits[0] is not None else None
    User._meta.get_field("staff_scope").set_cached_value(user, known)
    if known is not None:
        known.user = user
    return session


@cache
def _live_session_sql() -> tuple[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    session_columns, session_names = columns_of(SignInSession, "s")
    user_columns, user_names = columns_of(User, "u")
    scope_columns, scope_names = columns_of(StaffScope, "l")
    # Live as `SessionQuerySet.live` has it.
    sql = f"""
        SELECT {session_columns}, {user_columns}, {scope_columns}
        FROM {SignInSession._meta.db_table} AS s JOIN {User._meta.db_table} AS u ON u.id = s.user_id
            LEFT JOIN {StaffScope._meta.db_table} AS l ON l.user_id = u.id
        WHERE s.public_id = %s AND s.kind = %s AND s.ended_at IS NULL AND s.expires_at > %s
            AND u.public_id = %s AND u.is_active
    """  # noqa: S608 - names of columns and tables, from the models
    return sql, (session_names, user_names, scope_names)


_KINDS: dict[str, Callable[[str], Bearer]] = {PERSON_ISSUER: person_bearer, STAFF_ISSUER: staff_bearer}
