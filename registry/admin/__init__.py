"""The staff admin of the registry: projects, overlaps, documents, the catalogue, and its part of the dashboard."""

from registry.admin.catalogue import (
    CountryAdmin,
    MethodologyAdmin,
    ProjectTypeAdmin,
    StandardAdmin,
    StandardValidatorAdmin,
)
from registry.admin.dashboard import registry_panel, waiting_registry_work
from registry.admin.documents import DocumentAdmin
from registry.admin.overlaps import BoundaryOverlapAdmin
from registry.admin.projects import ProjectAdmin

__all__ = [
    "BoundaryOverlapAdmin",
    "CountryAdmin",
    "DocumentAdmin",
    "MethodologyAdmin",
    "ProjectAdmin",
    "ProjectTypeAdmin",
    "StandardAdmin",
    "StandardValidatorAdmin",
    "registry_panel",
    "waiting_registry_work",
]
