"""Country names and codes, as people and registries write them, to ISO 3166-1 alpha-2."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from django.utils.translation import override
from django_countries.base import CountriesBase
from django_countries.data import ALT_CODES, COUNTRIES

# Names in use that ISO 3166-1 does not list; Kosovo's XK is user-assigned.
_ALIASES = {
    "bolivia": "BO", "brunei": "BN", "burma": "MM", "cape verde": "CV", "congo": "CG", "republic of congo": "CG",
    "congo brazzaville": "CG", "drc": "CD", "dr congo": "CD", "congo kinshasa": "CD", "czech republic": "CZ",
    "czechia": "CZ", "east timor": "TL", "gambia": "GM", "iran": "IR", "ivory coast": "CI", "cote divoire": "CI",
    "korea": "KR", "south korea": "KR", "north korea": "KP", "laos": "LA", "lao": "LA", "macedonia": "MK",
    "micronesia": "FM", "moldova": "MD", "palestine": "PS", "russia": "RU", "swaziland": "SZ", "syria": "SY",
    "taiwan": "TW", "taiwan province of china": "TW", "tanzania": "TZ", "turkey": "TR", "turkiye": "TR",
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "united kingdom": "GB", "usa": "US",
    "united states": "US", "u s a": "US", "venezuela": "VE", "vietnam": "VN", "holland": "NL", "netherlands": "NL",
    "hong kong sar": "HK", "macau": "MO", "guinea bissau": "GW", "bahamas": "BS", "vatican": "VA",
    "sao tome": "ST", "st lucia": "LC", "reunion": "RE", "timor leste": "TL", "kosovo": "XK", "lao pdr": "LA",
    "cote d ivoire": "CI", "u k": "GB", "wales": "GB", "northern ireland": "GB", "uae": "AE", "bosnia": "BA",
    "china peoples republic": "CN", "former yugoslav republic macedonia": "MK", "united states virgin islands": "VI",
    "us virgin islands": "VI", "nauru": "NR", "holy see vatican city state": "VA",
}  # fmt: skip
_EXTRA_CODES = {"XK": "XK", "XKX": "XK"}
_FILLER = frozenset({"of", "the", "and"})


def country_code_of(text: str) -> str | None:
    """Return the alpha-2 code of one country given by name (any case, accents, word order) or by ISO code."""
    plain = " ".join(text.split())
    if not plain:
        return None
    return _by_code().get(plain.upper()) or _by_name().get(_key(plain))


def country_names() -> list[tuple[str, str]]:
    """Return every country's ISO 3166-1 alpha-2 code and English name, by name."""
    with override("en"):
        return sorted(((code, str(name)) for code, name in COUNTRIES.items()), key=lambda row: _plain(row[1]))


def _plain(name: str) -> str:
    """Return the letters without accents, so that Åland is found under A."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()


def _key(name: str) -> str:
    """Words without accents, order or filler: `Tanzania, United Republic of` = `United Republic of Tanzania`."""
    ascii_name = unicodedata.normalize("NFKD", name.replace("’", "'")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z]+", ascii_name.casefold().replace("'", ""))
    return " ".join(sorted(word for word in words if word not in _FILLER))


@lru_cache(maxsize=1)
def _by_code() -> dict[str, str]:
    codes = {alpha2: alpha2 for alpha2 in COUNTRIES}
    codes.update({alt[0]: alpha2 for alpha2, alt in ALT_CODES.items()})
    return codes | _EXTRA_CODES


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    with override("en"):
        names = {_key(str(name)): code for code, name in COUNTRIES.items()}
        names |= {_key(str(name)): code for code, name in CountriesBase.COMMON_NAMES.items()}
        short = [(_key(str(name).split("(")[0].split(",")[0]), code) for code, name in COUNTRIES.items()]
    counts = Counter(key for key, _ in short)
    # A short form (`Bolivia` of `Bolivia (Plurinational State of)`) counts only where one country has it.
    unambiguous = {key: code for key, code in short if counts[key] == 1}
    return {**unambiguous, **names, **{_key(name): code for name, code in _ALIASES.items()}}
