"""Addresses of the public pages of the ledger."""

from django.urls import path

from transactions.pages import certificates, proof

urlpatterns = [
    path("certificates/<uuid:public_id>", certificates.certificate_page, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", certificates.certificate_download),
    path("certificates/<uuid:public_id>.json", certificates.certificate_json),
    path("proof", proof.proof_page, name="proof"),
    path("proof/check_proof.py", proof.check_script),
]
