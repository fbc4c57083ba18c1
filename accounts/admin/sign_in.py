"""The staff admin's sign-in form: e-mail and password, judged by `accounts.services`; the second step follows."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import BASE_INPUT_CLASSES

from accounts.errors import InvalidCredentials, SignInLocked
from accounts.models import User
from accounts.second_factor import has_second_factor
from accounts.services import sign_in
from accounts.staff_cookies import staff_enter
from accounts.staff_pages.parts import pending_begin
from carboncore.common.client_address import client_address
from carboncore.common.password_hashing import SignInsBusy

_WIDGET_CLASS = " ".join(BASE_INPUT_CLASSES)


class StaffSignInForm(forms.Form):
    """Signs a staff member in; `retry_after` is set (seconds) when the e-mail is locked.

    The fields keep Django's names because its sign-in view and the theme's page ask for them by name.
    """

    username = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username", "class": _WIDGET_CLASS}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": _WIDGET_CLASS}),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user: User | None = None
        self.retry_after: int | None = None
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Sign in, once both fields are there.

        Raises:
            ValidationError: wrong in any way (always the same words), or locked (which says for how long).
        """
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            address = client_address(self.request) if self.request else None
            try:
                self.user = sign_in(email=email, password=password, ip_address=address)
            except SignInLocked as error:
                self.retry_after = error.retry_after
                raise forms.ValidationError(error.message, code=error.code) from None
            except SignInsBusy as error:
                raise forms.ValidationError(error.message, code=error.code) from None
            except InvalidCredentials as error:
                raise forms.ValidationError(
                    "That e-mail and password do not open the staff admin. Check both and try again;"
                    " after five wrong tries the e-mail is locked for fifteen minutes.",
                    code=error.code,
                ) from None
        return self.cleaned_data

    def enter(self, way: str) -> str:
        """Sign in and return `way`; or, where the account has a second factor, return where to show it."""
        if self.request is None or self.user is None:
            raise ValueError("Only a valid form of a request signs in.")
        if has_second_factor(self.user):
            pending_begin(self.request, self.user, way)
            return reverse("staff-second-factor")
        try:
            staff_enter(self.request, self.user, second_factor=False)
        except InvalidCredentials:  # the account changed between the password and here
            return reverse("admin:login")
        return way
