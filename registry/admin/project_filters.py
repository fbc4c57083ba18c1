"""What the list of projects can be narrowed by, beyond its plain columns."""

from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest

from registry.choices import OverlapState
from registry.models import BoundaryOverlap, Project, Standard
from registry.selectors.dashboard import projects_expiring_soon
from registry.selectors.second_person import registrable_by

AREA_TOLERANCE = 0.10

OPEN_OVERLAP = Exists(
    BoundaryOverlap.objects.filter(
        Q(first=OuterRef("pk")) | Q(second=OuterRef("pk")),
        state=OverlapState.OPEN,
    )
)


def area_deviates() -> Q:
    """Return the condition that the declared area is more than a tenth off the computed one."""
    return Q(area_ha__isnull=False, total_area__isnull=False) & (
        Q(total_area__gt=F("area_ha") * (1 + AREA_TOLERANCE)) | Q(total_area__lt=F("area_ha") * (1 - AREA_TOLERANCE))
    )


class _YesNoFilter(SimpleListFilter):
    """A question with two answers."""

    condition: ClassVar[Any]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two answers."""
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        """Narrow to the answer."""
        if self.value() == "yes":
            return queryset.filter(self.condition)
        if self.value() == "no":
            return queryset.exclude(self.condition)
        return queryset


class HasBoundaryFilter(_YesNoFilter):
    """Whether the boundary is drawn."""

    title = "has a boundary"
    parameter_name = "boundary"
    condition = Q(coordinates__isnull=False)


class OpenOverlapFilter(_YesNoFilter):
    """Whether land is shared with another project and nobody has settled it."""

    title = "open overlaps"
    parameter_name = "overlaps"
    condition = OPEN_OVERLAP


class AreaDeviationFilter(_YesNoFilter):
    """Whether the declared area is more than a tenth off the computed one."""

    title = "declared area off by more than 10 %"
    parameter_name = "area_off"
    condition = area_deviates()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        """Narrow; `exclude` would also drop projects that lack one of the two areas."""
        if self.value() == "no":
            deviating = Project.objects.filter(self.condition).values("pk")
            return queryset.exclude(pk__in=deviating)
        return super().queryset(request, queryset)


class StandardFilter(SimpleListFilter):
    """The standard under which a project is certified."""

    title = "standard"
    parameter_name = "standard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all standards."""
        return [(str(pk), code) for pk, code in Standard.objects.values_list("pk", "code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        """Narrow by a subquery: a join would list a project once a certification."""
        value = self.value()
        if value and value.isdigit() and len(value) < 18:
            return queryset.filter(pk__in=Project.objects.filter(certifications__standard=int(value)).values("pk"))
        return queryset


class WaitingForMeFilter(SimpleListFilter):
    """What the person may do next."""

    title = "waiting for me"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what a plain status does not tell."""
        return [("register", "To register, not my own work"), ("expiring", "A certificate ends within two months")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        """Narrow to projects that this person may register as the second person, or whose papers run out."""
        if self.value() == "register" and request.user.pk is not None:
            return queryset.filter(registrable_by(request.user.pk))
        if self.value() == "expiring":
            return queryset.filter(pk__in=projects_expiring_soon())
        return queryset
