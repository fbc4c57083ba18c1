"""The forms of the account pages. What they check is form only; the rules are the services'."""

from typing import Any

from django import forms

from accounts.choices import KeyScope
from accounts.password_rules import MAX_PASSWORD_LENGTH
from accounts.services.api_keys import MOST_DAYS, USUAL_DAYS
from carboncore.common.errors import InvalidInput, RegistryError

_PASSWORD: dict[str, Any] = {"strip": False, "max_length": MAX_PASSWORD_LENGTH}
_RULE = "At least 8 characters, a letter and a digit among them."


class AccountForm(forms.Form):
    """A form that can show what a service refused, by its own names of the fields."""

    def refuse(self, error: RegistryError) -> None:
        """Show the refusal beside its fields, or above them all."""
        if not isinstance(error, InvalidInput):
            self.add_error(None, error.message)
            return
        for field, reasons in error.errors.items():
            for reason in reasons:
                self.add_error(field if field in self.fields else None, reason)


def _password(label: str, *, new: bool = False, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, widget=widget, help_text=_RULE if new else "", **_PASSWORD, **options)


def _email(label: str = "E-mail") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"})
    )


class RegisterForm(AccountForm):
    """Asking for an account."""

    email = _email()
    username = forms.CharField(
        max_length=30,
        help_text="3 to 30 letters (A to Z), digits and underscores. Everybody can see it.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = _password("Password", new=True)


class ApiKeyForm(AccountForm):
    """A key for a machine."""

    name = forms.CharField(max_length=100, label="What it is for", help_text="Such as: nightly report of the shop.")
    scopes = forms.MultipleChoiceField(
        label="What it may do", choices=KeyScope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_in_days = forms.TypedChoiceField(
        label="How long it holds",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (180, "180 days"), (MOST_DAYS, "A year")],
        initial=USUAL_DAYS,
    )
    password = _password("Your password")


class SignInForm(AccountForm):
    """E-mail and password."""

    email = _email()
    password = _password("Password")


class EmailForm(AccountForm):
    """An e-mail to send a link to."""

    email = _email()


class ConfirmForm(AccountForm):
    """The password of a registration."""

    password = _password("The password that you chose")


class NewPasswordForm(AccountForm):
    """A new password."""

    password = _password("New password", new=True)


class ChangePasswordForm(AccountForm):
    """The present password and a new one."""

    current_password = _password("Present password")
    new_password = _password("New password", new=True)


class ChangeEmailForm(AccountForm):
    """A new e-mail, and the password."""

    new_email = _email("New e-mail")
    password = _password("Password")


class ProfileForm(AccountForm):
    """What people change about themselves."""

    username = forms.CharField(max_length=30, help_text="Everybody can see it.")
    full_name = forms.CharField(max_length=150, required=False, label="Name", help_text="Only you and staff see it.")


class EraseForm(AccountForm):
    """The password, to be sure."""

    password = _password("Password")


class EmptyForm(AccountForm):
    """A button."""
