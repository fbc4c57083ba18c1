"""The base classes of every staff page: services do the writing, refusals are shown, history is readable."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms import BaseInlineFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from carboncore.common.admin.history import HistorySource, history_page, log_page
from carboncore.common.admin.refusals import RefusableForm, Refusal, Refused, remember_refusal, with_refusal
from carboncore.common.errors import RegistryError

HISTORY_PAGE_SIZE = 50
_REFERRED_TO = "It cannot be deleted: other records refer to it. Change or remove those first."


class _RefusableInline:
    """An inline whose forms can show a service's refusal."""

    form = RefusableForm
    extra = 0
    hide_title = True
    show_change_link = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form = with_refusal(formset.form, request)
        return formset


class StaffTabularInline(_RefusableInline, TabularInline):
    """Rows of a related table."""


class StaffStackedInline(_RefusableInline, StackedInline):
    """Blocks of a related table."""


class StaffModelAdmin(ModelAdmin):
    """A staff page of one model. Subclasses say which services save and delete.

    `save_by_service` and the hooks for inline rows raise `RegistryError`; the page then shows why.
    """

    form = RefusableForm
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    list_filter_sheet = True
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    save_as = False
    show_facets = False
    # What an empty list says, and where to go on from it.
    empty_words = "Entries appear here as soon as there are some."

    # -- forms and refusals ---------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form class, with the refusal that this request already met."""
        form_class = super().get_form(request, obj, change=change, **kwargs)
        return with_refusal(form_class, request) if issubclass(form_class, RefusableForm) else form_class

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save one record; a refusal rolls everything back and is shown on the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            remember_refusal(request, refused.refusal)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask and delete; a refusal is shown as a message on the record's own page."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except RegistryError as error:
            messages.error(request, error.message)
        except models.ProtectedError:
            messages.error(request, _REFERRED_TO)
        return HttpResponseRedirect("../change/")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List; what an action was refused is a message, and nothing of that action stays."""
        try:
            with transaction.atomic():
                titled = {"title": str(self.opts.verbose_name_plural).capitalize(), **(extra_context or {})}
                return super().changelist_view(request, titled)
        except RegistryError as error:
            messages.error(request, error.message)
        except models.ProtectedError:
            messages.error(request, _REFERRED_TO)
        return HttpResponseRedirect(request.get_full_path())

    # -- writing ----------------------------------------------------------------------------------------------

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> models.Model:
        """Save through the service and return the saved record."""
        raise NotImplementedError

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete through the service."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Hand the form to the service; `obj` then is what the service saved."""
        saved = self._or_refuse(lambda: self.save_by_service(request, obj, form, change), form.prefix)
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one record through the service."""
        self.delete_by_service(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        """Delete the chosen records through the service, all or none."""
        with transaction.atomic():
            for obj in queryset:
                self.delete_by_service(request, obj)

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: BaseInlineFormSet, change: bool) -> None:
        """Save inline rows through `save_inline` and `delete_inline`, one at a time."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.deleted_forms if formset.can_delete else []:
            if row.instance.pk:
                self._or_refuse(partial(self.delete_inline, request, row.instance), row.prefix)
                formset.deleted_objects.append(row.instance)
        for row in formset.forms:
            if row in formset.deleted_forms or not row.has_changed():
                continue
            known = row.instance.pk is not None
            saved = self._or_refuse(partial(self.save_inline, request, form.instance, row), row.prefix)
            row.instance = saved
            if known:
                formset.changed_objects.append((saved, row.changed_data))
            else:
                formset.new_objects.append(saved)

    def save_inline(self, request: HttpRequest, parent: Any, form: ModelForm) -> models.Model:
        """Save one inline row through its service."""
        raise NotImplementedError

    def delete_inline(self, request: HttpRequest, instance: Any) -> None:
        """Delete one inline row through its service."""
        raise NotImplementedError

    def _or_refuse(self, action: Callable[[], Any], prefix: str | None) -> Any:
        try:
            return action()
        except RegistryError as error:
            raise Refused(Refusal(error, prefix)) from error

    # -- history ----------------------------------------------------------------------------------------------

    def history_sources(self, obj: Any) -> Sequence[HistorySource]:
        """Return what the history page tells: the record's own rows, and those that subclasses add."""
        tracked = hasattr(self.model, "history")
        return [HistorySource(self.model, {self.model._meta.pk.attname: obj.pk})] if tracked else []

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show who changed what from what to what, when, and through which entrance."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        sources, number = self.history_sources(obj), request.GET.get("page", "1")
        page = history_page(sources, number, HISTORY_PAGE_SIZE) if sources else log_page(obj, number, HISTORY_PAGE_SIZE)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {obj}",
            "opts": self.opts,
            "object": obj,
            "history": page,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)


class ReadOnlyAdmin(StaffModelAdmin):
    """A page that only shows: for countries, history and whatever the machinery writes."""

    actions: ClassVar[Any] = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes here."""
        return False
