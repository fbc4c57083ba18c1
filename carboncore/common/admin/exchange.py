"""Import and export on the staff pages: CSV, XLSX and JSON, previewed before anything changes, saved by services.

For up to `MAX_ROWS` rows, because everything is held in memory; registries' own exports, of any size, go through
`manage.py import_registry` or the upload of registry exports.
"""

import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import tablib
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export import resources
from import_export.admin import ExportActionMixin, ImportExportMixin
from import_export.resources import Diff
from import_export.results import Result
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from carboncore.common.admin.exchange_files import MAX_ROWS, Csv, FileRefused, Json, Xlsx, too_many_rows
from carboncore.common.errors import InvalidInput, RegistryError

PREVIEWED_ROWS = 200


class ChangedCells(Diff):
    """What a row would change, cell by cell, for the preview."""

    def as_html(self) -> list[tuple[str, str, str]]:
        """Return (column, old, new) of every cell that changes; the page escapes them."""
        return [
            (name, "" if self.new else _short(old), _short(new))
            for name, old, new in zip(self.names, self.left, self.right, strict=False)
            if name and (new not in ("", None) if self.new else old != new)
        ]

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        super().__init__(resource, instance, new)
        self.names = [
            "" if field.readonly or field.column_name in resource.untold_columns else field.column_name
            for field in resource.get_import_fields()
        ]


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def _changed_rows(result: Result) -> Iterator[dict[str, Any]]:
    for position, row in enumerate(result.rows):
        if row.import_type in (row.IMPORT_TYPE_NEW, row.IMPORT_TYPE_UPDATE):
            # The first row of the file holds the names of the columns.
            yield {"number": position + 2, "kind": row.import_type, "record": row.object_repr, "changes": row.diff}


class StaffResource(resources.ModelResource):
    """Rows of one model. Subclasses name the columns and save a row through its service."""

    required_columns: ClassVar[tuple[str, ...]] = ()
    max_rows: ClassVar[int] = MAX_ROWS
    # What a preview leaves out because the program gives it.
    untold_columns: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        clean_model_instances = False

    def get_diff_class(self) -> type[Diff]:
        """Return what tells old from new."""
        return ChangedCells

    def save_by_service(self, instance: Any, fields: dict[str, Any], *, is_new: bool) -> Any:
        """Create or change the record and return it; raises the family of `RegistryError`."""
        raise NotImplementedError

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Refuse a file without the columns that name a record, or with columns that mean nothing here.

        Raises:
            FileRefused: naming them and the columns there are; or there are more rows than one request can save.
        """
        if len(dataset) > self.max_rows:
            raise FileRefused(too_many_rows(len(dataset), self.max_rows))
        headers = [name for name in dataset.headers or [] if name]
        known = {field.column_name for field in self.get_fields()}
        if missing := [name for name in self.required_columns if name not in headers]:
            raise FileRefused(f"The column {' and '.join(missing)} is missing; it says which record a row is about.")
        if unknown := [name for name in headers if name not in known]:
            raise FileRefused(f"Unknown columns: {', '.join(unknown)}. The columns are: {', '.join(sorted(known))}.")
        super().before_import(dataset, **kwargs)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Leave a row alone that says what is here already, however the file wrote it (12500 or 12500.000)."""
        if import_validation_errors or original.pk is None:
            return False
        columns = [field for field in self.get_import_fields() if field.column_name in row]
        return all(field.export(original) == field.export(instance) for field in columns)

    def save_instance(self, instance: Any, is_create: bool, row: dict[str, Any], **kwargs: Any) -> None:
        """Hand the row's columns to the service; what it refuses becomes the row's errors.

        Raises:
            ValidationError: with every reason by column.
        """
        fields = {
            field.attribute: getattr(instance, field.attribute)
            for field in self.get_import_fields()
            if field.column_name in row and not field.readonly and field.attribute
        }
        try:
            saved = self.save_by_service(instance, fields, is_new=is_create)
        except InvalidInput as error:
            raise ValidationError({name: list(reasons) for name, reasons in error.errors.items()}) from None
        except RegistryError as error:
            raise ValidationError(error.message) from None
        instance.__dict__.update(saved.__dict__)

    def save_m2m(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Nothing remains: the service has saved everything."""


class ExchangeMixin(ImportExportMixin, ExportActionMixin):
    """Adds import and export to a staff page; `resource_classes` says which columns."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    formats = [Csv, Xlsx, Json]
    import_error_display = ("message",)
    show_change_form_export = False
    change_form_template = None
    import_template_name = "admin/exchange_import.html"

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Importing adds and changes: it takes both rights."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who may see may take along."""
        return bool(self.has_view_permission(request))

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Import all rows or none: what was valid at the preview may no longer be."""
        return {**super().get_import_data_kwargs(**kwargs), "rollback_on_validation_errors": True}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """Say in words what is wrong with the file."""
        form.add_error(
            "import_file", str(e) if isinstance(e, FileRefused) else "The file cannot be read in this format."
        )

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what was previewed; an upload that is gone is a message, not an error page."""
        try:
            return super().process_import(request, **kwargs)
        except FileRefused as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(self._address("import"))

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Tell what was imported, or that nothing was."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(
                request,
                "Nothing was imported: some rows can no longer be accepted. Upload the file again to see which.",
            )
            return HttpResponseRedirect(self._address("import"))
        return super().process_result(result, request)

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the limits that the page tells."""
        return {
            **super().get_import_context_data(**kwargs),
            "max_rows": self.resource_classes[0].max_rows,
            "previewed_rows": PREVIEWED_ROWS,
            "page_title": str(self.opts.verbose_name_plural),
        }

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Preview an upload: the rows that would change anything, the first few hundred of them."""
        response = super().import_action(request, **kwargs)
        context = getattr(response, "context_data", None)
        if context and (result := context.get("result")) is not None:
            context["preview"] = list(itertools.islice(_changed_rows(result), PREVIEWED_ROWS))
        return response

    def _do_file_export(self, file_format: Any, request: HttpRequest, queryset: Any, export_form: Any = None) -> Any:
        if queryset.count() > MAX_ROWS:
            messages.error(
                request,
                f"An export holds up to {MAX_ROWS:,} rows. Narrow the list with its filters first; the API gives all.",
            )
            return HttpResponseRedirect(self._address("changelist"))
        return super()._do_file_export(file_format, request, queryset, export_form=export_form)

    def _address(self, view: str) -> str:
        info = self.get_model_info()
        return reverse(f"admin:{info[0]}_{info[1]}_{view}")
