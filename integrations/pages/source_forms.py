"""The forms of data sources. What they check is form only; the rules are the services', who name the same fields."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django_countries import countries

from accounts.pages.forms import AccountForm
from carboncore.common.errors import InvalidInput, RegistryError
from integrations.choices import IntegrationType, ReadingType, SyncFrequency
from integrations.models import Integration
from integrations.providers.registry import ADAPTERS

CREDENTIAL = "credentials."
FIELDS = ("display_name", "site", "country_code", "sync_frequency")
# As far back as reports reach.
_FIRST_YEAR = 1990
_OWN = {
    "gas_unit": ("Your gas meter reports", {"m3": "cubic metres (newer meters)", "kWh": "kilowatt-hours (SMETS1)"}),
    "timestamps_mark": ("A half-hour's time marks its", {"end": "end", "start": "start"}),
    "account_number": ("Account number", {}),
}
Holders = Sequence[tuple[str, str]]


class _Forgetful(forms.TextInput):
    """An input whose value is never written into a page again."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class EntryForm(AccountForm):
    """A form whose fields follow from an entry of the catalogue."""

    def __init__(self, *args: Any, integration: Integration, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entry = integration
        self.follow(integration)

    def follow(self, entry: Integration) -> None:
        """Add and take away fields as the entry has it."""


class CredentialsForm(EntryForm):
    """What the catalogue asks for to connect; whether it is complete is for the service to say."""

    def follow(self, entry: Integration) -> None:
        """Add what is asked for."""
        super().follow(entry)
        for each in entry.credential_fields if entry.type == IntegrationType.API_KEY else ():
            self.fields[f"{CREDENTIAL}{each['name']}"] = _credential_field(each)

    def credentials(self) -> dict[str, str]:
        """Return what was given."""
        given = self.cleaned_data.items()
        return {name.removeprefix(CREDENTIAL): value for name, value in given if name.startswith(CREDENTIAL) and value}

    def refuse(self, error: RegistryError) -> None:
        """Show what the provider says about the credentials beside the first secret of them."""
        if isinstance(error, InvalidInput) and "credentials" in error.errors:
            reasons = dict(error.errors)
            secret = [str(each["name"]) for each in self.entry.credential_fields if each.get("secret", True)]
            reasons[f"{CREDENTIAL}{secret[0]}" if secret else ""] = reasons.pop("credentials")
            error = InvalidInput(reasons)
        super().refuse(error)


class SettingsForm(EntryForm):
    """What a data source is called, where it measures, how often it is read."""

    display_name = forms.CharField(label="Name", required=False)
    site = forms.CharField(required=False, help_text="Where it measures, such as Leeds. Reports add up by site.")
    country_code = forms.ChoiceField(label="Country", choices=list(countries), initial="GB")
    sync_frequency = forms.ChoiceField(label="Read", choices=SyncFrequency.choices, initial=SyncFrequency.DAILY)

    def follow(self, entry: Integration) -> None:
        """Add the settings of the provider's reader; what is not read has no frequency."""
        super().follow(entry)
        if not entry.adapter:
            del self.fields["sync_frequency"]
            return
        for name, values in ADAPTERS[entry.adapter].own_settings.items():
            if name in _OWN and (values or entry.type == IntegrationType.OAUTH):
                self.fields[name] = _own_field(name)

    def source_fields(self) -> dict[str, Any]:
        """Return what to set, as the service knows it; an emptied setting is taken away."""
        data = self.cleaned_data
        own = {name: data[name] or None for name in _OWN if name in data}
        return {**{name: data[name] for name in FIELDS if name in data}, **({"settings": own} if own else {})}


class ConnectForm(CredentialsForm, SettingsForm):
    """A data source to connect, for oneself or for an organisation that one acts for."""

    organisation = forms.ChoiceField(label="For", required=False)

    def __init__(self, *args: Any, integration: Integration, holders: Holders, **kwargs: Any) -> None:
        super().__init__(*args, integration=integration, **kwargs)
        self.fields["display_name"].initial = integration.name
        if len(holders) > 1:
            chosen: Any = self.fields["organisation"]
            chosen.choices = holders
        else:
            del self.fields["organisation"]
        asked = [name for name in self.fields if name.startswith(CREDENTIAL)]
        self.order_fields(["organisation", *asked])


class FileForm(AccountForm):
    """A file of readings."""

    file = forms.FileField(
        label="CSV or Excel file",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = f"Up to {settings.UPLOAD_MAX_BYTES // 1_000_000} MB."
        self.fields["file"].help_text = f"{most} You see what was understood before anything of it counts."


class ReadingForm(EntryForm):
    """One figure, over whole days."""

    reading_type = forms.ChoiceField(label="What")
    quantity = forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
    unit = forms.CharField(help_text="Such as kWh, m3, litre, km or kg.")
    first_day = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last_day = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    series = forms.CharField(label="Of", required=False, help_text="A meter or a vehicle, where there are several.")

    def follow(self, entry: Integration) -> None:
        """Offer the kinds of readings that the entry takes."""
        kinds: Any = self.fields["reading_type"]
        offered = set(entry.data_types) or set(ReadingType.values)
        kinds.choices = [choice for choice in ReadingType.choices if choice[0] in offered]

    def clean_first_day(self) -> date:
        """Return the day, if reports reach so far back."""
        day: date = self.cleaned_data["first_day"]
        if day.year < _FIRST_YEAR:
            raise forms.ValidationError(f"Give a day of {_FIRST_YEAR} or later.")
        return day

    def clean_last_day(self) -> date:
        """Return the day, if clocks go on after it."""
        day: date = self.cleaned_data["last_day"]
        if day == date.max or day < self.cleaned_data.get("first_day", day):
            raise forms.ValidationError("Give the first day or a later one.")
        return day


def _credential_field(asked: dict[str, Any]) -> forms.CharField:
    name, secret = str(asked["name"]), asked.get("secret", True)
    own = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
    widget = forms.PasswordInput(attrs={**own, "autocomplete": "new-password"}) if secret else _Forgetful(attrs=own)
    label = str(asked.get("label") or name)
    return forms.CharField(
        label=label if asked.get("required", True) else f"{label} (if asked for)",
        help_text=str(asked.get("help", "")),
        widget=widget,
        strip=False,
        required=False,
    )


def _own_field(name: str) -> forms.Field:
    label, values = _OWN[name]
    if not values:
        return forms.CharField(label=label, required=False, help_text=f"Where you have several. “{name}” in the guide.")
    choices = [("", "as is usual"), *values.items()]
    return forms.ChoiceField(label=label, required=False, choices=choices, help_text=f"“{name}” in the guide.")
