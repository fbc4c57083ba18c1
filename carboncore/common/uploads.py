"""The one rule for uploaded documents: how large they may be, what they may be called, what they really are."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import File

from carboncore.common.errors import InvalidInput
from carboncore.common.file_types import sniffed_mime_type


@dataclass(frozen=True)
class UploadFacts:
    """What was read from an uploaded file itself; `file_name` without any folder."""

    file_name: str
    mime_type: str
    sha256: str
    size_bytes: int


def upload_facts(upload: File) -> UploadFacts:
    """Read an uploaded file to its end and leave it at its beginning.

    Raises:
        InvalidInput: on `file`: too large, empty, without a usable name or of a type not allowed.
    """
    name = PurePath((upload.name or "").replace("\\", "/")).name
    limit = settings.DOCUMENT_MAX_BYTES
    if upload.size > limit:
        raise InvalidInput({"file": [f"The file is larger than {limit // 1_000_000} MB."]})
    if upload.size == 0:
        raise InvalidInput({"file": ["The file is empty."]})
    if not name or len(name) > 255 or not name.isprintable():
        raise InvalidInput({"file": ["Give the file a name of at most 255 printable characters."]})
    upload.seek(0)
    content = upload.read()
    upload.seek(0)
    return UploadFacts(
        file_name=name,
        mime_type=sniffed_mime_type(file_name=name, content=content),
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
    )
