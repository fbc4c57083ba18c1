"""Where mail goes while no mail server is configured: a file each, which any mail program opens."""

import os
import tempfile
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmlFolderBackend(BaseEmailBackend):
    """Writes each mail into the folder `EMAIL_FILE_PATH` as `<time>-<number>.eml`, whole or not at all.

    The name follows from the mail's own date and Message-ID, so a repeated attempt replaces the first file. A file
    may hold a link that signs somebody in, so it is readable to its owner only.
    """

    def __init__(self, *args: Any, file_path: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them; returns how many."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for mail in email_messages:
            message = mail.message()
            when = parsedate_to_datetime(message["Date"]).strftime("%Y%m%dT%H%M%S")
            number = str(message["Message-ID"]).strip("<>").partition("@")[0]
            self._write(self._folder / f"{when}-{number}.eml", message.as_bytes())
        return len(email_messages)

    def _write(self, path: Path, content: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", suffix=".draft", delete=False) as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(path)
