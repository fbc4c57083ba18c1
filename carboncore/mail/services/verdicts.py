"""What an attempt to send a mail means: sent, later, never; and whether the server is there for the other mails."""

import re
import smtplib
from dataclasses import dataclass

# A server may quote what it refuses; a link in it may be one that signs somebody in.
_LINK = re.compile(r"\S*(://|[?&]\w+=)\S*")


@dataclass(frozen=True)
class Verdict:
    """How an attempt ended; `reason` is for staff and holds nothing of the mail."""

    reason: str = ""
    is_sent: bool = False
    is_final: bool = False
    is_server_down: bool = False

    @classmethod
    def sent(cls) -> "Verdict":
        """The server has taken it."""
        return cls(is_sent=True)

    @classmethod
    def later(cls, reason: str, *, is_server_down: bool = False) -> "Verdict":
        """Another attempt may succeed."""
        return cls(reason[:500], is_server_down=is_server_down)

    @classmethod
    def never(cls, reason: str) -> "Verdict":
        """No further attempt is of use."""
        return cls(reason[:500], is_final=True)


def verdict_of(error: Exception) -> Verdict:
    """Judge what was raised while sending.

    The recipient or the mail refused with 5xx is final. What the server says of us (sign-in, sender, no TLS) is for an
    operator to mend, and no mail should be lost over it meanwhile.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
        code, text = answers[0] if answers else (550, b"")
        return _by_code(code, text)
    if isinstance(error, smtplib.SMTPDataError):
        return _by_code(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):
        words = _words(error.smtp_code, error.smtp_error)
        return Verdict.later(f"The mail server turns us away: {words}", is_server_down=True)
    if isinstance(error, TimeoutError):
        return Verdict.later("The mail server did not answer in time.", is_server_down=True)
    if isinstance(error, smtplib.SMTPException | OSError):
        words = _LINK.sub("[…]", str(error))
        return Verdict.later(f"The mail server cannot be used: {words}", is_server_down=True)
    # A header that Django refuses, a recipient that cannot be encoded: it will not do better next time.
    return Verdict.never(f"It could not be put into a message ({type(error).__name__}).")


def _by_code(code: int, text: bytes | str) -> Verdict:
    words = _words(code, text)
    if 500 <= code < 600:
        return Verdict.never(f"Refused: {words}")
    return Verdict.later(f"Not now: {words}", is_server_down=code == 421)


def _words(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {_LINK.sub('[…]', ' '.join(said.split()))}"
