"""The models of the transactions app."""

from transactions.models.account import Balance, DailyChange, HoldingAccount
from transactions.models.approval import MovementApproval
from transactions.models.batch import Block, CreditBatch
from transactions.models.checkpoint import Checkpoint, CheckpointBatch, EntryProof
from transactions.models.idempotency import IdempotencyKey
from transactions.models.issuance import IssuanceRequest
from transactions.models.ledger import LedgerEntry, LedgerLine
from transactions.models.origin_credits import OriginCredits
from transactions.models.payment import Payment, PaymentIssue, PaymentRefund, PlannedRetirement, StripeEvent
from transactions.models.price import CreditPrice, VolumeTier
from transactions.models.retirement import Retirement
from transactions.models.reversal import ReversalRequest
from transactions.models.transaction import Transaction, TransactionEntry, TransferOffer
from transactions.models.verification import LedgerVerification

__all__ = [
    "Balance",
    "Block",
    "Checkpoint",
    "CheckpointBatch",
    "CreditBatch",
    "CreditPrice",
    "DailyChange",
    "EntryProof",
    "HoldingAccount",
    "IdempotencyKey",
    "IssuanceRequest",
    "LedgerEntry",
    "LedgerLine",
    "LedgerVerification",
    "MovementApproval",
    "OriginCredits",
    "Payment",
    "PaymentIssue",
    "PaymentRefund",
    "PlannedRetirement",
    "Retirement",
    "ReversalRequest",
    "StripeEvent",
    "Transaction",
    "TransactionEntry",
    "TransferOffer",
    "VolumeTier",
]
