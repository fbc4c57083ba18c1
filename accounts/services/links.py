"""Links that work once: their token is told to nobody but the mail, and kept as its sha256."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.choices import LinkPurpose
from accounts.errors import LinkRefused
from accounts.models import OneTimeLink, User


@dataclass(frozen=True)
class NewToken:
    """A token as its owner gets it, as we keep it, and until when it holds."""

    text: str
    digest: str
    expires_at: datetime


def new_token(lasts: timedelta) -> NewToken:
    """Return a token of 256 random bits that holds for some time from now."""
    text = secrets.token_urlsafe(32)
    return NewToken(text, token_digest(text), timezone.now() + lasts)


def token_digest(text: str) -> str:
    """Return the digest that a token is kept as (64 hex digits)."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def link_issue(*, user: User | None, purpose: LinkPurpose, lasts: timedelta, email: str = "") -> NewToken:
    """Make a link and return its token; call it inside the transaction that mails it."""
    token = new_token(lasts)
    OneTimeLink.objects.create(
        user=user, purpose=purpose, digest=token.digest, email=email, expires_at=token.expires_at
    )
    return token


def link_use(*, token: str, purpose: LinkPurpose, for_staff: bool = False) -> OneTimeLink:
    """Return the link and its person, both locked, and mark it used; call it inside a transaction.

    Links of staff and those of people are never each other's.

    Raises:
        LinkRefused: it is none for this, was used, has expired, or its account is none that it could be for.
    """
    links = OneTimeLink.objects.filter(digest=token_digest(token), purpose=purpose, user__isnull=False)
    link = _locked(links)
    if link is None or link.user is None or link.used_at is not None or link.expires_at <= timezone.now():
        raise LinkRefused
    user = User.objects.select_for_update(no_key=True).get(pk=link.user.pk)
    if not user.is_active or user.is_staff != for_staff:
        raise LinkRefused
    link.user, link.used_at = user, timezone.now()
    link.save(update_fields=["used_at"])
    return link


def links_cancel(*, user: User, purposes: list[LinkPurpose]) -> None:
    """Let no open link of these kinds work any more."""
    OneTimeLink.objects.filter(user=user, purpose__in=purposes, used_at__isnull=True).update(used_at=timezone.now())


def _locked(links: QuerySet[OneTimeLink]) -> OneTimeLink | None:
    return links.select_for_update(of=("self",), no_key=True).first()
