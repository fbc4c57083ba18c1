"""Personal API keys: making one, signing in by one, ending them."""

import hashlib
import re
import secrets
import uuid
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.choices import KeyEnd, KeyScope
from accounts.entry_errors import ApiKeyNotFound, TooManyApiKeys
from accounts.errors import TokenRefused
from accounts.mails import mail_api_key_created
from accounts.models import ApiKey, User
from accounts.password_rules import is_storable
from accounts.seldom import Seldom
from accounts.services.sign_in import password_prove
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.api.statements import columns_of, fetch_all
from carboncore.common.context import current_actor
from carboncore.common.errors import InvalidInput

PREFIX = "cck_"
USUAL_DAYS, MOST_DAYS = 90, 365
MOST_KEYS = 20
USED_EVERY = timedelta(minutes=1)
# Prefix, handle, 256 random bits, and a checksum: programs that search code for secrets know it, and a mistyped or
# invented one is refused without a look into the database.
_FORM = re.compile(rf"{PREFIX}([0-9a-f]{{16}})_([0-9a-f]{{64}})([0-9a-f]{{8}})", re.ASCII)
_refusals_told = Seldom()


@dataclass(frozen=True)
class NewApiKey:
    """A key, and its text, which is told this once and kept nowhere."""

    key: ApiKey
    text: str


def api_key_create(
    *, user: User, password: str, name: str, scopes: Collection[str], days: int = USUAL_DAYS
) -> NewApiKey:
    """Make a key that holds for some days, and tell its owner by mail.

    Raises:
        StaffAccount: it is a staff account; staff have no keys.
        SignInLocked: five wrong passwords for this e-mail in the last fifteen minutes.
        InvalidInput: on `password`: it is not theirs; on `name`, `scopes` or `expires_in_days`: with the reason.
        TooManyApiKeys: they have twenty that hold.
    """
    name = name.strip()
    _check(name, scopes, days)
    password_prove(user=user, password=password)
    text, handle = _new_text()
    with transaction.atomic():
        # One after the other, so that two at once do not make one too many.
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if person.password != user.password or not person.is_active or person.is_staff:
            raise InvalidInput({"password": ["It was changed a moment ago. Sign in again."]})
        if ApiKey.objects.live().filter(user=person).count() >= MOST_KEYS:
            raise TooManyApiKeys(MOST_KEYS)
        key = ApiKey.objects.create(
            user=person,
            name=name,
            handle=handle,
            digest=_digest(text),
            scopes=[scope.value for scope in KeyScope if scope in scopes],
            expires_at=timezone.now() + timedelta(days=days),
        )
        told = {"scopes": [None, key.scopes], "expires_at": [None, key.expires_at.isoformat()]}
        event_record(action="api_key.created", obj=key, actor=person, changes=told)
        mail_api_key_created(user=person, key=key)
    return NewApiKey(key, text)


def api_key_revoke(*, user: User, public_id: uuid.UUID) -> None:
    """End one of a person's keys; the next request with it is refused.

    Raises:
        ApiKeyNotFound: there is no such key, it is somebody else's, or it was revoked already.
    """
    with transaction.atomic():
        keys = ApiKey.objects.select_for_update().filter(user=user, public_id=public_id, ended_at__isnull=True)
        key = keys.first()
        if key is None:
            raise ApiKeyNotFound
        key.ended_at, key.end_reason = timezone.now(), KeyEnd.REVOKED
        key.save(update_fields=["ended_at", "end_reason"])
        event_record(action="api_key.revoked", obj=key, actor=user, note=KeyEnd.REVOKED.label)


def api_keys_end(*, user: User, reason: KeyEnd) -> int:
    """End all keys of a person; returns how many."""
    with transaction.atomic():
        ended = ApiKey.objects.filter(user=user, ended_at__isnull=True).update(
            ended_at=timezone.now(), end_reason=reason
        )
        if ended:
            event_record(action="api_key.revoked", obj=user, note=f"{reason.label}: {ended} keys")
    return ended


def api_key_sign_in(*, text: str) -> ApiKey:
    """Return the key that a text is, with its person; notes at most once a minute that it is in use.

    Raises:
        TokenRefused: it is none, was revoked, has expired, or its person may not use it.
    """
    form = _FORM.fullmatch(text)
    if form is None or form[3] != _checksum(form[2]):
        raise TokenRefused("Invalid API key", code="api_key_invalid")
    key = _by_handle(form[1])
    if key is None or not constant_time_compare(key.digest, _digest(text)):
        raise TokenRefused("Invalid API key", code="api_key_invalid")
    if not key.is_live or not key.user.is_active or key.user.is_staff:
        if _refusals_told.may_tell(key.handle):
            event_record(action="api_key.refused", obj=key, actor=key.user, outcome=Outcome.REFUSED)
        over = key.ended_at is None and not key.is_live
        raise TokenRefused("API key expired" if over else "Invalid API key", code="api_key_invalid")
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        _used(key, now)
    return key


def _check(name: str, scopes: Collection[str], days: int) -> None:
    errors = {}
    if not 0 < len(name) <= 100 or not name.isprintable() or not is_storable(name):
        errors["name"] = ["Say in 1 to 100 characters what the key is for."]
    if not scopes or set(scopes) - set(KeyScope.values):
        errors["scopes"] = [f"Choose at least one of {', '.join(KeyScope.values)}."]
    if not 1 <= days <= MOST_DAYS:
        errors["expires_in_days"] = [f"A key holds for 1 to {MOST_DAYS} days."]
    if errors:
        raise InvalidInput(errors)


def _new_text() -> tuple[str, str]:
    handle, secret = secrets.token_hex(8), secrets.token_hex(32)
    return f"{PREFIX}{handle}_{secret}{_checksum(secret)}", handle


def _checksum(secret: str) -> str:
    return f"{zlib.crc32(secret.encode()):08x}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _by_handle(handle: str) -> ApiKey | None:
    """Return key and person by one prepared statement, which every request of a machine sends."""
    sql, key_names, user_names = _by_handle_sql()
    rows = fetch_all(sql, [handle])
    if not rows:
        return None
    row, alias = rows[0], connection.alias
    key: ApiKey = ApiKey.from_db(alias, key_names, row[: len(key_names)])
    key.user = User.from_db(alias, user_names, row[len(key_names) :])
    return key


@cache
def _by_handle_sql() -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    key_columns, key_names = columns_of(ApiKey, "k")
    user_columns, user_names = columns_of(User, "u")
    sql = f"""
        SELECT {key_columns}, {user_columns}
        FROM {ApiKey._meta.db_table} AS k JOIN {User._meta.db_table} AS u ON u.id = k.user_id
        WHERE k.handle = %s
    """  # noqa: S608 - names of columns and tables, from the models
    return sql, key_names, user_names


def _used(key: ApiKey, now: datetime) -> None:
    key.last_used_at, key.last_used_from = now, current_actor().ip_address
    key.save(update_fields=["last_used_at", "last_used_from"])
