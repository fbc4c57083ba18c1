"""The writes of the transactions app; every entrance calls these."""

from transactions.services.approvals import (
    AskedTransfer,
    movement_approval_approve,
    movement_approval_reject,
    movement_approval_withdraw,
    movement_approvals_expire,
    transfer_or_ask,
)
from transactions.services.bulk_retirements import credits_retire_csv
from transactions.services.corrections import entry_reverse
from transactions.services.erasing import retirement_statement_erase
from transactions.services.holding_accounts import (
    buffer_pool_account,
    holding_account_close,
    holding_account_freeze,
    holding_account_open,
    holding_account_unfreeze,
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
from transactions.services.offers import (
    transfer_offer_accept,
    transfer_offer_create,
    transfer_offer_decline,
    transfer_offer_withdraw,
    transfer_offers_expire,
)
from transactions.services.prices import price_delete, price_end, price_for, price_set
from transactions.services.purchases import (
    guest_accounts_claim,
    payment_issue_resolve,
    payments_reconcile,
    purchase_cancel,
    purchase_mark_paid,
    purchase_refund,
    purchase_start,
    reservations_expire,
)
from transactions.services.retirements import RetirementDetails, credits_retire
from transactions.services.reversal_requests import (
    reversal_request_approve,
    reversal_request_create,
    reversal_request_reject,
)
from transactions.services.wallets import wallet_close, wallet_rename

__all__ = [
    "AskedTransfer",
    "Origin",
    "RetirementDetails",
    "Wanted",
    "answer_once",
    "buffer_cancel",
    "buffer_pool_account",
    "buffer_release",
    "credits_cancel",
    "credits_retire",
    "credits_retire_csv",
    "credits_transfer",
    "entry_reverse",
    "guest_accounts_claim",
    "holding_account_close",
    "holding_account_freeze",
    "holding_account_open",
    "holding_account_unfreeze",
    "issuance_request_approve",
    "issuance_request_create",
    "issuance_request_reject",
    "movement_approval_approve",
    "movement_approval_reject",
    "movement_approval_withdraw",
    "movement_approvals_expire",
    "payment_issue_resolve",
    "payments_reconcile",
    "price_delete",
    "price_end",
    "price_for",
    "price_set",
    "proceeds_account",
    "purchase_cancel",
    "purchase_mark_paid",
    "purchase_refund",
    "purchase_start",
    "reservations_expire",
    "retirement_statement_erase",
    "reversal_request_approve",
    "reversal_request_create",
    "reversal_request_reject",
    "transfer_offer_accept",
    "transfer_offer_create",
    "transfer_offer_decline",
    "transfer_offer_withdraw",
    "transfer_offers_expire",
    "transfer_or_ask",
    "wallet_close",
    "wallet_rename",
]
