"""Deeds about staff on pages of their own: inviting once more, limiting to countries and standards, lost factors."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from accounts.limits import Limits, known_countries, known_standards, limits_of
from accounts.models import User
from accounts.second_factor import has_second_factor
from accounts.services import factors_reset, staff_invite_again, staff_limits_set
from carboncore.common.admin.confirm import confirm_page, posted


class LimitsForm(forms.Form):
    """The countries and standards that somebody's work is limited to."""

    countries = forms.MultipleChoiceField(
        required=False, widget=UnfoldAdminSelect2MultipleWidget, help_text="Empty: projects of every country."
    )
    standards = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Empty: projects under every standard. Otherwise those certified under at least one of these.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["countries"].choices = known_countries()  # type: ignore[attr-defined]
        self.fields["standards"].choices = [(code, code) for code in known_standards()]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=1_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="How you know that it is really them who asked. It is kept, and the person reads it in a mail.",
    )


class StaffDeedsMixin:
    """Adds the deeds to the page of an account."""

    def has_invite_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the account waits for its first password and the person may invite."""
        if not request.user.has_perm("accounts.add_user"):
            return False
        user = _staff(object_id)
        return object_id is None or (user is not None and user.is_active and not user.has_usable_password())

    def has_set_limits_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether this is a staff account of somebody else, and the person may limit it."""
        if not request.user.has_perm("accounts.change_user"):
            return False
        return object_id is None or (_staff(object_id) is not None and str(object_id) != str(request.user.pk))

    def has_reset_factors_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether there are factors of somebody else, and the person may reset them."""
        if not request.user.has_perm("accounts.reset_factors"):
            return False
        user = _staff(object_id)
        other = user is not None and user.pk != request.user.pk
        return object_id is None or request.method == "POST" or (user is not None and other and has_second_factor(user))

    @action(description="Invite again", url_path="invite", permissions=["invite_again"], icon="forward_to_inbox")
    def invite_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send another link."""
        user = self._staff_account(request, object_id)

        def run(_: dict[str, Any]) -> str:
            staff_invite_again(actor=cast("Any", request.user), pk=user.pk)
            return f"Another invitation is on its way to {user.email}; the link before works no more."

        return self._ask(
            request, user, title="Send another invitation?", submit="Send it", form=forms.Form(posted(request)), run=run
        )

    @action(description="Set limits", url_path="limits", permissions=["set_limits"], icon="travel_explore")
    def set_limits(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Limit somebody to some countries and standards."""
        user = self._staff_account(request, object_id)

        def run(data: dict[str, Any]) -> str:
            limits = Limits(frozenset(data["countries"]), frozenset(data["standards"]))
            staff_limits_set(actor=cast("Any", request.user), pk=user.pk, limits=limits)
            return f"{user.email} now works on {limits_told(limits)}."

        form = LimitsForm(posted(request), initial=limits_of(user).told())
        explanation = "Projects outside these, with their monitoring and issuance, are then not there for this person."
        title = f"What {user.email} works on"
        return self._ask(request, user, title=title, submit="Save limits", form=form, run=run, explanation=explanation)

    @action(
        description="Reset second factor",
        url_path="reset-factors",
        permissions=["reset_factors"],
        icon="phonelink_erase",
        variant=ActionVariant.WARNING,
    )
    def reset_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the factors of somebody who lost them."""
        user = self._staff_account(request, object_id)

        def run(data: dict[str, Any]) -> str:
            factors_reset(actor=cast("Any", request.user), pk=user.pk, reason=data["reason"])
            return f"The second factors of {user.email} are gone; they set one up at their next sign-in."

        explanation = (
            "Do this when you have made sure, by voice or in person, that they lost their phone, their keys and their"
            " recovery codes. Every session of theirs ends, and a mail tells them."
        )
        title = f"Reset the second factor of {user.email}?"
        form = ReasonForm(posted(request))
        return self._ask(
            request,
            user,
            title=title,
            submit="Reset",
            form=form,
            run=run,
            explanation=explanation,
            submit_variant="danger",
        )

    def _staff_account(self, request: HttpRequest, object_id: str) -> User:
        user = cast("admin.ModelAdmin[User]", self).get_object(request, object_id)
        if user is None or not user.is_staff:
            raise Http404
        return user

    def _ask(
        self, request: HttpRequest, user: User, *, title: str, submit: str, form: forms.Form, run: Any, **context: Any
    ) -> HttpResponse:
        return confirm_page(
            cast("Any", self),
            request,
            obj=user,
            title=title,
            submit=submit,
            form=form,
            run=run,
            back=reverse("admin:accounts_user_change", args=[user.pk]),
            context=context,
        )


def limits_told(limits: Limits) -> str:
    """Return the limits in words."""
    countries = f"projects in {', '.join(sorted(limits.countries))}" if limits.countries else "projects everywhere"
    return f"{countries} under {', '.join(sorted(limits.standards)) if limits.standards else 'any standard'}"


def _staff(object_id: Any) -> User | None:
    return User.objects.filter(pk=object_id, is_staff=True).first() if str(object_id).isdigit() else None
