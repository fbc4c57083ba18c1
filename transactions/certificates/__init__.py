"""Documents for people to keep: certificates and account statements as PDF/A, and the QR codes on them."""

from transactions.certificates.qr_codes import qr_svg
from transactions.certificates.rendering import certificate_pdf, document_pdf, statement_pdf

__all__ = ["certificate_pdf", "document_pdf", "qr_svg", "statement_pdf"]
