"""The mails of retirements: one certificate with its PDF, or where the certificates of many are."""

from carboncore.mail.composing import Attachment, Content, MailPointless, composes
from transactions.mails.facts import Facts, credits_text, serial_facts
from transactions.mails.purchases import paid_facts
from transactions.models import PlannedRetirement, Retirement
from transactions.pages.certificates import certificate_address, certificate_file
from transactions.selectors.certificates import Certificate, certificate_of


@composes("transactions/mails/certificate")
def certificate_content(*, pk: int) -> Content:
    """Say what was retired for whom, and attach the certificate."""
    retirement = Retirement.objects.get(pk=pk)
    certificate = certificate_of(retirement.public_id)
    if certificate is None or not certificate.is_valid:
        fault = certificate.faults[0] if certificate else "it is gone"
        raise MailPointless(f"The certificate does not follow from the ledger: {fault}")
    return Content(
        {
            "facts": _facts(retirement, certificate),
            "beneficiary": retirement.beneficiary_name,
            "is_published": retirement.published,
            "link": certificate_address(retirement.public_id),
            "link_label": "See and check the certificate",
        },
        [Attachment(f"certificate-{retirement.public_id}.pdf", certificate_file(certificate), "application/pdf")],
    )


@composes("transactions/mails/certificates")
def certificates_content(*, pks: list[int]) -> Content:
    """List what was retired for whom, each with the address of its certificate."""
    found = Retirement.objects.filter(pk__in=pks).select_related("transaction__project").order_by("pk")
    rows = [
        {
            "beneficiary": retirement.beneficiary_name,
            "quantity": credits_text(retirement.transaction.quantity_kg),
            "project": retirement.transaction.project.project_name,
            "address": certificate_address(retirement.public_id),
        }
        for retirement in found
    ]
    total = credits_text(sum(retirement.transaction.quantity_kg for retirement in found))
    return Content({"rows": rows, "total": total})


def _facts(retirement: Retirement, certificate: Certificate) -> Facts:
    document = certificate.document
    purchase = PlannedRetirement.objects.select_related("transaction__payment").filter(retirement=retirement).first()
    return [
        ("Quantity", credits_text(document["quantity_kg"])),
        ("Beneficiary", retirement.beneficiary_name),
        ("Purpose", document["purpose"]),
        ("Project", document["project"]["name"]),
        ("Vintage", ", ".join(str(vintage) for vintage in document["vintages"])),
        ("Retired on", f"{retirement.retired_at:%-d %B %Y}"),
        *(paid_facts(purchase.transaction) if purchase else []),
        *serial_facts([piece["serial"] for piece in document["ranges"]], rest="listed in the certificate"),
    ]
