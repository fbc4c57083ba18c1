"""The staff pages of the ledger: queues, batches, accounts, transactions, payments, prices and proofs."""

from transactions.admin import (
    accounts,
    batches,
    dashboard,
    entries,
    issuance,
    monitoring,
    offers,
    organisations,
    origin_credits,
    payments,
    prices,
    project_panel,
    proofs,
    retirements,
    reversals,
    transactions,
)

__all__ = [
    "accounts",
    "batches",
    "dashboard",
    "entries",
    "issuance",
    "monitoring",
    "offers",
    "organisations",
    "origin_credits",
    "payments",
    "prices",
    "project_panel",
    "proofs",
    "retirements",
    "reversals",
    "transactions",
]
