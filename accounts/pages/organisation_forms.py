"""The forms on the page of an organisation. What they check is form only; the rules are the services'."""

from typing import Any

from django import forms

from accounts.choices import MembershipRole
from accounts.models import Organisation, User
from accounts.organisation_mails import person_name
from accounts.pages.forms import AccountForm
from carboncore.common.countries import country_names
from carboncore.common.quantities import QuantityInvalid, kg_from_tonnes, tonnes_from_kg

MOST_MEMBERS = 100
_COUNTRIES = [("", "Choose one"), *country_names()]


class FoundForm(AccountForm):
    """A new organisation."""

    name = forms.CharField(
        label="Full name", max_length=255, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    country = forms.CharField(widget=forms.Select(choices=_COUNTRIES, attrs={"autocomplete": "country"}))
    registration_number = forms.CharField(
        required=False,
        max_length=100,
        help_text="As the country's register of companies or associations writes it; empty if it has none.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class InviteForm(AccountForm):
    """Whom to invite, and what they will be."""

    email = forms.CharField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(
        choices=[("viewer", "Viewer: looks"), ("trader", "Trader: moves credits"), ("owner", "Owner: also members")]
    )


class LimitForm(AccountForm):
    """How much members transfer alone; handed on as kilograms, None for no limit."""

    limit = forms.CharField(
        label="Tonnes in 24 hours",
        required=False,
        max_length=30,
        help_text="Added up over all members. What is above it waits for a second owner or trader. Empty: no limit.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def clean_limit(self) -> int | None:
        """Return kilograms."""
        text = self.cleaned_data["limit"]
        try:
            return kg_from_tonnes(text) if text else None
        except QuantityInvalid as error:
            raise forms.ValidationError(str(error)) from None


class DocumentForm(AccountForm):
    """A file that shows who the organisation is."""

    title = forms.CharField(max_length=255, help_text="Such as: extract of the commercial register.")
    file = forms.FileField(help_text="A PDF, a picture or an office document.")


class HandOverForm(AccountForm):
    """To whom the organisation goes, and what one is oneself from then on."""

    user = forms.ModelChoiceField(label="New owner", queryset=User.objects.none(), empty_label=None)
    own_role = forms.ChoiceField(
        label="You will be",
        choices=[(role.value, role.label) for role in (MembershipRole.TRADER, MembershipRole.VIEWER)],
    )

    def __init__(self, *args: Any, organisation: Organisation, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["user"]
        others = User.objects.filter(memberships__organisation=organisation, is_active=True).exclude(pk=giver.pk)
        choices.queryset = others.order_by("memberships__pk")
        choices.to_field_name = "public_id"
        choices.label_from_instance = person_name


def empty_forms(organisation: Organisation, user: User) -> dict[str, AccountForm]:
    """Return the forms as an owner meets them, by the names that the page knows them by."""
    limit_kg = organisation.transfer_limit_kg
    limit = "" if limit_kg is None else f"{tonnes_from_kg(limit_kg).normalize():f}"
    return {
        "invite_form": InviteForm(),
        "limit_form": LimitForm(initial={"limit": limit}),
        "document_form": DocumentForm(),
        "hand_over_form": HandOverForm(organisation=organisation, giver=user),
    }
