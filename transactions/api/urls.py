"""Addresses of the transactions app's API."""

from django.urls import path

from transactions.api import movements, prices, purchases, webhooks

urlpatterns = [
    path("purchases", purchases.PurchaseListView.as_view()),
    path("purchases/<uuid:public_id>", purchases.PurchaseView.as_view()),
    path("purchases/<uuid:public_id>/confirm", purchases.ConfirmView.as_view()),
    path("purchases/<uuid:public_id>/cancel", purchases.CancelView.as_view()),
    path("purchases/<uuid:public_id>/refund", purchases.RefundView.as_view()),
    path("purchases/<uuid:public_id>/mark-paid", purchases.MarkPaidView.as_view()),
    path("transfers", movements.TransferView.as_view()),
    path("retirements", movements.RetirementView.as_view()),
    path("cancellations", movements.CancellationView.as_view()),
    path("admin/credit-prices", prices.PriceListView.as_view()),
    path("admin/credit-prices/<int:pk>", prices.PriceView.as_view()),
    path("webhooks/stripe", webhooks.StripeWebhookView.as_view()),
]
