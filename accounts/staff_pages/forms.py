"""The forms of these pages. What they check is form only; the rules are the services'."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts.password_rules import MAX_PASSWORD_LENGTH
from accounts.services.second_factors import LONGEST_NAME

NEW_RULE = "At least ten characters, not only digits and not a common word."


def _password(label: str, *, new: bool = False, **options: Any) -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, strip=False, max_length=MAX_PASSWORD_LENGTH, widget=widget, **options)


def _code(label: str, help_text: str = "", **options: Any) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    widget = UnfoldAdminTextInputWidget(attrs=attrs)
    return forms.CharField(label=label, max_length=20, widget=widget, help_text=help_text, **options)


class CodeForm(forms.Form):
    """The second step of signing in."""

    code = _code("Code", "The six digits that your authenticator app shows now, or one of your recovery codes.")


class NewAppForm(forms.Form):
    """The first code of a new authenticator app."""

    code = _code("Code", "The six digits that the app shows for CarbonCore now.")


class NewPasskeyForm(forms.Form):
    """A new passkey: its name, and what the browser's script fills in."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        widget=UnfoldAdminTextInputWidget(),
        help_text="So that you know it again, such as “Office laptop” or “Blue security key”.",
    )
    credential = forms.CharField(
        widget=forms.HiddenInput(attrs={"id": "passkey-credential"}), required=False, max_length=20_000
    )


class AgainForm(forms.Form):
    """Showing once more who one is."""

    password = _password("Password", required=False)
    code = _code("Or a code", "The six digits that your authenticator app shows now.", required=False)

    def __init__(self, *args: Any, has_app: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_app:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        if not self.cleaned_data.get("password") and not self.cleaned_data.get("code"):
            self.add_error("password", "Type your password, or a code.")
        return self.cleaned_data


class _TwiceForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords."""
        if self.cleaned_data.get("password") != self.cleaned_data.get("repeated"):
            self.add_error("repeated", "The two passwords differ. Type the same one twice.")
        return self.cleaned_data


class InvitedForm(_TwiceForm):
    """The first password."""

    password = _password("Password", new=True, help_text=NEW_RULE)
    repeated = _password("The same again", new=True)


class PasswordForm(_TwiceForm):
    """The present password and a new one."""

    current_password = _password("Present password")
    password = _password("New password", new=True, help_text=NEW_RULE)
    repeated = _password("The new one again", new=True)
