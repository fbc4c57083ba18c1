"""Deeds that ask first: a page of their own with what will happen, what is missing, and a place for words."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from carboncore.common.admin.refusals import refusal_words
from carboncore.common.errors import InvalidInput, RegistryError


def posted(request: HttpRequest) -> Any:
    """Return what was sent, None when nothing was: a form without fields is sent empty, and counts as sent."""
    return request.POST if request.method == "POST" else None


def confirm_page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    obj: Any,
    title: str,
    submit: str,
    form: forms.Form,
    run: Callable[[dict[str, Any]], str],
    back: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Ask, and on a valid POST do: `run` gets the form's data, calls a service and returns the message to show.

    A refusal is shown on this page with its HTTP status; the person goes to `back` when it is done.
    """
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, run(form.cleaned_data))
            return HttpResponseRedirect(back)
        except RegistryError as error:
            status = error.http_status
            _show(form, error)
    elif request.method == "POST":
        status = 400
    page = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "original": obj,
        "object": obj,
        "confirm_form": form,
        "submit_label": submit,
        "back": back,
        "media": model_admin.media + form.media,
        **(context or {}),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/confirm_action.html", page, status=status)


def _show(form: forms.Form, error: RegistryError) -> None:
    if not isinstance(error, InvalidInput):
        form.add_error(None, refusal_words(error))
        return
    for field, reasons in error.errors.items():
        for reason in reasons:
            form.add_error(field if field in form.fields else None, reason)
