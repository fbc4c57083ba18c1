"""The models of the transactions app."""

from transactions.models.account import Balance, HoldingAccount
from transactions.models.batch import Block, CreditBatch
from transactions.models.idempotency import IdempotencyKey
from transactions.models.issuance import IssuanceRequest
from transactions.models.ledger import LedgerEntry, LedgerLine
from transactions.models.retirement import Retirement
from transactions.models.transaction import Transaction, TransactionEntry
from transactions.models.verification import LedgerVerification

__all__ = [
    "Balance",
    "Block",
    "CreditBatch",
    "HoldingAccount",
    "IdempotencyKey",
    "IssuanceRequest",
    "LedgerEntry",
    "LedgerLine",
    "LedgerVerification",
    "Retirement",
    "Transaction",
    "TransactionEntry",
]
