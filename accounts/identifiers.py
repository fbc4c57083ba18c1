"""Usernames and e-mail addresses: which are taken, and in what one form each is kept and looked for."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.password_rules import is_storable

_USERNAME = re.compile(r"[A-Za-z0-9_]{3,30}", re.ASCII)
# What people would take for the registry itself.
_RESERVED = frozenset({
    "abuse", "account", "accounts", "admin", "administrator", "administrators", "admins", "anonymous", "api",
    "api_v1", "auth", "billing", "buyer", "buyers", "carbon_core", "carboncore", "contact", "deleted", "erased",
    "everybody", "everyone", "finance", "guest", "help", "helpdesk", "hostmaster", "info", "instructor", "ledger",
    "legal", "login", "logout", "mail", "me", "moderator", "no_reply", "nobody", "noreply", "null", "office",
    "officer", "operator", "owner", "owners", "payment", "payments", "postmaster", "privacy", "project_developer",
    "register", "registrar", "registry", "registry_officer", "reviewer", "root", "sales", "security", "seller",
    "sellers", "staff", "staff_member", "sudo", "super_admin", "superadmin", "superuser", "support", "sys",
    "sysadmin", "system", "team", "test", "undefined", "unknown", "user", "username", "users", "verifier",
    "viewer", "webmaster", "www",
})  # fmt: skip
# Letters that IDNA of 2003 folds into others, and that of 2008 does not: the mail would go to somebody else's domain.
_AMBIGUOUS = re.compile("[ßẞς\u200c\u200d]")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
MAX_EMAIL_LENGTH = 254


def username_fault(username: str) -> str:
    """Return what is wrong with a username, in words; empty when nothing is."""
    if not _USERNAME.fullmatch(username):
        return "Use 3 to 30 letters (A to Z), digits and underscores."
    if username.lower() in _RESERVED:
        return "This name is kept for the registry. Choose another one."
    return ""


def email_kept(text: str) -> str:
    """Return an e-mail in the one form in which it is kept: lower case, its domain in ASCII (punycode).

    The part before the @ is ASCII: nearly no server takes another, and letters of two scripts look alike.

    Raises:
        ValueError: it is none, in words for a person.
    """
    text = text.strip(" ")
    local, at, domain = text.rpartition("@")
    if not is_storable(text) or not text.isprintable() or not at or len(text) > MAX_EMAIL_LENGTH:
        raise ValueError("Give an e-mail address, such as name@example.org.")
    if not local.isascii():
        raise ValueError("Only letters without accents, digits and signs may stand before the @.")
    try:
        email = f"{local}@{_ascii_domain(domain)}".lower()
        validate_email(email)
    except (ValidationError, UnicodeError):
        raise ValueError("Give an e-mail address, such as name@example.org.") from None
    # Neither an address in brackets nor a name without a dot: mail to those would stay inside our own network.
    if not _LOCAL.fullmatch(local) or "." not in domain or email.endswith("]") or len(email) > MAX_EMAIL_LENGTH:
        raise ValueError("Give an e-mail address, such as name@example.org.")
    return email


def email_sought(text: str) -> str:
    """Return the form to look an e-mail up by; of what is no e-mail, something that no account has."""
    try:
        return email_kept(text)
    except ValueError:
        return ""


def _ascii_domain(domain: str) -> str:
    """Return the domain in ASCII. A look-alike of another script becomes an `xn--` name."""
    if domain.isascii():
        return domain
    if _AMBIGUOUS.search(domain):
        raise ValueError("Write this domain in its ASCII form (xn--…): it can be read in two ways.")
    return domain.encode("idna").decode("ascii")
