"""Addresses of the ledger's pages: the public ones, and what members of organisations decide."""

from django.urls import path

from transactions.pages import certificates, organisation_part, proof

urlpatterns = [
    path("certificates/<uuid:public_id>", certificates.certificate_page, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", certificates.certificate_download),
    path("certificates/<uuid:public_id>.json", certificates.certificate_json),
    path(
        "account/transfer-approvals/<uuid:public_id>/<slug:what>",
        organisation_part.approval_deed,
        name="account-approval",
    ),
    path("proof", proof.proof_page, name="proof"),
    path("proof/check_proof.py", proof.check_script),
]
