"""Addresses of issuance, reversals, accounts as a whole, the buffer pool, payment issues, offers, approvals, bulk."""

from django.urls import path

from transactions.api import approvals, bulk, issuance, offers, office, payment_issues, reversals

urlpatterns = [
    path("admin/issuance-requests", issuance.IssuanceListView.as_view()),
    path("admin/issuance-requests/<int:pk>", issuance.IssuanceView.as_view()),
    path("admin/issuance-requests/<int:pk>/approve", issuance.IssuanceApproveView.as_view()),
    path("admin/issuance-requests/<int:pk>/reject", issuance.IssuanceRejectView.as_view()),
    path("admin/reversal-requests", reversals.ReversalListView.as_view()),
    path("admin/reversal-requests/<int:pk>/approve", reversals.ReversalApproveView.as_view()),
    path("admin/reversal-requests/<int:pk>/reject", reversals.ReversalRejectView.as_view()),
    path("admin/holding-accounts/<uuid:public_id>/freeze", office.AccountFreezeView.as_view()),
    path("admin/holding-accounts/<uuid:public_id>/unfreeze", office.AccountUnfreezeView.as_view()),
    path("admin/holding-accounts/<uuid:public_id>/close", office.AccountCloseView.as_view()),
    path("admin/buffer-releases", office.BufferReleaseView.as_view()),
    path("admin/buffer-cancellations", office.BufferCancellationView.as_view()),
    path("admin/payment-issues", payment_issues.PaymentIssueListView.as_view()),
    path("admin/payment-issues/<int:pk>", payment_issues.PaymentIssueView.as_view()),
    path("admin/payment-issues/<int:pk>/resolve", payment_issues.PaymentIssueResolveView.as_view()),
    path("retirements/csv", bulk.RetirementCsvView.as_view()),
    path("transfer-approvals", approvals.ApprovalListView.as_view()),
    path("transfer-approvals/<uuid:public_id>", approvals.ApprovalView.as_view()),
    path("transfer-approvals/<uuid:public_id>/approve", approvals.ApprovalApproveView.as_view()),
    path("transfer-approvals/<uuid:public_id>/reject", approvals.ApprovalRejectView.as_view()),
    path("transfer-approvals/<uuid:public_id>/withdraw", approvals.ApprovalWithdrawView.as_view()),
    path("transfer-offers", offers.OfferListView.as_view()),
    path("transfer-offers/<uuid:public_id>", offers.OfferView.as_view()),
    path("transfer-offers/<uuid:public_id>/accept", offers.OfferAcceptView.as_view()),
    path("transfer-offers/<uuid:public_id>/decline", offers.OfferDeclineView.as_view()),
    path("transfer-offers/<uuid:public_id>/withdraw", offers.OfferWithdrawView.as_view()),
]
