"""The columns of the registry's imports and exports; each row is saved by the service that the forms use too."""

import uuid
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Model
from import_export import fields, widgets

from carboncore.common.admin.exchange import StaffResource
from carboncore.common.countries import country_code_of
from registry.errors import BoundaryInvalid
from registry.geometry import parse_boundary
from registry.models import Country, Methodology, Project, ProjectType, Standard, StandardValidator
from registry.services import (
    methodology_save,
    project_create,
    project_type_save,
    project_update,
    standard_save,
    validator_save,
)


class ListWidget(widgets.Widget):
    """Several short texts in one cell, separated by semicolons."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        """Return the values."""
        parts = value if isinstance(value, list) else str(value or "").split(";")
        return [text for part in parts if (text := " ".join(str(part).split()))]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the cell."""
        return "; ".join(map(str, value or []))


class NumbersWidget(ListWidget):
    """Several whole numbers in one cell, separated by semicolons."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Any]:
        """Return the numbers; raises ValueError for anything else."""
        texts = super().clean(value, row, **kwargs)
        if not all(text.isdigit() and len(text) < 6 for text in texts):
            raise ValueError("Give whole numbers, separated by semicolons.")
        return [int(text) for text in texts]


class CodeWidget(widgets.Widget):
    """A record named by its code; the codes are read once for the whole file."""

    def __init__(self, model: type[Model]) -> None:
        super().__init__()
        self.model = model

    @cached_property
    def by_code(self) -> dict[str, Any]:
        """Every record by its code in upper case."""
        manager: Any = self.model._default_manager
        return {record.code.upper(): record for record in manager.all()}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the record, None for an empty cell; raises ValueError for an unknown code."""
        code = str(value or "").strip()
        if not code:
            return None
        record = self.by_code.get(code.upper())
        if record is None:
            raise ValueError(f"“{code[:40]}” is not among the {self.model._meta.verbose_name_plural}. Add it first.")
        return record

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the code."""
        return value.code if value else ""


class CountryWidget(CodeWidget):
    """A country by name or code, in the spellings that registries use."""

    def __init__(self) -> None:
        super().__init__(Country)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the country, None for an empty cell; raises ValueError for an unknown one."""
        text = str(value or "").strip()
        code = country_code_of(text)
        if text and code is None:
            raise ValueError(f"“{text[:60]}” is not a country. Use its English name or its ISO 3166 code.")
        return super().clean(code, row, **kwargs)


class BoundaryWidget(widgets.JSONWidget):
    """A boundary as GeoJSON text."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the geometry as it is kept, None for an empty cell; raises ValueError with the fault."""
        if value in (None, ""):
            return None
        try:
            return parse_boundary(value).geometry
        except BoundaryInvalid as error:
            raise ValueError(error.reason) from None


def _code_field(model: type[Model], name: str) -> fields.Field:
    return fields.Field(column_name=name, attribute=name, widget=CodeWidget(model))


def _list_field(name: str) -> fields.Field:
    return fields.Field(column_name=name, attribute=name, widget=ListWidget())


