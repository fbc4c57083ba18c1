"""Addresses of the transactions app's API."""

from django.urls import path

from transactions.api import (
    account_reads,
    movements,
    prices,
    public_reads,
    purchases,
    transaction_reads,
    wallets,
    webhooks,
)

urlpatterns = [
    path("purchases", purchases.PurchaseListView.as_view()),
    path("purchases/<uuid:public_id>", purchases.PurchaseView.as_view()),
    path("purchases/<uuid:public_id>/confirm", purchases.ConfirmView.as_view()),
    path("purchases/<uuid:public_id>/cancel", purchases.CancelView.as_view()),
    path("purchases/<uuid:public_id>/refund", purchases.RefundView.as_view()),
    path("purchases/<uuid:public_id>/mark-paid", purchases.MarkPaidView.as_view()),
    path("transfers", movements.TransferView.as_view()),
    path("retirements", public_reads.RetirementListView.as_view()),
    path("cancellations", movements.CancellationView.as_view()),
    path("admin/credit-prices", prices.PriceListView.as_view()),
    path("admin/credit-prices/<int:pk>", prices.PriceView.as_view()),
    path("serials/<str:text>", public_reads.SerialView.as_view()),
    path("projects/<str:key>/credits", public_reads.ProjectCreditsView.as_view()),
    path("ledger/checkpoint", public_reads.CheckpointView.as_view()),
    path("ledger/checkpoints", public_reads.CheckpointListView.as_view()),
    path("holding-accounts", account_reads.AccountListView.as_view()),
    path("holding-accounts/<uuid:public_id>/balances", account_reads.BalancesView.as_view()),
    path("holding-accounts/<uuid:public_id>/statement", account_reads.StatementView.as_view()),
    path("users/<uuid:public_id>/wallets", wallets.WalletListView.as_view()),
    path("users/<uuid:public_id>/wallets/<uuid:wallet>", wallets.WalletView.as_view()),
    path("users/<uuid:public_id>/wallets/<uuid:wallet>/transactions", wallets.WalletTransactionListView.as_view()),
    path("users/<uuid:public_id>/notifications", wallets.NotificationListView.as_view()),
    path("admin/transactions", transaction_reads.TransactionListView.as_view()),
    path("admin/transactions.csv", transaction_reads.TransactionExportView.as_view()),
    path("admin/transactions.xlsx", transaction_reads.TransactionXlsxView.as_view()),
    path("admin/transactions/analytics", transaction_reads.TransactionAnalyticsView.as_view()),
    path("admin/ledger/checkpoints", public_reads.NewCheckpointView.as_view()),
    path("webhooks/stripe", webhooks.StripeWebhookView.as_view()),
]
