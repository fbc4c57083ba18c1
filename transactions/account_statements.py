"""An account's statement over some days: opening, movements, closing; for reading, for a spreadsheet, on paper."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from carboncore.common.tables import csv_response
from transactions.certificates import statement_pdf
from transactions.choices import BlockState, EntryKind
from transactions.models import HoldingAccount
from transactions.selectors.holdings import (
    MOST_MOVEMENTS,
    Holding,
    Moved,
    account_holdings,
    account_movements,
    account_movements_bounded,
    holding_row,
)
from transactions.selectors.list_filters import day_start

MOST_ON_PAPER = 2_000
_CSV_HEADER = ("part", "at", "kind", "batch", "position", "serial", "state", "quantity", "transaction")


@dataclass(frozen=True)
class Statement:
    """What an account held at the first moment, what moved, and what it held after the last day."""

    opening: list[Holding]
    movements: list[Moved]
    closing: list[Holding]


def statement_read(account: HoldingAccount, *, first: date, last: date, most: int = MOST_MOVEMENTS) -> Statement:
    """Return the statement from `first` to `last`, both days (UTC) included.

    Raises:
        InvalidInput: there are more than `most` movements.
    """
    start, before = _bounds(first, last)
    return Statement(
        opening=account_holdings(account, before=start),
        movements=account_movements_bounded(account, start=start, before=before, most=most),
        closing=account_holdings(account, before=before),
    )


def statement_as_csv(account: HoldingAccount, first: date, last: date) -> HttpResponseBase:
    """Answer with the statement as CSV, however long it is."""
    start, before = _bounds(first, last)

    def rows() -> Iterator[list[Any]]:
        for holding in account_holdings(account, before=start):
            yield _csv_holding("opening", holding)
        for moved in account_movements(account, start=start, before=before):
            row = movement_row(moved)
            yield ["movement", *(row[name] for name in _CSV_HEADER[1:])]
        for holding in account_holdings(account, before=before):
            yield _csv_holding("closing", holding)

    return csv_response(_CSV_HEADER, rows(), name=_name(account, first, last))


def statement_as_pdf(account: HoldingAccount, first: date, last: date) -> HttpResponse:
    """Answer with the statement as a document to keep.

    Raises:
        InvalidInput: there are more movements than go on paper.
    """
    found = statement_read(account, first=first, last=last, most=MOST_ON_PAPER)
    made_at = timezone.now()
    statement = {
        "account": {"name": account.name, "number": account.number},
        "from": first.isoformat(),
        "to": last.isoformat(),
        "made_at": f"{made_at:%Y-%m-%d %H:%M} UTC",
        "opening": [_printed(holding) for holding in found.opening],
        "movements": [_printed_movement(row) for row in found.movements],
        "closing": [_printed(holding) for holding in found.closing],
    }
    headers = {"Content-Disposition": f'attachment; filename="{_name(account, first, last)}.pdf"'}
    return HttpResponse(statement_pdf(statement, at=made_at), content_type="application/pdf", headers=headers)


def movement_row(moved: Moved) -> dict[str, Any]:
    """Return a movement as clients see it."""
    return {
        "at": zulu(moved.at),
        "kind": moved.kind,
        "batch": moved.batch,
        "position": moved.position,
        "serial": moved.serial,
        "state": moved.state,
        "quantity": moved.quantity,
        "transaction": moved.transaction,
    }


def zulu(value: datetime) -> str:
    """Return a time in UTC as ISO 8601 writes it with a Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _bounds(first: date, last: date) -> tuple[datetime, datetime]:
    return day_start(first), day_start(last + timedelta(days=1))


def _name(account: HoldingAccount, first: date, last: date) -> str:
    return f"statement-{account.number}-{first}-{last}"


def _printed(holding: Holding) -> dict[str, Any]:
    return {**holding_row(holding), "state": BlockState(holding.state).label, "quantity": f"{holding.quantity:f}"}


def _printed_movement(moved: Moved) -> dict[str, Any]:
    words = {"kind": EntryKind(moved.kind).label, "state": BlockState(moved.state).label}
    return {**movement_row(moved), **words, "quantity": f"{moved.quantity:f}"}


def _csv_holding(part: str, holding: Holding) -> list[Any]:
    return [part, "", "", holding.batch, "", "", holding.state, holding.quantity, ""]
