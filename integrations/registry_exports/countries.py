"""The countries a cell names, as ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

from carboncore.common.countries import country_code_of
from integrations.registry_exports.records import RejectCode, RowError
from integrations.registry_exports.values import clean, pieces

# What registries write for a programme without one country.
SEVERAL_COUNTRIES = frozenset({"international", "global", "worldwide", "multi-country", "multiple countries"})


def country_code(text: str) -> str:
    """The code of the one country a cell names, in any of the spellings `carboncore.common.countries` knows.

    Raises:
        RowError: the cell is blank, names no country, or says that there are several.
    """
    plain = clean(text)
    if not plain:
        raise RowError("the country is missing", RejectCode.MISSING_VALUE)
    if plain.casefold() in SEVERAL_COUNTRIES:
        raise RowError(
            f"the country is given as {plain!r}; a project here lies in one country",
            RejectCode.UNKNOWN_COUNTRY,
            plain,
        )
    code = country_code_of(plain)
    if code is None:
        raise RowError(f"{plain!r} is not a country", RejectCode.UNKNOWN_COUNTRY, plain)
    return code


def country_codes(text: str) -> tuple[str, ...]:
    """Every country a cell names, in the order written, separated by semicolons; the first is the project's.

    Commas do not separate: they belong to names such as `Congo, The Democratic Republic of the`.
    """
    return tuple(dict.fromkeys(country_code(part) for part in pieces(text) or ("",)))
