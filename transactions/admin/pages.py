"""What the ledger's staff pages share: they only show; what may be done is a deed with a page that asks first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carboncore.common.admin.base import ReadOnlyAdmin
from carboncore.common.admin.confirm import confirm_page
from transactions.services import answer_once

WORK = "accounts.work_transactions"


# Who a guest is, and where somebody called from: for those who work with transactions, and nobody else.
PERSONAL = frozenset({"guest_email", "ip_address", "user_agent"})


def without_personal(request: HttpRequest, fieldsets: Any) -> Any:
    """Return the fieldsets as this person may see them."""
    if request.user.has_perm(WORK):
        return fieldsets
    return [
        (title, {**options, "fields": tuple(name for name in options["fields"] if name not in PERSONAL)})
        for title, options in fieldsets
    ]


@dataclass(frozen=True)
class Cell:
    """One cell of a table: plain, a link, or a badge in a tone."""

    text: Any
    link: str = ""
    is_number: bool = False
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """Rows to read below a page; `more` is the address of all of them."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str
    more: str = ""
    more_text: str = "See all"
    note: str = ""

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Each header, and whether numbers stand under it."""
        first = self.rows[0] if self.rows else [Cell("")] * len(self.headers)
        return [(header, cell.is_number) for header, cell in zip(self.headers, first, strict=True)]


@dataclass(frozen=True)
class Head:
    """Where a record stands, in a badge, a few figures, and what is to be known before anything is done."""

    status: str = ""
    tone: str = ""
    words: str = ""
    figures: Sequence[tuple[str, str]] = ()
    notes: Sequence[tuple[str, str]] = ()  # (info, warning or danger; text)
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Deed:
    """Something a person with the permission may do to a record that `is_possible` for (record, person).

    It is asked for on the page that the admin's method `deed_<name>` returns.
    """

    name: str
    label: str
    question: str
    permission: str
    is_possible: Callable[[Any, Any], bool] = field(default=lambda _record, _actor: True)
    is_dangerous: bool = False


class LedgerAdmin(ReadOnlyAdmin):
    """A page that shows a record, what hangs on it, and the deeds that the person may do."""

    deeds: ClassVar[tuple[Deed, ...]] = ()
    change_form_outer_before_template = "admin/transactions/head.html"
    change_form_outer_after_template = "admin/transactions/tables.html"

    @property
    def media(self) -> Media:
        """Add the style of these pages, and copying."""
        own = Media(css={"all": ["transactions/admin/ledger.css"]}, js=["transactions/admin/ledger.js"])
        return super().media + own

    def page_head(self, request: HttpRequest, obj: Any) -> Head:
        """Return what stands above the fields."""
        return Head()

    def page_tables(self, request: HttpRequest, obj: Any) -> list[Table]:
        """Return what stands below the fields."""
        return []

    def page_extra(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the page's own templates need."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        """Add one address for the deeds."""
        if not self.deeds:
            return super().get_urls()
        wrap = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        return [path("<int:pk>/do/<slug:name>/", wrap(self.deed_view), name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the record with its head, its buttons and its tables."""
        obj = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if obj is not None and self.has_view_permission(request, obj):
            more = {
                "ledger_head": self.page_head(request, obj),
                "ledger_buttons": self._buttons(request, obj),
                "ledger_tables": self.page_tables(request, obj),
                "title": str(self.opts.verbose_name).capitalize(),
                "subtitle": str(obj),
                **self.page_extra(request, obj),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def deed_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the page that asks for a deed, or do it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        deed = next((deed for deed in self.deeds if deed.name == name), None)
        obj = self.get_object(request, str(pk))
        if deed is None or obj is None:
            raise Http404
        if not request.user.has_perm(deed.permission):
            raise PermissionDenied
        if request.method != "POST" and not deed.is_possible(obj, request.user):
            messages.warning(request, f"“{deed.label}” is not possible as things stand; see what is.")
            return HttpResponseRedirect(page_of(obj))
        page: Callable[[HttpRequest, Any, Deed], HttpResponse] = getattr(self, f"deed_{name.replace('-', '_')}")
        return page(request, obj, deed)

    def ask(
        self,
        request: HttpRequest,
        obj: Any,
        deed: Deed,
        *,
        form: forms.Form,
        run: Callable[[dict[str, Any]], str],
        explanation: str = "",
        facts: Sequence[tuple[str, Any]] = (),
    ) -> HttpResponse:
        """Return the page that asks for a deed; `run` does it and returns what to tell the person."""
        return confirm_page(
            self,
            request,
            obj=obj,
            title=deed.question,
            submit=deed.label,
            form=form,
            run=run,
            back=page_of(obj),
            context={
                "explanation": explanation,
                "facts": list(facts),
                "submit_variant": "danger" if deed.is_dangerous else "primary",
                "subtitle": str(obj),
            },
        )

    def do_once(self, request: HttpRequest, *, what: str, data: Mapping[str, Any], action: Callable[[], str]) -> str:
        """Do what a form with its own key asks for once, however often it is sent; returns the first message."""
        asked = {name: str(value) for name, value in data.items()}
        _, body = answer_once(
            scope=f"staff:{request.user.pk}:{what}"[:100],
            key=asked["request_key"],
            request=asked,
            action=lambda: (200, {"message": action()}),
        )
        return str(body["message"])

    def _buttons(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_deed"
        return [
            {"label": deed.label, "link": reverse(name, args=[obj.pk, deed.name]), "is_dangerous": deed.is_dangerous}
            for deed in self.deeds
            if request.user.has_perm(deed.permission) and deed.is_possible(obj, request.user)
        ]


def page_of(obj: Any) -> str:
    """Return the address of a record's staff page."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def linked(obj: Any, text: str = "") -> SafeString | None:
    """Return a link to a record's staff page; None for no record."""
    return format_html('<a class="st-link" href="{}">{}</a>', page_of(obj), text or str(obj)) if obj else None


def page_at(model: str, pk: Any) -> str:
    """Return the address of the staff page of a record known by its key; none for no key."""
    return reverse(f"admin:{model}_change", args=[pk]) if pk is not None else ""


def list_of(model: str, **query: Any) -> str:
    """Return the address of a list, narrowed."""
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def short_hash(value: bytes | memoryview) -> SafeString:
    """Return a hash's beginning with a button that copies all of it."""
    text = bytes(value).hex()
    return format_html(
        '<code class="lg-code" title="{0}">{1}…</code>'
        ' <button type="button" class="lg-copy" data-copy="{0}">Copy</button>',
        text,
        text[:12],
    )


def number(text: Any, link: str = "") -> Cell:
    """Return a cell set to the right."""
    return Cell(text, link=link, is_number=True)


def moment(value: Any) -> str:
    """Return a time for reading; none for no time."""
    return f"{value:%d %b %Y %H:%M} UTC" if value else ""
