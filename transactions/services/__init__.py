"""The writes of the transactions app; every entrance calls these."""

from transactions.services.corrections import entry_reverse
from transactions.services.holding_accounts import (
    buffer_pool_account,
    holding_account_close,
    holding_account_freeze,
    holding_account_open,
    proceeds_account,
)
from transactions.services.idempotency import answer_once
from transactions.services.issuance import (
    issuance_request_approve,
    issuance_request_create,
    issuance_request_reject,
)
from transactions.services.movements import buffer_cancel, buffer_release, credits_cancel, credits_transfer
from transactions.services.moving import Origin, Wanted
from transactions.services.retirements import RetirementDetails, credits_retire

__all__ = [
    "Origin",
    "RetirementDetails",
    "Wanted",
    "answer_once",
    "buffer_cancel",
    "buffer_pool_account",
    "buffer_release",
    "credits_cancel",
    "credits_retire",
    "credits_transfer",
    "entry_reverse",
    "holding_account_close",
    "holding_account_freeze",
    "holding_account_open",
    "issuance_request_approve",
    "issuance_request_create",
    "issuance_request_reject",
    "proceeds_account",
]
