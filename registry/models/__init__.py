"""The models of the registry app."""

from registry.models.country import Country
from registry.models.credits import ProjectCredits
from registry.models.document import Document
from registry.models.monitoring import MonitoringPeriod
from registry.models.overlap import BoundaryOverlap
from registry.models.project import Project
from registry.models.project_type import ProjectType
from registry.models.search_word import SearchWord
from registry.models.standard import Methodology, ProjectStandard, Standard
from registry.models.status_change import ProjectStatusChange
from registry.models.validator import StandardValidator, ValidatorAccreditation

__all__ = [
    "BoundaryOverlap",
    "Country",
    "Document",
    "Methodology",
    "MonitoringPeriod",
    "Project",
    "ProjectCredits",
    "ProjectStandard",
    "ProjectStatusChange",
    "ProjectType",
    "SearchWord",
    "Standard",
    "StandardValidator",
    "ValidatorAccreditation",
]
