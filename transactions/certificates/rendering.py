"""Setting certificates and statements as PDF/A-2b with typst: the same data give the same bytes.

The data go in as JSON, never as text of the template, so that no name can be markup. The clock of the file is
the document's own time. Each thread has a compiler, because one cannot be used by two at once; fonts are read once.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from transactions.certificates.coverage import FONTS, printable
from transactions.certificates.qr_codes import qr_svg

_TEMPLATES = Path(__file__).parent / "templates"
_of_thread = threading.local()


def certificate_pdf(document: Mapping[str, Any], *, address: str) -> bytes:
    """Return the certificate whose JSON document and public address these are, as a PDF/A-2b file."""
    data = {**document, "address": address, "qr": qr_svg(address)}
    return _compiled(_TEMPLATES / "certificate.typ", data, at=datetime.fromisoformat(document["retired_at"]))


def statement_pdf(statement: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return an account's statement as a PDF/A-2b file that says it was made `at`."""
    return _compiled(_TEMPLATES / "statement.typ", statement, at=at)


def document_pdf(template: Path, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return another app's document as a PDF/A-2b file of the time `at`; its template may import `house.typ`."""
    return _compiled(template, data, at=at)


def _compiled(template: Path, data: Mapping[str, Any], *, at: datetime) -> bytes:
    # As text: a file outside of the templates' folder could not be the main one, and would not find `house.typ`.
    made: Any = _compiler().compile(
        template.read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(_printable(data), sort_keys=True, ensure_ascii=False)},
        pdf_standards=["a-2b"],
        timestamp=int(at.timestamp()),
    )
    return bytes(made)


def _compiler() -> typst.Compiler:
    if not hasattr(_of_thread, "compiler"):
        _of_thread.compiler = typst.Compiler(root=_TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True)
    compiler: typst.Compiler = _of_thread.compiler
    return compiler


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _printable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value
