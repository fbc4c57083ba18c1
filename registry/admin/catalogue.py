"""Project types, standards, verification bodies, methodologies and countries in the staff admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Min, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from carboncore.common.admin.base import ReadOnlyAdmin, StaffModelAdmin, StaffTabularInline
from carboncore.common.admin.exchange import ExchangeMixin
from carboncore.common.admin.history import HistorySource
from registry.admin.resources import (
    MethodologyResource,
    ProjectTypeResource,
    StandardResource,
    ValidatorResource,
)
from registry.admin.row_choices import RowChoicesForm, RowChoicesInline
from registry.models import (
    Country,
    Methodology,
    ProjectType,
    Standard,
    StandardValidator,
    ValidatorAccreditation,
)
from registry.selectors.dashboard import bodies_expiring_soon
from registry.services import (
    accreditation_delete,
    accreditation_save,
    methodology_delete,
    methodology_save,
    project_type_delete,
    project_type_save,
    standard_delete,
    standard_save,
    validator_delete,
    validator_save,
)


def _changed(form: ModelForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in form.changed_data}


class CatalogueAdmin(ExchangeMixin, StaffModelAdmin):
    """A page of the catalogue: what projects refer to. Nothing in use can be deleted, and the service says so."""

    readonly_fields = ("created_at", "updated_at")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list]:
        """Leave it to the service whether it can be deleted: it counts what refers to each record."""
        return [str(obj) for obj in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []


@admin.register(Country)
class CountryAdmin(ReadOnlyAdmin):
    """Countries can be looked up; a migration filled them."""

    search_fields = ("name", "code", "alpha3")
    list_display = ("name", "code", "alpha3")
    ordering = ("name",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Keep it out of the menus: it is there for the look-ups of other pages."""
        return False


@admin.register(ProjectType)
class ProjectTypeAdmin(CatalogueAdmin):
    """The page of a project type."""

    resource_classes = (ProjectTypeResource,)
    list_display = ("code", "name", "category", "land_based", "project_count", "updated_at")
    list_filter = ("land_based", "category")
    search_fields = ("code", "name", "category")
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": ("code", "name", "category", "land_based")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProjectType]:
        """Count the projects of all listed types at once."""
        return super().get_queryset(request).annotate(used=Count("projects"))

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> ProjectType:
        """Create or change the type."""
        return project_type_save(pk=obj.pk if change else None, fields=_changed(form))

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete the type."""
        project_type_delete(pk=obj.pk)

    @display(description="projects", ordering="used")
    def project_count(self, obj: Any) -> int:
        """Return how many projects are of this type."""
        return obj.used


@admin.register(Standard)
class StandardAdmin(CatalogueAdmin):
    """The page of a standard."""

    resource_classes = (StandardResource,)
    list_display = ("code", "name", "version", "project_count", "url")
    search_fields = ("code", "name")
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": ("code", "name", "version", "url")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Standard]:
        """Count the certifications of all listed standards at once."""
        return super().get_queryset(request).annotate(used=Count("certifications"))

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> Standard:
        """Create or change the standard."""
        return standard_save(pk=obj.pk if change else None, fields=_changed(form))

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete the standard."""
        standard_delete(pk=obj.pk)

    @display(description="certified projects", ordering="used")
    def project_count(self, obj: Any) -> int:
        """Return how many projects are certified under it."""
        return obj.used


class AccreditationForm(RowChoicesForm):
    """One standard a body is accredited for."""

    class Meta:
        model = ValidatorAccreditation
        fields = ("standard", "scope", "valid_from", "valid_to")


class AccreditationInline(RowChoicesInline, StaffTabularInline):
    """The standards a body is accredited for, from when to when."""

    model = ValidatorAccreditation
    form = AccreditationForm
    fields = ("standard", "scope", "valid_from", "valid_to")
    row_choices: ClassVar[tuple[str, ...]] = ("standard",)


class ExpiringFilter(SimpleListFilter):
    """Which bodies lose an accreditation soon."""

    title = "accreditation"
    parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one choice."""
        return [("soon", "Ends within two months")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StandardValidator]) -> QuerySet[StandardValidator]:
        """Narrow to them."""
        return queryset.filter(pk__in=bodies_expiring_soon()) if self.value() == "soon" else queryset


@admin.register(StandardValidator)
class StandardValidatorAdmin(CatalogueAdmin):
    """The page of a verification body."""

    resource_classes = (ValidatorResource,)
    list_display = ("name", "country", "accreditation_body", "standards", "next_expiry", "is_active")
    list_select_related = ("country",)
    list_filter = ("is_active", "accreditations__standard", ExpiringFilter)
    search_fields = ("name", "accreditation_body", "accreditation_number")
    ordering = ("name",)
    autocomplete_fields = ("country",)
    inlines = (AccreditationInline,)
    fieldsets = (
        (None, {"fields": ("name", "country", "website", "is_active")}),
        ("Accreditation", {"fields": ("accreditation_body", "accreditation_number")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandardValidator]:
        """Bring the standards and the next expiry of all listed bodies at once."""
        today = timezone.now().date()
        return (
            super()
            .get_queryset(request)
            .prefetch_related("accreditations__standard")
            .annotate(expires=Min("accreditations__valid_to", filter=Q(accreditations__valid_to__gte=today)))
        )

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> StandardValidator:
        """Create or change the body."""
        return validator_save(pk=obj.pk if change else None, fields=_changed(form))

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete the body."""
        validator_delete(pk=obj.pk)

    def save_inline(self, request: HttpRequest, parent: Any, form: ModelForm) -> ValidatorAccreditation:
        """Save one accreditation."""
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in AccreditationInline.fields}
        return accreditation_save(validator=parent, pk=form.instance.pk, fields=fields)

    def delete_inline(self, request: HttpRequest, instance: Any) -> None:
        """Delete one accreditation."""
        accreditation_delete(validator=instance.validator, pk=instance.pk)

    def history_sources(self, obj: Any) -> list[HistorySource]:
        """Tell the body's accreditations too."""
        return [
            HistorySource(StandardValidator, {"id": obj.pk}),
            HistorySource(ValidatorAccreditation, {"validator_id": obj.pk}, "accreditation"),
        ]

    @display(description="accredited for")
    def standards(self, obj: StandardValidator) -> str:
        """Return the codes of the standards."""
        return ", ".join(sorted({row.standard.code for row in obj.accreditations.all()})) or "–"

    @display(description="next expiry", ordering="expires")
    def next_expiry(self, obj: Any) -> Any:
        """Return the day on which the first accreditation ends."""
        return obj.expires


@admin.register(Methodology)
class MethodologyAdmin(CatalogueAdmin):
    """The page of a methodology."""

    resource_classes = (MethodologyResource,)
    list_display = ("code", "name", "standard", "version", "project_count")
    list_select_related = ("standard",)
    list_filter = ("standard",)
    search_fields = ("code", "name")
    ordering = ("code",)
    autocomplete_fields = ("standard",)
    fieldsets = (
        (None, {"fields": ("code", "name", "standard", "version", "url")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Methodology]:
        """Count the projects of all listed methodologies at once."""
        return super().get_queryset(request).annotate(used=Count("projects"))

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> Methodology:
        """Create or change the methodology."""
        return methodology_save(pk=obj.pk if change else None, fields=_changed(form))

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete the methodology."""
        methodology_delete(pk=obj.pk)

    @display(description="projects", ordering="used")
    def project_count(self, obj: Any) -> int:
        """Return how many projects follow it."""
        return obj.used
