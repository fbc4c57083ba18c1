"""The ledger's staff pages: what they show, whom they let act, and that no form edits what moves credits."""

import pytest
from django.urls import reverse

from accounts.roles import REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from tests.admin.ledger_day import ledger_day
from tests.admin.pages import read_page

pytestmark = pytest.mark.django_db

LISTS = [
    "registry_monitoringperiod", "transactions_issuancerequest", "transactions_creditbatch",
    "transactions_holdingaccount", "transactions_transaction", "transactions_paymentissue",
    "transactions_retirement", "transactions_creditprice", "transactions_ledgerentry",
    "transactions_ledgerverification", "transactions_checkpoint",
]  # fmt: skip


def pages(day):
    """Return the address of every page of the day, by the kind of record."""
    records = [day.period, day.request, day.batch, day.account, day.unpaid, day.paid, day.issue, day.retirement,
               day.price, day.entry, day.verification, day.checkpoint]  # fmt: skip
    return [reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]) for row in records]


def deeds(day):
    """Return the address of every page that asks for a deed on the day's records."""
    wanted = [(day.period, ("verify", "reject")), (day.request, ("approve", "reject")),
              (day.account, ("retire", "transfer", "cancel", "freeze", "close")),
              (day.unpaid, ("mark-paid", "cancel")), (day.paid, ("refund",)), (day.issue, ("resolve",)),
              (day.price, ("end",))]  # fmt: skip
    return [
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_deed", args=[row.pk, name])
        for row, names in wanted
        for name in names
    ]


FREE = [
    "/staff/registry/monitoringperiod/state/",
    "/staff/transactions/issuancerequest/ask/",
    "/staff/transactions/creditprice/set/",
]


def test_every_page_opens_without_inline_scripts_or_handlers(as_role):
    day = ledger_day()
    admin = as_role(SUPER_ADMIN)
    lists = [reverse(f"admin:{name}_changelist") for name in LISTS]
    more = ["/staff/", "/staff/transactions/transaction/analytics/", "/staff/transactions/transaction/export/"]

    for address in [*lists, *pages(day), *deeds(day), *FREE, *more]:
        response = admin.get(address)
        assert response.status_code == 200, address
        page = read_page(response)
        assert (page.inline_scripts, page.handlers) == ([], []), address
