"""A data source's files: bring one, see what was understood, correct and confirm it, follow it, fetch its rejects."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import SignInSession, User
from accounts.pages.forms import AccountForm
from accounts.pages.showing import private
from accounts.pages.signing_in import signed_in_page
from carboncore.common.errors import NotFound, RegistryError
from integrations.api.uploads import rejected_rows
from integrations.choices import DateFormat, ReadingInterval, ReadingType, UploadStatus
from integrations.models import Connection, Upload
from integrations.pages.source import source_page
from integrations.pages.source_connecting import refused
from integrations.pages.source_forms import FileForm
from integrations.pages.sources import no_such_source, sources_page
from integrations.selectors.connections import connection_visible_to
from integrations.selectors.uploads import source_changeable_by, upload_of
from integrations.services.uploads import upload_confirm, upload_create, upload_understood

_COLUMN = "mapping."
_ROLES = {
    "starts_at": "Column with the time, or date",
    "time": "Column with the time of day, if apart",
    "ends_at": "Column with the end",
    "quantity": "Column with the quantity",
    "unit": "Column with the unit",
    "series": "Column with the meter",
}


class LayoutForm(AccountForm):
    """How a file is to be understood; begins as it was proposed."""

    reading_type = forms.ChoiceField(label="It measures", choices=ReadingType.choices)
    unit = forms.CharField(required=False, help_text="Of rows that name none, such as kWh.")
    date_format = forms.ChoiceField(label="Dates are written", choices=DateFormat.choices)
    timezone = forms.CharField(label="Time zone", required=False, help_text="Such as Europe/London or UTC.")
    interval = forms.ChoiceField(label="A row without an end lasts", choices=ReadingInterval.choices)
    stamps = forms.ChoiceField(label="Its time is the", choices=[("start", "start"), ("end", "end")])
    decimal_mark = forms.ChoiceField(label="Decimal mark", choices=[(".", "point: 1.5"), (",", "comma: 1,5")])
    series = forms.CharField(label="Series", required=False, help_text="A meter's name, where no column tells it.")

    def __init__(self, *args: Any, upload: Upload, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proposal = upload.mapping or upload.preview["proposal"]
        columns = [("", "–"), *((name, name) for name in dict.fromkeys(upload.preview["header"]) if name)]
        for role, label in _ROLES.items():
            field = forms.ChoiceField(label=label, choices=columns, required=False)
            field.initial = proposal["columns"].get(role, "")
            self.fields[f"{_COLUMN}{role}"] = field
        for name in self.base_fields:
            self.fields[name].initial = proposal.get(name, "")
        self.order_fields([f"{_COLUMN}{role}" for role in _ROLES])

    def layout(self) -> dict[str, Any]:
        """Return what was chosen, as the service takes it."""
        data = self.cleaned_data
        columns = {role: data[f"{_COLUMN}{role}"] for role in _ROLES if data[f"{_COLUMN}{role}"]}
        return {"columns": columns, **{name: data[name] for name in self.base_fields}}


@signed_in_page
@require_POST
def bring(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Keep a file and go to its preview; nothing of it counts before it is confirmed."""
    try:
        found = source_changeable_by(user=session.user, public_id=public_id)
    except NotFound:
        return no_such_source(request)
    form = FileForm(request.POST, request.FILES)
    status = 400
    if form.is_valid():
        try:
            kept = upload_create(actor=session.user, connection=found, upload=form.cleaned_data["file"])
            return HttpResponseRedirect(_address_of(kept, public_id))
        except RegistryError as error:
            status = refused(form, error)
    return source_page(request, session.user, found, status=status, file_form=form)


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, upload_id: uuid.UUID) -> HttpResponse:
    """Show a file: first how it is understood, to be corrected and confirmed, then how far it is and its result."""
    user = session.user
    try:
        if request.method == "POST":
            found = source_changeable_by(user=user, public_id=public_id)
            return _looked_at(request, user, found, upload_of(connection=found, public_id=upload_id))
        found = connection_visible_to(user=user, public_id=public_id)
        kept = upload_of(connection=found, public_id=upload_id)
    except NotFound:
        return no_such_source(request)
    return sources_page(request, user, "source_file", _shown(user, found, kept, LayoutForm(upload=kept)))


@signed_in_page
@require_safe
def rejects(request: HttpRequest, session: SignInSession, public_id: uuid.UUID, upload_id: uuid.UUID) -> HttpResponse:
    """Hand out the rejected rows of a file."""
    try:
        found = connection_visible_to(user=session.user, public_id=public_id)
        response: Any = rejected_rows(upload_of(connection=found, public_id=upload_id))
    except NotFound:
        return no_such_source(request)
    return private(response)


def _looked_at(request: HttpRequest, user: User, found: Connection, kept: Upload) -> HttpResponse:
    """Confirm the file, or show how it would be read as it was corrected."""
    form = LayoutForm(request.POST, upload=kept)
    status, understood = 400, None
    if form.is_valid():
        try:
            if request.POST.get("do") == "confirm":
                upload_confirm(actor=user, upload=kept, fields=form.layout())
                return HttpResponseRedirect(_address_of(kept, found.public_id))
            understood, status = upload_understood(upload=kept, fields=form.layout()), 200
        except RegistryError as error:
            status = refused(form, error)
    context = _shown(user, found, kept, form, understood)
    return sources_page(request, user, "source_file", context, status=status)


def _shown(
    user: User, found: Connection, kept: Upload, form: LayoutForm, understood: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return what the page of a file shows; `understood` is how its first rows are read, else as first proposed."""
    rows = kept.preview.get("rows", [])
    readings = [_read(each) for each in (kept.preview.get("understood", []) if understood is None else understood)]
    return {
        "source": found,
        "upload": kept,
        "form": form,
        "may_change": Connection.objects.changeable_by(user).filter(pk=found.pk).exists(),
        "waits": kept.status == UploadStatus.UPLOADED,
        "rows": list(zip(rows, readings or [{}] * len(rows), strict=False)),
    }


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """Return how a row is read, its times as times."""
    if "starts_at" not in row:
        return row
    begins, ends = (datetime.fromisoformat(row[name]).astimezone(UTC) for name in ("starts_at", "ends_at"))
    return {**row, "begins": begins, "ends": ends}


def _address_of(kept: Upload, public_id: uuid.UUID) -> str:
    return reverse("account-data-source-upload", args=[public_id, kept.public_id])
