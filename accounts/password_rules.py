"""What a person's password has to be, beyond what Django's own validators ask."""

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError

# Argon2 reads the whole text: a bound keeps a huge "password" from being a cheap way to busy the server.
MAX_PASSWORD_LENGTH = 1024


class LetterAndDigitValidator:
    """Asks for a letter and a digit, of any script, as the API contract does."""

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse a password without one of them.

        Raises:
            ValidationError: with what is missing.
        """
        if not any(c.isalpha() for c in password) or not any(c.isdigit() for c in password):
            raise ValidationError("Use at least one letter and one digit.", code="password_letter_and_digit")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return "At least one letter and one digit."


def is_storable(text: str) -> bool:
    """Return whether the text is one that PostgreSQL and Argon2 take: no null character, no half character."""
    return not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in text)


def password_faults(password: str, user: Any) -> list[str]:
    """Return what is wrong with a new password of a person, in words; an empty list when nothing is."""
    if len(password) > MAX_PASSWORD_LENGTH:
        return [f"Use at most {MAX_PASSWORD_LENGTH:,} characters."]
    if not is_storable(password):
        return ["It holds characters that cannot be stored."]
    try:
        validate_password(password, user, get_password_validators(settings.PERSON_PASSWORD_VALIDATORS))
    except ValidationError as error:
        return [str(message) for message in error.messages]
    return []
