"""Telling by its header whether an export is about projects or about credits."""

from typing import BinaryIO

from integrations.choices import ImportKind
from integrations.credit_exports import LAYOUTS, find_layout
from integrations.registry_exports import SOURCES, ExportFileError, SourceCode
from integrations.registry_exports.reading import open_table


def kind_of(*, source: SourceCode, stream: BinaryIO) -> ImportKind:
    """Return what the file is about, projects where it fits both (Puro's) or neither; importing it then says why."""
    if source not in SOURCES:
        return ImportKind.CREDITS
    if source not in LAYOUTS:
        return ImportKind.PROJECTS
    declared = SOURCES[source]
    try:
        with open_table(stream, declared.required, declared.sheets):
            return ImportKind.PROJECTS
    except ExportFileError:
        pass
    try:
        find_layout(source, stream)
    except ExportFileError:
        return ImportKind.PROJECTS
    return ImportKind.CREDITS
