"""Adding, changing and removing documents of projects."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from accounts.models import User
from carboncore.common.errors import InvalidInput, NotFound
from registry.choices import DocumentVisibility
from registry.file_types import sniffed_mime_type
from registry.models import Document, Project
from registry.services.validation import full_clean_or_refuse, reject_null_bytes

DETAIL_FIELDS = frozenset({"kind", "title", "version", "language", "visibility", "url"})


def document_add(
    *, actor: User | None, project: Project, details: Mapping[str, Any], upload: File | None = None
) -> Document:
    """Add a file or a link (`details["url"]`) to a project.

    `details` holds values of `DETAIL_FIELDS`. A file's type is sniffed, its SHA-256 and size are read.

    Raises:
        InvalidInput: neither or both given, a file too large, empty or of a type not allowed, or bad details.
    """
    document = Document(project=project, uploaded_by=actor)
    _assign_details(document, details)
    if upload is not None:
        _assign_file(document, upload)
    if bool(document.url) == bool(upload):
        raise InvalidInput({"file": ["Give either a file or a link."]})
    with transaction.atomic():
        _save(document)
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
        _assign_details(document, details)
        full_clean_or_refuse(document)
        document.save()
    return document


def document_delete(*, pk: int) -> None:
    """Remove a document; its file goes once the removal is certain.

    Raises:
        NotFound: there is no such document.
    """
    with transaction.atomic():
        document = _locked(pk)
        storage, name = document.file.storage, document.file.name
        document.delete()
        if name:
            transaction.on_commit(lambda: storage.delete(name))


def document_links_set(*, actor: User | None, project: Project, links: Sequence[Mapping[str, Any]]) -> None:
    """Make the project's *linked* documents exactly these; uploaded files are left alone.

    Raises:
        InvalidInput: on `document_library`, for the first link that cannot be accepted.
    """
    present = {document.url: document for document in project.documents.exclude(url="")}
    wanted = {str(link.get("url", "")).strip() for link in links}
    for url, document in present.items():
        if url not in wanted:
            document.delete()
    for link in links:
        url = str(link.get("url", "")).strip()
        if url in present:
            continue
        details = {"visibility": DocumentVisibility.PUBLIC, "title": _title_of(url), **link, "url": url}
        try:
            present[url] = document_add(actor=actor, project=project, details=details)
        except InvalidInput as error:
            reasons = [f"{url[:200]}: {reason}" for found in error.errors.values() for reason in found]
            raise InvalidInput({"document_library": reasons}) from None


def _title_of(url: str) -> str:
    return (PurePath(url.split("?", maxsplit=1)[0]).name or url)[:255]


def _assign_details(document: Document, details: Mapping[str, Any]) -> None:
    unknown = sorted(set(details) - DETAIL_FIELDS)
    if unknown:
        raise InvalidInput({name: ["This cannot be set here."] for name in unknown})
    reject_null_bytes(details)
    for name, value in details.items():
        setattr(document, name, value.strip() if isinstance(value, str) else value)


def _assign_file(document: Document, upload: File) -> None:
    name = PurePath((upload.name or "").replace("\\", "/")).name
    limit = settings.DOCUMENT_MAX_BYTES
    if upload.size > limit:
        raise InvalidInput({"file": [f"The file is larger than {limit // 1_000_000} MB."]})
    if upload.size == 0:
        raise InvalidInput({"file": ["The file is empty."]})
    if len(name) > 255 or not name.isprintable():
        raise InvalidInput({"file": ["Give the file a name of at most 255 printable characters."]})
    content = upload.read()
    upload.seek(0)
    document.mime_type = sniffed_mime_type(file_name=name, content=content)
    document.sha256 = hashlib.sha256(content).hexdigest()
    document.size_bytes = len(content)
    document.file_name = name
    document.file = upload


def _save(document: Document) -> None:
    full_clean_or_refuse(document, exclude=("file",))
    document.save()


def _locked(pk: int) -> Document:
    document = Document.objects.select_for_update().filter(pk=pk).first()
    if document is None:
        raise NotFound("Document not found.")
    return document
