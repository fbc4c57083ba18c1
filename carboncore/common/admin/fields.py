"""Form fields for lists: one value a line for texts, a grid of boxes for the development goals."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget


class LinesField(forms.Field):
    """A list of short texts, typed one a line or separated by commas or semicolons."""

    def __init__(self, *, max_items: int, max_length: int, separators: str = ";", **kwargs: Any) -> None:
        self.max_items, self.max_length, self.separators = max_items, max_length, separators
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 3}))
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a list one value a line; what was typed comes back as it was."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        """Return the distinct values in their order."""
        text = str(value or "")
        for separator in self.separators:
            text = text.replace(separator, "\n")
        return list(dict.fromkeys(part for line in text.splitlines() if (part := " ".join(line.split()))))

    def validate(self, value: list[str]) -> None:
        """Refuse too many or too long values, and what cannot be stored."""
        super().validate(value)
        if len(value) > self.max_items:
            raise forms.ValidationError(f"Give at most {self.max_items} values; these are {len(value)}.")
        for item in value:
            if len(item) > self.max_length or "\x00" in item:
                raise forms.ValidationError(f"“{item[:40]}…” is longer than {self.max_length} characters.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists, not how they were typed."""
        return list(initial or []) != self.to_python(data)


class NumberedChoicesField(forms.TypedMultipleChoiceField):
    """Numbers ticked from a fixed list."""

    def __init__(self, *, choices: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget)
        kwargs.setdefault("required", False)
        super().__init__(choices=choices, coerce=int, empty_value=[], **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the sets of numbers, whatever their order."""
        return {str(value) for value in initial or []} != {str(value) for value in data or []}
