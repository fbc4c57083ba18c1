"""Reading one cell as registries write it: blanks, quantities, dates, coordinates, lists and goals."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Literal

from integrations.registry_exports.records import RowError

DateOrder = Literal["month-first", "day-first"]

# What spreadsheets and platforms leave in a cell that has no value.
_BLANKS = frozenset(
    {
        "",
        "-",
        "–",
        "—",
        "_",
        "n/a",
        "#n/a",
        "na",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "null",
        "none",
        "nan",
    }
)
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_PLAIN = re.compile(r"-?\d+(\.\d+)?([eE]\+?\d{1,2})?", re.ASCII)
_ISO_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_SLASH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,? \d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?)?", re.ASCII)
_WORD_DATE = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Before the first crediting rules, or after any crediting period: a slipped digit.
_EARLIEST, _LATEST = 1980, 2200

_SDG_NAMES = {
    "no poverty": 1, "zero hunger": 2, "good health": 3, "good health well being": 3, "quality education": 4,
    "education": 4, "gender equality": 5, "clean water": 6, "clean water sanitation": 6, "clean energy": 7,
    "affordable clean energy": 7, "economic growth": 8, "decent work economic growth": 8,
    "industry innovation infrastructure": 9, "reduced inequalities": 10, "reduced inequality": 10,
    "sustainable cities communities": 11, "responsible consumption production": 12, "climate action": 13,
    "life below water": 14, "life on land": 15, "peace justice strong institutions": 16,
    "partnerships for goals": 17, "partnership for goals": 17,
}  # fmt: skip
_SDG_NUMBER = re.compile(r"(?:SDG\s*)?(\d{1,2})(?:\.0)?(?=$|\D)")


def clean(text: str) -> str:
    """The cell with single white space, no zero-width characters, and placeholder blanks emptied."""
    plain = " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())
    return "" if plain.casefold() in _BLANKS else plain


def quantity(text: str) -> Decimal | None:
    """A non-negative quantity, exactly: `1,454,054`, `  97,193 `, `97,193.00`, `1.2E+06`; None for a blank.

    Raises:
        RowError: not a number, or negative. A comma that does not group thousands is refused, not guessed.
    """
    plain = clean(text)
    if not plain:
        return None
    if _GROUPED.fullmatch(plain):
        value = Decimal(plain.replace(",", ""))
    elif _PLAIN.fullmatch(plain):
        value = Decimal(plain)
    else:
        raise RowError(f"{text!r} is not a number")
    if value < 0:
        raise RowError(f"{text!r} is negative")
    return value


def date(text: str, order: DateOrder) -> dt.date | None:
    """A calendar day from any form the registries use; times of day are dropped; None for a blank.

    ISO (with or without time), `1/21/2022 6:27:06 PM`, `20/03/2015` under day-first, `01 Jun 2026`, `3 Sept
    2025`.

    Raises:
        RowError: no such form, no such day, or a year outside 1980–2200.
    """
    plain = clean(text)
    if not plain:
        return None
    if match := _ISO_DATE.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups())
    elif match := _SLASH_DATE.fullmatch(plain):
        first, second, year = (int(part) for part in match.groups())
        month, day = (first, second) if order == "month-first" else (second, first)
    elif (match := _WORD_DATE.fullmatch(plain)) and match[2][:3].lower() in _MONTHS:
        day, month, year = int(match[1]), _MONTHS.index(match[2][:3].lower()) + 1, int(match[3])
    else:
        raise RowError(f"{text!r} is not a date")
    if not _EARLIEST <= year <= _LATEST:
        raise RowError(f"{text!r} has a year outside {_EARLIEST}–{_LATEST}")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise RowError(f"{text!r} is not a day of the calendar ({order.replace('-', ' ')})") from None


def year(text: str) -> int | None:
    """A calendar year such as `2017` or `2017.0`; None for a blank."""
    plain = clean(text).removesuffix(".0")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) == 4 and _EARLIEST <= int(plain) <= _LATEST):
        raise RowError(f"{text!r} is not a year")
    return int(plain)


def coordinate(text: str, limit: int) -> float | None:
    """A geographic coordinate in degrees within ±limit; None for a blank."""
    plain = clean(text)
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        raise RowError(f"{text!r} is not a coordinate") from None
    if not -limit <= value <= limit:
        raise RowError(f"{text!r} is outside ±{limit} degrees")
    return value


def pieces(text: str, separator: str = ";") -> tuple[str, ...]:
    """The parts of a joined cell, cleaned, without blanks or repetitions, in the order written."""
    return tuple(dict.fromkeys(part for part in (clean(piece) for piece in text.split(separator)) if part))


def sdg_goals(text: str) -> tuple[int, ...]:
    """The UN Sustainable Development Goals a cell names by number or name, sorted; other words are skipped.

    `4,13,6`, `09: Industry, Innovation and Infrastructure;13: Climate Action`, `2. Zero Hunger;…`,
    `Clean Water & Sanitation; Climate Action`.
    """
    plain = clean(text)
    if not plain:
        return ()
    parts = plain.split(",") if re.fullmatch(r"[\d,.\s]+", plain) else plain.split(";")
    found = {goal for part in parts if (goal := _sdg_goal(part.strip())) is not None}
    return tuple(sorted(found))


def _sdg_goal(part: str) -> int | None:
    if match := _SDG_NUMBER.match(part):
        number = int(match[1])
        return number if 1 <= number <= 17 else None
    words = [word for word in re.findall(r"[a-z]+", part.casefold()) if word not in {"and", "the"}]
    return _SDG_NAMES.get(" ".join(words))


def mended(text: str) -> str:
    """Text whose UTF-8 was once read as Windows-1252 or Mac Roman (`CearÃ¡`, `‚Äì`), read rightly (`Ceará`, `–`).

    Only what reads as UTF-8 from beginning to end is mended, which properly written text never does.
    """
    for _ in range(3):
        for codec in ("cp1252", "mac_roman"):
            try:
                better = _bytes(text, codec).decode("utf-8")
            except UnicodeError:
                continue
            if better != text:
                text = better
                break
        else:
            return text
    return text


def _bytes(text: str, codec: str) -> bytes:
    """The bytes that were read wrongly; those the code page leaves undefined came through as control characters."""
    return b"".join(bytes([ord(char)]) if "\x80" <= char <= "\x9f" else char.encode(codec) for char in text)


def shortened(text: str, limit: int) -> str:
    """Text of at most `limit` characters; what is cut off shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def web_address(text: str) -> str:
    """A web address with its scheme, or empty for a cell that holds none."""
    plain = clean(text)
    if not plain or " " in plain or "." not in plain:
        return ""
    address = plain if re.match(r"https?://", plain, re.IGNORECASE) else f"https://{plain}"
    return address if len(address) <= 500 else ""


def titled(text: str) -> str:
    """A place in capitals (`NEW YORK`) in ordinary case; anything else as it is."""
    return text.title() if text.isupper() and len(text) > 3 else text
