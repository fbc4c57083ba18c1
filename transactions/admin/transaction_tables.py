"""The tables below a transaction's fields: what moved, what was given back, what needed a person."""

from transactions.admin.fields import tonnes
from transactions.admin.pages import Cell, Table, moment, number, page_at
from transactions.models import LedgerLine, Transaction
from transactions.serials import serial_text

MOST_LINES = 100
MOST_ROWS = 50


def moved_lines(obj: Transaction) -> Table:
    """Return the ranges that the transaction moved, with the entries that moved them."""
    lines = (
        LedgerLine.objects.filter(entry__transaction_link__transaction=obj)
        .select_related("entry__batch")
        .order_by("entry_id", "first_kg")[:MOST_LINES]
    )
    rows = [
        [
            Cell(line.entry.get_kind_display(), page_at("transactions_ledgerentry", line.entry_id)),
            Cell(moment(line.entry.at)),
            Cell(line.entry.batch, page_at("transactions_creditbatch", line.entry.batch_id)),
            Cell(serial_text(root=line.entry.batch.serial_root, first_kg=line.first_kg, end_kg=line.end_kg)),
            number(tonnes(line.end_kg - line.first_kg)),
        ]
        for line in lines
    ]
    headers = ("Ledger entry", "When", "Batch", "Serial number", "t CO₂e")
    note = f"The first {MOST_LINES} ranges." if len(rows) == MOST_LINES else ""
    return Table("What moved", headers, rows, "Nothing has moved yet.", note=note)


def refunds(obj: Transaction) -> Table:
    """Return what was given back for a purchase."""
    rows = [
        [
            Cell(moment(refund.created_at)),
            number(tonnes(refund.quantity_kg)),
            number(f"{refund.amount:,.2f} {refund.currency}"),
            Cell(refund.get_state_display()),
            Cell(refund.requested_by or "the system"),
            Cell(refund.reason),
            Cell(refund.failure),
        ]
        for refund in obj.refunds.select_related("requested_by").order_by("-pk")[:MOST_ROWS]
    ]
    headers = ("When", "t CO₂e", "Amount", "State", "By", "Reason", "Failure")
    return Table("Refunds", headers, rows, "Nothing was given back.")


def payment_issues(obj: Transaction) -> Table:
    """Return what needed a person's attention about a purchase."""
    rows = [
        [
            Cell(issue.get_kind_display(), page_at("transactions_paymentissue", issue.pk)),
            Cell(moment(issue.opened_at)),
            Cell(issue.get_resolution_display(), tone="good") if issue.resolution else Cell("Open", tone="bad"),
        ]
        for issue in obj.payment_issues.order_by("-pk")[:MOST_ROWS]
    ]
    return Table("Payment issues", ("Issue", "Opened", "State"), rows, "Its payment needs nobody's attention.")
