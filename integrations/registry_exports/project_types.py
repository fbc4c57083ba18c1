"""Which of our project types a registry's project is: by methodology, activity, raw type, then name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.registry_exports.type_tables import (
    BY_AFOLU_ACTIVITY,
    BY_BERKELEY_TYPE,
    BY_METHODOLOGY,
    BY_RAW_TYPE,
    NAME_WORDS,
    NARROWED_BY_NAME,
    OTHER,
)


@dataclass(frozen=True, slots=True)
class TypeFinding:
    """A project type code, and whether a table gave it (`OTHER` from no table is counted in the summary)."""

    code: str
    mapped: bool


def berkeley_type(raw: str) -> TypeFinding:
    """The type for one of Berkeley's own types, which name technologies already."""
    code = BY_BERKELEY_TYPE.get(raw.casefold())
    return TypeFinding(code or OTHER, code is not None)


def project_type(
    raw_types: Iterable[str],
    *,
    methodologies: Iterable[str] = (),
    activities: Iterable[str] = (),
    name: str = "",
) -> TypeFinding:
    """The type of a project.

    In order: the first methodology that settles it; among land-use activities (Verra's) the first of the
    table, a wetland one being mangrove when the name says so; the first raw type, narrowed by the name where
    it is broad.
    """
    stated = set(activities)
    for methodology in methodologies:
        if code := BY_METHODOLOGY.get(methodology):
            return TypeFinding(_mangrove_or(code, name), True)
    for activity, code in BY_AFOLU_ACTIVITY.items():
        if activity in stated:
            return TypeFinding(_mangrove_or(code, name), True)
    raws = [raw.casefold() for raw in raw_types]
    for raw in raws:
        for code in NARROWED_BY_NAME.get(raw, ()):
            if _says(name, code):
                return TypeFinding(code, True)
    for raw in raws:
        if (code := BY_RAW_TYPE.get(raw)) is not None:
            return TypeFinding(code, True)
    return TypeFinding(OTHER, False)


def _mangrove_or(code: str, name: str) -> str:
    return "MC" if code == "WR" and _says(name, "MC") else code


def _says(name: str, code: str) -> bool:
    words = _words(name)
    for word in NAME_WORDS[code].split():
        if word.endswith("*"):
            if any(found.startswith(word[:-1]) for found in words):
                return True
        elif word in words:
            return True
    return False


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return set(re.findall(r"[a-z]+\+?", plain))
