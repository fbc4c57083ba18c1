"""What stands on an organisation's staff page beside members and accounts: limit, invitations, documents, approvals."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from accounts.models import Organisation
from accounts.organisation_mails import limit_text
from accounts.querysets import DECIDES
from carboncore.audit.services import personal_data_read_record
from carboncore.common.api.files import stored_file_response
from carboncore.common.api.reading import PRIVATE_CACHE
from carboncore.common.quantities import tonnes_from_kg
from transactions.admin.fields import tonnes
from transactions.admin.pages import Cell, LedgerAdmin, Table, list_of, moment, number, page_of
from transactions.selectors.admin_organisations import (
    organisation_approvals,
    organisation_document,
    organisation_documents,
    organisation_invitations,
    organisation_limit_requests,
    organisation_open_purchases,
)

MOST_ROWS = 25
DOCUMENT_VIEW = "accounts_organisation_document"


class DocumentsMixin(LedgerAdmin):
    """Adds the address of an organisation's documents to its page."""

    def get_urls(self) -> list[URLPattern]:
        """Add one address for the documents."""
        wrap = self.admin_site.admin_view
        way = path("<int:pk>/document/<uuid:public_id>/", wrap(self.document_view), name=DOCUMENT_VIEW)
        return [way, *super().get_urls()]

    def document_view(self, request: HttpRequest, pk: int, public_id: uuid.UUID) -> HttpResponseBase:
        """Hand out a document to who decides about organisations; that they read it is an event."""
        if not request.user.has_perm(DECIDES):
            raise PermissionDenied
        document = organisation_document(pk, public_id)
        if document is None:
            raise Http404
        personal_data_read_record(obj=document.organisation)
        return stored_file_response(
            request,
            document.file,
            name=document.file_name,
            mime_type=document.mime_type,
            sha256=document.sha256,
            cache=PRIVATE_CACHE,
        )


def organisation_part_tables(request: HttpRequest, organisation: Organisation) -> list[Table]:
    """Return the tables; the documents only for who decides about organisations."""
    documents = [_documents(organisation)] if request.user.has_perm(DECIDES) else []
    return [*documents, _invitations(organisation), _limits(organisation), _approvals(organisation)]


def open_purchases(request: HttpRequest, organisation: Organisation) -> list[Table]:
    """Return the table of what its members buy for it and have not paid, for who may see transactions."""
    if not request.user.has_perm("transactions.view_transaction"):
        return []
    rows = [
        [
            Cell(f"No. {row.pk}", page_of(row)),
            Cell(row.get_status_display(), tone="wait"),
            Cell(str(row.project), page_of(row.project)),
            number(tonnes(row.quantity_kg)),
            number(f"{row.total_amount:,.2f} {row.currency}" if row.total_amount is not None else ""),
            Cell(row.get_payment_method_display() or "not chosen yet"),
            Cell(moment(row.created_at)),
            Cell(moment(row.expires_at)),
        ]
        for row in organisation_open_purchases(organisation, count=MOST_ROWS)
    ]
    return [
        Table(
            "Open purchases",
            ("Purchase", "State", "Project", "Tonnes", "Amount", "Paid by", "Begun", "Reserved until"),
            rows,
            "No purchase waits for its payment.",
            note=f"The latest {MOST_ROWS}." if len(rows) == MOST_ROWS else "",
        )
    ]


def _documents(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(row.title, reverse(f"admin:{DOCUMENT_VIEW}", args=[organisation.pk, row.public_id])),
            Cell(row.file_name),
            Cell(row.mime_type),
            number(f"{row.size_bytes:,}"),
            Cell(str(row.uploaded_by)),
            Cell(moment(row.created_at)),
        ]
        for row in organisation_documents(organisation)
    ]
    headers = ("Document", "File", "Type", "Bytes", "Added by", "Added")
    return Table("Documents", headers, rows, "It has shown no document yet. Its owners add them.")


def _invitations(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(row.email or "erased"),
            Cell(row.get_role_display()),
            Cell(row.get_state_display()),
            Cell(str(row.invited_by)),
            Cell(moment(row.created_at)),
            Cell(moment(row.expires_at)),
        ]
        for row in organisation_invitations(organisation, count=MOST_ROWS)
    ]
    headers = ("Invited", "Role", "State", "By", "On", "Until")
    return Table("Invitations", headers, rows, "Nobody was invited.", note=f"The latest {MOST_ROWS}.")


def _limits(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(limit_text(row.limit_kg)),
            Cell(row.get_state_display()),
            Cell(str(row.asked_by)),
            Cell(moment(row.asked_at)),
            Cell(str(row.decided_by) if row.decided_by else ""),
        ]
        for row in organisation_limit_requests(organisation, count=MOST_ROWS)
    ]
    title = f"Transfer limit: {limit_text(organisation.transfer_limit_kg)}"
    return Table(title, ("Asked for", "State", "By", "On", "Decided by"), rows, "No owner asked for a higher one.")


def _approvals(organisation: Organisation) -> Table:
    rows = [
        [
            Cell(str(row), page_of(row)),
            Cell(row.get_kind_display()),
            number(f"{tonnes_from_kg(row.quantity_kg):,f}"),
            Cell(row.get_state_display()),
            Cell(str(row.asked_by)),
            Cell(moment(row.asked_at)),
        ]
        for row in organisation_approvals(organisation, count=MOST_ROWS)
    ]
    return Table(
        "Transfers above the limit",
        ("Approval", "What", "Tonnes", "State", "Asked by", "On"),
        rows,
        "No transfer was above its limit.",
        more=list_of("transactions_movementapproval", q=organisation.name),
        more_text="All of them",
    )