class ProjectResource(StaffResource):
    """Projects. A row is about the project of its `public_id`, else of its origin id, else about a new one."""

    # Each project is checked against every rule of its table: some 30 ms a row, twice, while the person waits.
    max_rows: ClassVar[int] = 1_000
    untold_columns: ClassVar[tuple[str, ...]] = ("public_id",)

    project_type = _code_field(ProjectType, "project_type")
    country = fields.Field(column_name="country", attribute="country", widget=CountryWidget())
    methodology = _code_field(Methodology, "methodology")
    tree_types = _list_field("tree_types")
    further_methodologies = _list_field("further_methodologies")
    labels = _list_field("labels")
    sdg_goals = fields.Field(column_name="sdg_goals", attribute="sdg_goals", widget=NumbersWidget())
    coordinates = fields.Field(column_name="coordinates", attribute="coordinates", widget=BoundaryWidget())
    standards = fields.Field(column_name="standards", readonly=True)
    status = fields.Field(column_name="status", attribute="status", readonly=True)
    published = fields.Field(column_name="published", attribute="published", readonly=True)
    area_ha = fields.Field(column_name="area_ha", attribute="area_ha", readonly=True)

    class Meta(StaffResource.Meta):
        model = Project
        import_id_fields = ("public_id",)
        fields = (
            "public_id", "project_name", "project_initiator", "project_manager_account", "project_type", "description",
            "website", "country", "region", "coordinates", "total_area", "area_ha", "land_type", "tree_types",
            "vintage_year", "methodology", "further_methodologies", "crediting_period_start", "crediting_period_end",
            "estimated_annual_reductions", "co2_absorption", "total_emission", "minimum_purchase_volume", "sdg_goals",
            "labels", "validation_date", "validation_protocol_url", "origin_registry", "origin_id", "origin_url",
            "notes", "standards", "status", "published",
        )  # fmt: skip

    def _check_import_id_fields(self, headers: Any) -> None:
        """No column is needed to name a project: a row without an id is a new one."""

    def get_instance(self, instance_loader: Any, row: dict[str, Any]) -> Project | None:
        """Return the project that the row is about; raises ValueError where its `public_id` is unknown."""
        public_id = str(row.get("public_id") or "").strip()
        projects = Project.objects.select_related("project_type", "country", "methodology")
        if public_id:
            found = projects.filter(public_id=public_id).first() if _is_uuid(public_id) else None
            if found is None:
                raise ValueError(
                    f"There is no project with the public id {public_id[:40]}. Leave it empty for a new one."
                )
            return found
        registry, origin = str(row.get("origin_registry") or "").strip(), str(row.get("origin_id") or "").strip()
        return projects.filter(origin_registry=registry, origin_id=origin).first() if registry and origin else None

    def import_field(self, field: Any, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        """Leave the public id alone: it names the project and is never given by a file."""
        if field.column_name != "public_id":
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def save_by_service(self, instance: Any, fields: dict[str, Any], *, is_new: bool) -> Project:
        """Create or change the project."""
        fields.pop("public_id", None)
        fields = {name: value for name, value in fields.items() if value is not None or name in _NULLABLE}
        if is_new:
            return project_create(actor=None, fields=fields)
        return project_update(actor=None, pk=instance.pk, fields=fields)

    def dehydrate_standards(self, project: Project) -> str:
        """Return the codes of the project's standards."""
        return "; ".join(row.standard.code for row in project.certifications.all()) if project.pk else ""


_NULLABLE = {
    "coordinates", "total_area", "vintage_year", "methodology", "crediting_period_start", "crediting_period_end",
    "estimated_annual_reductions", "co2_absorption", "total_emission", "validation_date",
}  # fmt: skip


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class ProjectTypeResource(StaffResource):
    """Project types, by their code."""

    required_columns: ClassVar[tuple[str, ...]] = ("code",)

    class Meta(StaffResource.Meta):
        model = ProjectType
        import_id_fields = ("code",)
        fields = ("code", "name", "category", "land_based")

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Look the code up as the service keeps it: in upper case."""
        row["code"] = str(row.get("code") or "").strip().upper()

    def save_by_service(self, instance: Any, fields: dict[str, Any], *, is_new: bool) -> ProjectType:
        """Create or change the type."""
        return project_type_save(pk=None if is_new else instance.pk, fields=fields)


class StandardResource(StaffResource):
    """Standards, by their code."""

    required_columns: ClassVar[tuple[str, ...]] = ("code",)

    class Meta(StaffResource.Meta):
        model = Standard
        import_id_fields = ("code",)
        fields = ("code", "name", "version", "url")

    def save_by_service(self, instance: Any, fields: dict[str, Any], *, is_new: bool) -> Standard:
        """Create or change the standard."""
        return standard_save(pk=None if is_new else instance.pk, fields=fields)


class ValidatorResource(StaffResource):
    """Verification bodies, by their name."""

    required_columns: ClassVar[tuple[str, ...]] = ("name",)
    country = fields.Field(column_name="country", attribute="country", widget=CountryWidget())

    class Meta(StaffResource.Meta):
        model = StandardValidator
        import_id_fields = ("name",)
        fields = ("name", "country", "accreditation_body", "accreditation_number", "website", "is_active")

    def save_by_service(self, instance: Any, fields: dict[str, Any], *, is_new: bool) -> StandardValidator:
        """Create or change the body."""
        return validator_save(pk=None if is_new else instance.pk, fields=fields)


class MethodologyResource(StaffResource):
    """Methodologies, by their code."""

    required_columns: ClassVar[tuple[str, ...]] = ("code",)
    standard = _code_field(Standard, "standard")

    class Meta(StaffResource.Meta):
        model = Methodology
        import_id_fields = ("code",)
        fields = ("code", "name", "version", "standard", "url")

    def save_by_service(self, instance: Any, fields: dict[str, Any], *, is_new: bool) -> Methodology:
        """Create or change the methodology."""
        return methodology_save(pk=None if is_new else instance.pk, fields=fields)
