"""An account's statement for staff: over the days they choose, on the page, as PDF or as CSV."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from carboncore.common.errors import InvalidInput
from transactions.account_statements import Statement, statement_as_csv, statement_as_pdf, statement_read
from transactions.admin.fields import date_field, tonnes
from transactions.admin.pages import Cell, Table, list_of, moment, number, page_at, page_of
from transactions.choices import BlockState, EntryKind
from transactions.models import HoldingAccount
from transactions.selectors.holdings import Holding, Moved
from transactions.selectors.list_filters import read_day

MOST_SHOWN = 500
_FILES = {"csv": statement_as_csv, "pdf": statement_as_pdf}
_STATEMENT = "transactions_holdingaccount_statement"


class DaysForm(forms.Form):
    """The first and the last day, both included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Named as in the API; `from` is no name that a class could give.
        self.fields |= {"from": date_field("From"), "to": date_field("To, included")}

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order, and those that the API would refuse too."""
        days = self.cleaned_data
        for name, day in list(days.items()):
            try:
                read_day(name, day.isoformat())
            except InvalidInput as error:
                self.add_error(name, error.errors[name][0])
        if days.get("from") and days.get("to") and days["to"] < days["from"]:
            self.add_error("to", "The last day comes before the first.")
        return days


class StatementMixin:
    """Adds the page to the accounts' admin."""

    def get_urls(self) -> list[URLPattern]:
        """Add its address."""
        model_admin: Any = self
        view = model_admin.admin_site.admin_view(self.statement_view)
        return [path("<int:pk>/statement/", view, name=_STATEMENT), *super().get_urls()]  # type: ignore[misc]

    def statement_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Show the statement of this month, or of the days that were chosen; or answer with it as a file."""
        model_admin: Any = self
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        account = model_admin.get_object(request, str(pk))
        if account is None:
            raise Http404
        form = DaysForm(request.GET if {"from", "to"} & set(request.GET) else _this_month())
        tables: list[Table] = []
        if form.is_valid():
            first, last = form.cleaned_data["from"], form.cleaned_data["to"]
            try:
                if request.GET.get("format") in _FILES:
                    return _FILES[request.GET["format"]](account, first, last)
                tables = _tables(statement_read(account, first=first, last=last, most=MOST_SHOWN))
            except InvalidInput as error:
                for reasons in error.errors.values():
                    form.add_error(None, reasons[0])
        context = {
            **model_admin.admin_site.each_context(request),
            "title": f"Statement of {account}",
            "subtitle": account.number,
            "opts": model_admin.opts,
            "original": account,
            "media": model_admin.media + form.media,
            "days_form": form,
            "ledger_tables": tables,
            "back": page_of(account),
        }
        request.current_app = model_admin.admin_site.name
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/transactions/statement.html", context, status=status)


def statement_page(account: HoldingAccount) -> str:
    """Return the address of the account's statement."""
    return reverse(f"admin:{_STATEMENT}", args=[account.pk])


def _this_month() -> dict[str, str]:
    today = timezone.now().date()
    return {"from": today.replace(day=1).isoformat(), "to": today.isoformat()}


def _tables(found: Statement) -> list[Table]:
    headers = ("When", "What", "Serial number", "State", "Change (t)", "Transaction")
    rows = [
        [
            Cell(moment(row.at)),
            Cell(EntryKind(row.kind).label),
            Cell(row.serial),
            Cell(BlockState(row.state).label),
            number(f"+{tonnes(row.quantity_kg)}" if row.quantity_kg > 0 else f"−{tonnes(-row.quantity_kg)}"),
            _transaction(row),
        ]
        for row in found.movements
    ]
    return [
        _holdings("Opening", found.opening),
        Table("Movements", headers, rows, "Nothing moved in these days."),
        _holdings("Closing", found.closing),
    ]


def _transaction(row: Moved) -> Cell:
    """Lead to what asked for it, by the beginning of its id."""
    if row.transaction is None:
        return Cell("")
    return Cell(f"{row.transaction[:8]}…", list_of("transactions_transaction", q=row.transaction))


def _holdings(title: str, holdings: list[Holding]) -> Table:
    rows = [
        [
            Cell(row.project, page_at("registry_project", row.project_id)),
            Cell(str(row.vintage)),
            Cell(row.batch),
            Cell(BlockState(row.state).label),
            number(tonnes(row.quantity_kg)),
        ]
        for row in holdings
    ]
    return Table(title, ("Project", "Vintage", "Batch", "State", "Quantity (t)"), rows, "It held nothing.")
