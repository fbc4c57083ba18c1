"""Retiring for many beneficiaries at once from a CSV: all of its rows, or none, with every fault named by its line."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from accounts.models import User
from carboncore.common.errors import InvalidInput, RegistryError
from carboncore.common.quantities import QuantityInvalid, kg_from_tonnes
from registry.models import Project
from transactions.choices import BlockState
from transactions.locks import batch_lock
from transactions.models import Balance, HoldingAccount, Retirement
from transactions.rights import require_acting
from transactions.services.mails import certificates_mail
from transactions.services.moving import Origin, Wanted
from transactions.services.posting import Posting, posting
from transactions.services.retirements import RetirementDetails, retirement_details_check, retirement_post

REQUIRED = ("project_id", "quantity", "beneficiary_name", "purpose")
OPTIONAL = ("vintage", "serials", "beneficiary_location", "period_start", "period_end", "note", "published")
COLUMNS = (*REQUIRED, *OPTIONAL)
MOST_ROWS = 1_000
_YES, _NO = {"", "yes", "true", "1"}, {"no", "false", "0"}
Value = TypeVar("Value")


@dataclass(frozen=True)
class _Row:
    line: int
    wanted: Wanted
    details: RetirementDetails


def credits_retire_csv(
    *, actor: User | None, account: HoldingAccount, text: str, origin: Origin | None = None
) -> list[Retirement]:
    """Retire what each row of a CSV says, from one account, in one database transaction; returns them in order.

    The first line names the columns (`REQUIRED` and any of `OPTIONAL`, in any order); quantities are tonnes with a
    point, days are written 2026-11-22, several serials are separated by semicolons, `published` is yes or no.

    Raises:
        NotAllowed: the actor may not act for the account.
        InvalidInput: the header or rows cannot be accepted, or the credits of a row are not there; the keys are
            `line 2`, `line 3` …, and nothing was retired.
        AccountNotFound, AccountNotUsable: the account is missing, frozen or closed.
    """
    require_acting(actor, account.pk)
    rows = _read(text)
    with posting(actor=actor, account_ids=[account.pk]) as movement:
        _lock_batches(account, {row.wanted.project_id for row in rows})
        retirements = [_retire(movement, account, row, origin or Origin()) for row in rows]
        certificates_mail(retirements=retirements, account=account, person_id=actor.pk if actor else None)
    return retirements


def _retire(movement: Posting, account: HoldingAccount, row: _Row, origin: Origin) -> Retirement:
    try:
        return retirement_post(
            movement=movement, account=account, wanted=row.wanted, details=row.details, origin=origin
        )
    except InvalidInput as error:
        raise InvalidInput({_key(row.line): _flat(error)}) from error
    except RegistryError as error:
        raise InvalidInput({_key(row.line): [error.message]}) from error


def _lock_batches(account: HoldingAccount, projects: set[int]) -> None:
    """Lock all that the rows may take from before the first one, in the one order, whatever order the rows have."""
    held = Balance.objects.filter(
        account=account, state=BlockState.ACTIVE, quantity_kg__gt=0, batch__project_id__in=projects
    )
    for pk in list(held.order_by("batch_id").values_list("batch_id", flat=True)):
        batch_lock(pk)


def _read(text: str) -> list[_Row]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    errors: dict[str, list[str]] = {}
    rows: list[_Row] = []
    try:
        names = _header(next(reader, []))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) + len(errors) == MOST_ROWS:
                raise InvalidInput({"csv": [f"Send at most {MOST_ROWS:,} rows at a time."]})
            try:
                rows.append(_row(reader.line_num, names, cells))
            except InvalidInput as error:
                errors[_key(reader.line_num)] = _flat(error)
    except csv.Error as error:
        raise InvalidInput({_key(reader.line_num): [f"This is no CSV: {error}."]}) from None
    _check_projects(rows, errors)
    if errors:
        raise InvalidInput(errors, message="Nothing was retired. Please correct the lines named in `errors`.")
    if not rows:
        raise InvalidInput({"csv": ["There are no rows below the header."]})
    return rows


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = [name[:60] for name in names if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in names]
    twice = len(names) != len(set(names))
    if unknown or missing or twice:
        known = f"Name these columns: {', '.join(REQUIRED)}; and, where wanted: {', '.join(OPTIONAL)}."
        wrong = [f"There is no column {', '.join(unknown)}."] if unknown else []
        wrong += [f"Missing: {', '.join(missing)}."] if missing else []
        wrong += ["A column is named twice."] if twice else []
        raise InvalidInput({"line 1": [*wrong, known]})
    return names


def _row(line: int, names: list[str], cells: list[str]) -> _Row:
    if len(cells) != len(names):
        raise InvalidInput({"": [f"There are {len(cells)} cells, but {len(names)} columns."]})
    given = dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    errors: dict[str, list[str]] = {}

    def read(name: str, convert: Callable[[str], Value], fallback: Value) -> Value:
        try:
            return convert(given[name])
        except ValueError as error:
            errors[name] = [str(error)]
            return fallback

    wanted = Wanted(
        project_id=read("project_id", _whole("a project's id", 1, 2**63 - 1), 0),
        quantity_kg=read("quantity", _kilograms, 0),
        vintage=read("vintage", _whole("a year", 1980, 2100), None) if given["vintage"] else None,
        serials=[serial.strip() for serial in given["serials"].split(";") if serial.strip()],
    )
    details = RetirementDetails(
        beneficiary_name=given["beneficiary_name"],
        purpose=given["purpose"],
        beneficiary_location=given["beneficiary_location"],
        period_start=read("period_start", _day, None),
        period_end=read("period_end", _day, None),
        note=given["note"],
        published=read("published", _yes, False),
    )
    try:
        retirement_details_check(details)
    except InvalidInput as error:
        errors = error.errors | errors
    if errors:
        raise InvalidInput(errors)
    return _Row(line, wanted, details)


def _check_projects(rows: list[_Row], errors: dict[str, list[str]]) -> None:
    known = set(Project.objects.filter(pk__in={row.wanted.project_id for row in rows}).values_list("pk", flat=True))
    for row in rows:
        if row.wanted.project_id not in known:
            errors[_key(row.line)] = ["project_id: There is no such project."]


def _whole(what: str, least: int, most: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
            raise ValueError(f"Give {what} as a whole number.")
        return int(text)

    return convert


def _kilograms(text: str) -> int:
    try:
        return kg_from_tonnes(text)
    except QuantityInvalid as error:
        raise ValueError(str(error)) from None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        if len(text) != len("2026-11-22"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Give a day as 2026-11-22.") from None


def _yes(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError("Say yes or no.")
    return text.lower() in _YES


def _key(line: int) -> str:
    return f"line {line}"


def _flat(error: InvalidInput) -> list[str]:
    return list(_words(error))


def _words(error: InvalidInput) -> Iterator[str]:
    for name, reasons in error.errors.items():
        yield f"{name}: {' '.join(reasons)}" if name else " ".join(reasons)
