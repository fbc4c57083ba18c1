"""Addresses of the ledger's pages: the public ones, and where people answer offers and transfers."""

from django.urls import path

from transactions.pages import certificates, organisation_part, proof, transfers

urlpatterns = [
    path("certificates/<uuid:public_id>", certificates.certificate_page, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", certificates.certificate_download),
    path("certificates/<uuid:public_id>.json", certificates.certificate_json),
    path("account/transfers", transfers.transfers, name="account-transfers"),
    path("account/transfer-offers/<uuid:public_id>/<slug:what>", transfers.offer_deed, name="account-offer"),
    path(
        "account/transfer-approvals/<uuid:public_id>/<slug:what>",
        organisation_part.approval_deed,
        name="account-approval",
    ),
    path("proof", proof.proof_page, name="proof"),
    path("proof/check_proof.py", proof.check_script),
]
