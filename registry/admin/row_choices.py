"""Choices that many rows of one page share: read once a page, not once a row."""

from typing import Any, ClassVar

from django.http import HttpRequest

from carboncore.common.admin.refusals import RefusableForm


class RowChoicesForm(RefusableForm):
    """A row whose selects show the choices that the inline has read for all rows."""

    shared_choices: ClassVar[dict[str, list[tuple[Any, str]]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in self.shared_choices.items():
            if name in self.fields:
                self.fields[name].widget.choices = choices


class RowChoicesInline:
    """An inline that reads the choices of the foreign keys in `row_choices` once for all its rows."""

    row_choices: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch with each row what it refers to, for people who may only read."""
        return super().get_queryset(request).select_related(*self.row_choices)  # type: ignore[misc]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset class, its form knowing the choices."""
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        fields = formset.form.base_fields
        for name in self.row_choices:
            if wrapper := fields.get(name):
                wrapper.widget.can_add_related = wrapper.widget.can_change_related = False
                wrapper.widget.can_delete_related = wrapper.widget.can_view_related = False
        formset.form.shared_choices = {
            name: [("", "–"), *((item.pk, str(item)) for item in fields[name].queryset)]
            for name in self.row_choices
            if name in fields
        }
        return formset
