"""Form fields of the ledger's pages: quantities in tonnes, a request's own key, choices that are looked up."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from carboncore.common.admin.fields import LinesField
from carboncore.common.quantities import QuantityInvalid, kg_from_tonnes, tonnes_from_kg

MOST_SERIALS = 200
LONGEST_KEY = 19


def tonnes(kilograms: int | None) -> str:
    """Return kilograms as tonnes for reading: 1500000 → "1,500", 1500250 → "1,500.250"."""
    return "" if kilograms is None else f"{tonnes_from_kg(kilograms):,.3f}".removesuffix(".000")


class TonnesField(forms.CharField):
    """A quantity typed in tonnes, handed on as whole kilograms."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        kwargs.setdefault("label", "Quantity (t CO₂e)")
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return kilograms, None when nothing was typed.

        Raises:
            ValidationError: it is no positive number of tonnes with at most three places.
        """
        text = super().clean(value)
        if not text:
            return None
        try:
            return kg_from_tonnes(text)
        except QuantityInvalid as error:
            raise forms.ValidationError(str(error)) from None


class OnceForm(forms.Form):
    """A form that carries a key of its own: sent twice, it is carried out once."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["request_key"].initial = uuid.uuid4


def reason_field(
    help_text: str, *, required: bool = True, label: str = "Reason", length: int = 1000
) -> forms.CharField:
    """Return a place for words."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=length,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=help_text,
    )


def text_field(label: str, *, length: int = 255, required: bool = True, help_text: str = "") -> forms.CharField:
    """Return one line of text."""
    return forms.CharField(
        label=label, max_length=length, required=required, help_text=help_text, widget=UnfoldAdminTextInputWidget()
    )


def date_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """Return a day."""
    return forms.DateField(label=label, required=required, help_text=help_text, widget=UnfoldAdminSingleDateWidget())


def year_field(label: str = "Vintage", *, required: bool = False, help_text: str = "") -> forms.IntegerField:
    """Return a year."""
    return forms.IntegerField(
        label=label, required=required, help_text=help_text, widget=UnfoldAdminIntegerFieldWidget()
    )


def price_field(label: str, help_text: str = "") -> forms.DecimalField:
    """Return a price of one credit."""
    return forms.DecimalField(
        label=label,
        max_digits=15,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "0.0001"}),
    )


def choice_field(label: str, choices: Any, *, help_text: str = "") -> forms.ChoiceField:
    """Return one of a short list."""
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, widget=UnfoldAdminSelectWidget())


def record_field(label: str, queryset: Any, *, required: bool = True, help_text: str = "") -> forms.ModelChoiceField:
    """Return one record of a short list."""
    return forms.ModelChoiceField(
        queryset=queryset, label=label, required=required, help_text=help_text, widget=UnfoldAdminSelectWidget()
    )


class _LookUp(AutocompleteSelect):
    """Django's look-up by typing, which shows the page again when something was sent that is no key."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        """Leave out what is no key; the field's own check has refused it."""
        known = [given for given in value if str(given).isdecimal() and len(str(given)) < LONGEST_KEY]
        return super().optgroups(name, known, attr)


def looked_up_field(
    label: str, source: type[models.Model], name: str, *, required: bool = True, help_text: str = ""
) -> forms.ModelChoiceField:
    """Return one record of a long list, looked up by typing: what the foreign key `name` of `source` may name."""
    field: Any = source._meta.get_field(name)
    return forms.ModelChoiceField(
        queryset=field.related_model._default_manager.all(),
        label=label,
        required=required,
        help_text=help_text,
        widget=_LookUp(field, admin.site),
    )


def serials_field() -> LinesField:
    """Return a list of serial numbers, one a line."""
    return LinesField(
        max_items=MOST_SERIALS,
        max_length=80,
        separators=";,",
        label="Serial numbers",
        help_text="Empty: the lowest serials of that quantity. Otherwise one a line, and they must add up to it.",
    )
