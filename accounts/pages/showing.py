"""One way to show a form, do what it asks, and show what was refused."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.pages.forms import AccountForm
from carboncore.common.errors import RegistryError, TryLater


def form_page(
    request: HttpRequest,
    template: str,
    form: AccountForm,
    run: Callable[[dict[str, Any]], HttpResponse],
    **context: Any,
) -> HttpResponse:
    """Show the form; when it was sent, run it and answer with what that returns, or with the form and the refusal."""
    status, retry_after = 200, 0
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return private(run(form.cleaned_data))
            except RegistryError as error:
                form.refuse(error)
                status = error.http_status
                retry_after = error.retry_after if isinstance(error, TryLater) else 0
    response = render(request, f"accounts/pages/{template}.html", {"form": form, **context}, status=status)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return private(response)


def notice_page(request: HttpRequest, *, title: str, words: str, way: tuple[str, str] | None = None) -> HttpResponse:
    """Show what was done and where to go on: `way` is a button's label and address."""
    return private(render(request, "accounts/pages/notice.html", {"title": title, "words": words, "way": way}))


def private(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of every cache, and its address, which may hold a token, from every other site."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response
