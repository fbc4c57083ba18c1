"""Serial numbers: text made from a block, and parsed back to it.

`CC-BR-FC-000123-2024-01-1-50000` is registry, country, project type, project, vintage, batch, first and last
credit. Credits count from 1. A range cut inside a credit names the kilogram: `7.251` as a first means that the
range begins after 250 kg of credit 7 (its first kilogram is number 251), `7.250` as a last that it ends with
kilogram 250 of credit 7.
"""

import re
from dataclasses import dataclass

from carboncore.common.quantities import KG_PER_CREDIT

REGISTRY_CODE = "CC"
_ROOT = rf"(?P<root>{REGISTRY_CODE}-[A-Z]{{2}}-[A-Z0-9]{{1,10}}-[0-9]{{6,12}}-[0-9]{{4}}-[0-9]{{2,6}})"
_CREDIT = r"[0-9]{1,12}(?:\.[0-9]{3,4})?"
_SERIAL = re.compile(rf"{_ROOT}(?:-(?P<first>{_CREDIT})(?:-(?P<last>{_CREDIT}))?)?\Z")


class SerialInvalid(ValueError):
    """The text is not a serial number of this registry."""


@dataclass(frozen=True)
class SerialRange:
    """A parsed serial: the batch's root and the half-open range of kilograms (None, None: the whole batch)."""

    root: str
    first_kg: int | None
    end_kg: int | None


def serial_root(*, country: str, type_code: str, project_id: int, vintage: int, number: int) -> str:
    """Return the part of a serial that names the batch."""
    return f"{REGISTRY_CODE}-{country}-{type_code}-{project_id:06d}-{vintage:04d}-{number:02d}"


def serial_text(*, root: str, first_kg: int, end_kg: int) -> str:
    """Return the serial of the half-open range `[first_kg, end_kg)` of the batch `root`."""
    return f"{root}-{_first_text(first_kg)}-{_last_text(end_kg)}"


def serial_parse(text: str) -> SerialRange:
    """Return what a serial, a single credit (`…-17`), a kilogram of one (`…-17.250`) or a batch's root names.

    Raises:
        SerialInvalid: it is no serial of this registry, or its last comes before its first.
    """
    found = _SERIAL.match(text.strip().upper())
    if found is None:
        raise SerialInvalid(
            "This is not a serial number of this registry; they look like CC-BR-FC-000123-2024-01-1-50000."
        )
    if found["first"] is None:
        return SerialRange(found["root"], None, None)
    first_kg = _first_kg(found["first"])
    end_kg = _end_kg(found["last"] or found["first"])
    if end_kg <= first_kg:
        raise SerialInvalid("The last credit of this serial number comes before its first.")
    return SerialRange(found["root"], first_kg, end_kg)


def _first_text(first_kg: int) -> str:
    credit, inside = divmod(first_kg, KG_PER_CREDIT)
    return str(credit + 1) if inside == 0 else f"{credit + 1}.{inside + 1:03d}"


def _last_text(end_kg: int) -> str:
    credit, inside = divmod(end_kg, KG_PER_CREDIT)
    return str(credit) if inside == 0 else f"{credit + 1}.{inside:03d}"


def _first_kg(text: str) -> int:
    credit, kilogram = _credit_and_kilogram(text)
    return (credit - 1) * KG_PER_CREDIT + (kilogram - 1 if kilogram is not None else 0)


def _end_kg(text: str) -> int:
    credit, kilogram = _credit_and_kilogram(text)
    return (credit - 1) * KG_PER_CREDIT + (kilogram if kilogram is not None else KG_PER_CREDIT)


def _credit_and_kilogram(text: str) -> tuple[int, int | None]:
    credit, _, kilogram = text.partition(".")
    number = int(kilogram) if kilogram else None
    if int(credit) < 1 or (number is not None and not 1 <= number <= KG_PER_CREDIT):
        raise SerialInvalid("Credits count from 1, and kilograms of a credit from 001 to 1000.")
    return int(credit), number
