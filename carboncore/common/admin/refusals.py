"""Showing what a service refused on the form it came from, instead of losing the page or the typing.

The admin calls services while it saves. When one refuses, everything is rolled back and the same page is
built once more from the same POST, with the refusal standing as an error of the field it is about.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from carboncore.common.errors import InvalidInput, RegistryError
from carboncore.common.fresh import ReauthenticationRequired

_ATTRIBUTE = "_carboncore_refusal"


@dataclass(frozen=True)
class Refusal:
    """A service's error and the prefix of the form that it answers (None: the page's main form)."""

    error: RegistryError
    prefix: str | None = None


class Refused(Exception):
    """Carries a refusal out of the admin's transaction, so that nothing of the request stays behind."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.error.message)
        self.refusal = refusal


def refusal_words(error: RegistryError) -> str:
    """Return what a page says of a refusal; where the person has to show who they are, with the way to do so."""
    if not isinstance(error, ReauthenticationRequired):
        return error.message
    return format_html(
        "You signed in a while ago, and this is grave. "
        '<a class="st-link" href="{}?next={}" target="_blank">Confirm that it is you</a> (in a new tab), then press the'
        " button here once more: what you typed stays.",
        reverse("staff-again"),
        reverse("staff-security"),
    )


def remember_refusal(request: HttpRequest, refusal: Refusal) -> None:
    """Keep a refusal for the second building of the page."""
    setattr(request, _ATTRIBUTE, refusal)


def refusal_of(request: HttpRequest) -> Refusal | None:
    """Return the refusal that this request already met, if any."""
    return getattr(request, _ATTRIBUTE, None)


class RefusableForm(forms.ModelForm):
    """A model form that a service's refusal can be pinned on; the admin sets `refusal` on the form's class."""

    refusal: Refusal | None = None
    # What services call a field where the form has it under another name, or on another part of the page.
    refusal_field_names: dict[str, str] = {}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.refusal is not None and self.refusal.prefix == self.prefix:
            self._show(self.refusal.error)

    def _show(self, error: RegistryError) -> None:
        if not isinstance(error, InvalidInput):
            self.add_error(None, refusal_words(error))
            return
        for name, reasons in error.errors.items():
            field = self.refusal_field_names.get(name, name)
            for reason in reasons:
                self._add_once(field, reason)

    def _add_once(self, field: str, reason: str) -> None:
        if field in self.fields:
            if reason not in self.errors.get(field, []):
                self.add_error(field, reason)
            return
        label = "" if field in ("non_field_errors", NON_FIELD_ERRORS) else f"{field.replace('_', ' ').capitalize()}: "
        self.add_error(None, f"{label}{reason}")


def with_refusal(form_class: Any, request: HttpRequest) -> Any:
    """Return the form class (made for this request alone) that knows what was refused before."""
    form_class.refusal = refusal_of(request)
    return form_class
