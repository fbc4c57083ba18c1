"""Purchases: reserve, pay, settle, expire, refund; and what to do when any of it is interrupted."""

from transactions.services.purchases.events import event_process, event_receive
from transactions.services.purchases.guests import guest_accounts_claim
from transactions.services.purchases.issues import payment_issue_resolve
from transactions.services.purchases.paying import (
    payment_begin,
    payment_confirm,
    payment_refresh,
    purchase_cancel,
    purchase_expire,
    refund_carry_out,
    refunds_carry_out,
)
from transactions.services.purchases.reconciling import payments_reconcile, reservations_expire
from transactions.services.purchases.refunds import purchase_refund
from transactions.services.purchases.settling import Settled, purchase_mark_paid, purchase_settle
from transactions.services.purchases.starting import PlacedOrder, purchase_order_place, purchase_start
from transactions.services.purchases.withdrawing import planned_retirement_withdraw

__all__ = [
    "PlacedOrder",
    "Settled",
    "event_process",
    "event_receive",
    "guest_accounts_claim",
    "payment_begin",
    "payment_confirm",
    "payment_issue_resolve",
    "payment_refresh",
    "payments_reconcile",
    "planned_retirement_withdraw",
    "purchase_cancel",
    "purchase_expire",
    "purchase_mark_paid",
    "purchase_order_place",
    "purchase_refund",
    "purchase_settle",
    "purchase_start",
    "refund_carry_out",
    "refunds_carry_out",
    "reservations_expire",
]
