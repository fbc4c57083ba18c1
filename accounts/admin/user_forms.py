"""The forms of staff accounts."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from accounts.models import User
from accounts.services import groups_givable_by
from carboncore.common.admin.refusals import RefusableForm

NEW_PASSWORD = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


class StaffUserForm(RefusableForm):
    """An account and its groups; only those groups are offered that the person may give, or that are held."""

    groups = forms.ModelMultipleChoiceField(
        queryset=Group.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="You see the groups whose every permission you hold yourself, and those already given.",
    )

    class Meta:
        model = User
        fields = ("email", "full_name", "is_active", "is_staff", "groups")

    actor: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" not in self.fields:
            return
        offered = {group.pk for group in groups_givable_by(self.actor)}
        held = set(self.instance.groups.values_list("pk", flat=True)) if self.instance.pk else set()
        field = self.fields["groups"]
        field.queryset = Group.objects.filter(pk__in=offered | held).order_by("name")  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Lower the case as the service does, before the table's rule is asked."""
        return str(self.cleaned_data["email"]).strip().lower()


class NewStaffUserForm(StaffUserForm):
    """A new account: invited by mail, or with a password now."""

    password = forms.CharField(
        required=False,
        strip=False,
        max_length=128,
        widget=NEW_PASSWORD,
        help_text="Leave it empty: the person then gets a mail with a link to choose their own, which is safer.",
    )


class PasswordForm(forms.Form):
    """A new password, typed twice."""

    password = forms.CharField(label="New password", strip=False, max_length=128, widget=NEW_PASSWORD)
    repeated = forms.CharField(label="The same again", strip=False, max_length=128, widget=NEW_PASSWORD)

    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords."""
        if self.cleaned_data.get("password") != self.cleaned_data.get("repeated"):
            self.add_error("repeated", "The two passwords differ. Type the same one twice.")
        return self.cleaned_data
