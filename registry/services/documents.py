"""Adding, changing and removing documents of projects."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction

from accounts.models import User
from carboncore.audit.services import changes_of_deletion, changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotFound
from carboncore.common.uploads import upload_facts
from registry.choices import DocumentVisibility
from registry.errors import ProjectNotFound
from registry.locks import project_lock
from registry.models import Document, Project
from registry.models.document import document_path
from registry.reach import require_reach
from registry.services.validation import assign_fields, full_clean_or_refuse

DETAIL_FIELDS = frozenset({"kind", "title", "version", "language", "visibility", "url"})


def document_add(
    *, actor: User | None, project: Project, details: Mapping[str, Any], upload: File | None = None
) -> Document:
    """Add a file or a link (`details["url"]`) to a project.

    `details` holds values of `DETAIL_FIELDS`. A file's type is sniffed, its SHA-256 and size are read. When the
    document cannot be kept, neither is its file; only a transaction around this call that fails later leaves one.

    Raises:
        ProjectNotFound: the project was deleted meanwhile.
        InvalidInput: neither or both given, a file too large, empty or of a type not allowed, or bad details.
    """
    document = Document(project=project, uploaded_by=actor)
    assign_fields(document, details, allowed=DETAIL_FIELDS)
    if upload is not None:
        _assign_file(document, upload)
    if bool(document.url) == (upload is not None):
        raise InvalidInput({"file": ["Give either a file or a link."]})
    full_clean_or_refuse(document, exclude=("file", "project"))
    try:
        with transaction.atomic():
            _require_project(project)
            document.save()
            event_record(action="document.added", obj=document, actor=actor, changes=changes_since({}, document))
    except BaseException:
        _remove_file(document)
        raise
    return document


def document_update(*, pk: int, details: Mapping[str, Any]) -> Document:
    """Change what is said about a document; its file or link stays (add a new version instead).

    Raises:
        NotFound: there is no such document.
        InvalidInput: with every reason by field.
    """
    if "url" in details:
        raise InvalidInput({"url": ["A link cannot be changed; add the new one as a document of its own."]})
    with transaction.atomic():
        document = _locked(pk)
        before = state_of(document)
        assign_fields(document, details, allowed=DETAIL_FIELDS)
        full_clean_or_refuse(document)
        document.save()
        event_record(action="document.changed", obj=document, changes=changes_since(before, document))
    return document


def document_delete(*, pk: int) -> None:
    """Remove a document; its file goes once the removal is certain.

    Raises:
        NotFound: there is no such document.
    """
    with transaction.atomic():
        document = _locked(pk)
        storage, name = document.file.storage, document.file.name
        _delete(document)
        if name:
            # Robust: by then the document is gone for good, and a file that cannot be removed is a matter for the log.
            transaction.on_commit(lambda: storage.delete(name), robust=True)


def document_links_set(*, actor: User | None, project: Project, links: Sequence[Mapping[str, Any]]) -> bool:
    """Make the project's *linked* documents exactly these; uploaded files are left alone. Returns whether any changed.

    A link that stays keeps what is not said about it here; a new one is public unless said otherwise.

    Raises:
        ProjectNotFound: the project was deleted meanwhile.
        InvalidInput: on `document_library`, for the first link that cannot be accepted; nothing was changed.
    """
    wanted = {_url_of(link): link for link in links}
    with transaction.atomic():
        _require_project(project)
        present: dict[str, Document] = {}
        changed = False
        for document in project.documents.exclude(url="").order_by("pk"):
            if document.url not in wanted or document.url in present:
                _delete(document)
                changed = True
            else:
                present[document.url] = document
        for url, link in wanted.items():
            changed |= _link_set(actor, project, present.get(url), {**link, "url": url})
    return changed


def _delete(document: Document) -> None:
    event_record(action="document.deleted", obj=document, changes=changes_of_deletion(document))
    document.delete()


def _link_set(actor: User | None, project: Project, present: Document | None, link: dict[str, Any]) -> bool:
    try:
        if present is None:
            details = {"visibility": DocumentVisibility.PUBLIC, "title": _title_of(link["url"]), **link}
            document_add(actor=actor, project=project, details=details)
            return True
        before = state_of(present)
        assign_fields(present, link, allowed=DETAIL_FIELDS)
        if state_of(present) == before:
            return False
        full_clean_or_refuse(present)
        present.save()
        event_record(action="document.changed", obj=present, actor=actor, changes=changes_since(before, present))
    except InvalidInput as error:
        reasons = [f"{link['url'][:200]}: {reason}" for found in error.errors.values() for reason in found]
        raise InvalidInput({"document_library": reasons}) from None
    return True


def _url_of(link: Any) -> str:
    url = link.get("url") if isinstance(link, Mapping) else None
    if not isinstance(url, str) or not url.strip():
        raise InvalidInput({"document_library": ["Give each document as an object with at least its `url`."]})
    return url.strip()


def _title_of(url: str) -> str:
    return (PurePath(url.split("?", maxsplit=1)[0]).name or url)[:255]


def _assign_file(document: Document, upload: File) -> None:
    facts = upload_facts(upload)
    document.file_name, document.mime_type = facts.file_name, facts.mime_type
    document.sha256, document.size_bytes = facts.sha256, facts.size_bytes
    document.file = upload


def _require_project(project: Project) -> None:
    try:
        project_lock(project.pk)
        require_reach(project.pk)
    except Project.DoesNotExist:
        raise ProjectNotFound from None


def _remove_file(document: Document) -> None:
    """Take back a file that was written before its row failed; the first error is the one to report."""
    with suppress(OSError):
        document.file.storage.delete(document_path(document, ""))


def _locked(pk: int) -> Document:
    document = Document.objects.select_for_update().filter(pk=pk).first()
    if document is None:
        raise NotFound("Document not found.")
    return document
