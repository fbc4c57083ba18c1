"""The whole content of every table that a movement could change, to compare before and after."""

from django.db import connection

LEDGER_TABLES = (
    "transactions_holdingaccount",
    "transactions_balance",
    "transactions_dailychange",
    "transactions_creditbatch",
    "transactions_block",
    "transactions_ledgerentry",
    "transactions_ledgerline",
    "transactions_transaction",
    "transactions_transactionentry",
    "transactions_retirement",
    "transactions_issuancerequest",
    "transactions_idempotencykey",
    "registry_projectcredits",
    "registry_monitoringperiod",
)


def ledger_dump() -> dict[str, list[str]]:
    """Return every row of every ledger table as text."""
    with connection.cursor() as cursor:
        dump = {}
        for table in LEDGER_TABLES:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            dump[table] = [row for (row,) in cursor.fetchall()]
    return dump
