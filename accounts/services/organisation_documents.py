"""The documents that an organisation shows to staff: added by its owners, kept as evidence once it was decided."""

from contextlib import suppress

from django.core.files.base import File
from django.db import transaction

from accounts.choices import OrganisationState
from accounts.errors import OrganisationStateWrong
from accounts.models import Organisation, OrganisationDocument, User
from accounts.models.organisation_document import organisation_document_path
from accounts.services.memberships import members_locked, require_manager
from accounts.services.organisations import organisation_lock
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from carboncore.common.uploads import upload_facts

MOST_DOCUMENTS = 50


def organisation_document_add(
    *, actor: User, organisation: Organisation, title: str, upload: File
) -> OrganisationDocument:
    """Add a file to an organisation, for its members and for staff who decide about it.

    Raises:
        InvalidInput: the title is empty, too long or not text, or the file too large, empty or of a type not allowed.
        NotAllowed: the actor is no owner of the organisation and may not decide about organisations.
        OrganisationStateWrong: staff have rejected the organisation.
        StateConflict: it has fifty documents already.
        OrganisationNotFound: the organisation is gone.
    """
    title = title.strip()
    if not title or len(title) > 255 or not title.isprintable():
        raise InvalidInput({"title": ["Give the document a title of at most 255 printable characters."]})
    facts = upload_facts(upload)
    document = OrganisationDocument(
        organisation=organisation,
        title=title,
        file=upload,
        file_name=facts.file_name,
        sha256=facts.sha256,
        size_bytes=facts.size_bytes,
        mime_type=facts.mime_type,
        uploaded_by=actor,
    )
    try:
        with transaction.atomic():
            require_manager(actor, members_locked(organisation))
            if organisation_lock(pk=organisation.pk).state == OrganisationState.REJECTED:
                raise OrganisationStateWrong("Staff have rejected this organisation; enter it anew to show documents.")
            if OrganisationDocument.objects.filter(organisation=organisation).count() >= MOST_DOCUMENTS:
                raise StateConflict(f"An organisation has at most {MOST_DOCUMENTS} documents.")
            document.save()
            _record("organisation.document_added", document, actor)
    except BaseException:
        # A file that was written before its row failed; the first error is the one to report.
        with suppress(OSError):
            document.file.storage.delete(organisation_document_path(document, ""))
        raise
    return document


def organisation_document_delete(*, actor: User, pk: int) -> None:
    """Remove a document while staff have not decided about its organisation; afterwards it stays as evidence.

    Raises:
        NotFound: there is none.
        NotAllowed: the actor is no owner of the organisation and may not decide about organisations.
        OrganisationStateWrong: it was decided about.
    """
    with transaction.atomic():
        document = OrganisationDocument.objects.select_related("organisation").filter(pk=pk).first()
        if document is None:
            raise NotFound("There is no such document.")
        require_manager(actor, members_locked(document.organisation))
        if organisation_lock(pk=document.organisation_id).state != OrganisationState.PENDING:
            raise OrganisationStateWrong(
                "Staff have decided about this organisation by its documents, so they stay. Add a newer one instead."
            )
        storage, name = document.file.storage, str(document.file.name)
        if OrganisationDocument.objects.filter(pk=pk).delete()[0] == 0:
            raise NotFound("There is no such document.")
        _record("organisation.document_deleted", document, actor)
        # Robust: by then the document is gone for good, and a file that cannot be removed is a matter for the log.
        transaction.on_commit(lambda: storage.delete(name), robust=True)


def _record(action: str, document: OrganisationDocument, actor: User) -> None:
    told = {"document": str(document.public_id), "title": document.title, "sha256": document.sha256}
    event_record(action=action, obj=document.organisation, actor=actor, changes=told)
