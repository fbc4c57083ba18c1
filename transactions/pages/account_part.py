"""The ledger's part of a person's account page: what they hold, what they retired, what happened last."""

from collections import defaultdict
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import User
from transactions.choices import BlockState
from transactions.selectors.holdings import account_holdings, accounts_of
from transactions.selectors.own_offers import offers_waiting_for
from transactions.selectors.own_transactions import latest_transactions_of

MOST_ACCOUNTS, MOST_TRANSACTIONS = 20, 25


def ledger_part(user: User) -> SafeString:
    """Return the section as HTML: holdings by account, project and vintage, and the latest transactions."""
    accounts = accounts_of(user)
    shown = [(account, account_holdings(account)) for account in accounts[:MOST_ACCOUNTS]]
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for _, held in shown:
        for holding in held:
            totals[holding.state] += holding.quantity
    context = {
        "offers_waiting": offers_waiting_for(user),
        "accounts": [(account, [(row, BlockState(row.state).label) for row in held]) for account, held in shown],
        "more_accounts": len(accounts) - len(shown),
        "active": totals[BlockState.ACTIVE],
        "reserved": totals[BlockState.RESERVED],
        "retired": totals[BlockState.RETIRED],
        "transactions": latest_transactions_of(user, most=MOST_TRANSACTIONS),
    }
    return render_to_string("transactions/account_part.html", context)
