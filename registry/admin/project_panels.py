"""Sections that other apps hang into a project's page; the registry knows none of them."""

from collections.abc import Callable

from django.http import HttpRequest

from carboncore.common.admin.dashboard import Panel
from registry.models import Project

ProjectPanelProvider = Callable[[HttpRequest, Project], Panel | None]

_providers: list[ProjectPanelProvider] = []


def register_project_panel(provider: ProjectPanelProvider) -> ProjectPanelProvider:
    """Add a provider of a section; it returns None where the person may not see it."""
    _providers.append(provider)
    return provider


def project_panels(request: HttpRequest, project: Project) -> list[Panel]:
    """Return the sections for this person, in the order in which they were registered."""
    return [panel for provider in _providers if (panel := provider(request, project)) is not None]
