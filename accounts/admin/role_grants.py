"""Granting roles to people, on a page of its own: what a person is to the registry is no field that is typed over."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.choices import GRANTED_ROLES, Role
from accounts.models import User
from accounts.services import person_roles_set
from accounts.services.people import GRANTS_ROLES
from carboncore.common.admin.confirm import confirm_page, posted


class RolesForm(forms.Form):
    """Which roles a person has besides buyer."""

    roles = forms.MultipleChoiceField(
        choices=[(role.value, role.label) for role in GRANTED_ROLES],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Everybody is a buyer. The person gets a mail that says what changed.",
    )


class RoleGrantsMixin:
    """Adds the deed to the page of an account."""

    def has_grant_roles_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the person may grant roles, and this is not their own account."""
        return request.user.has_perm(GRANTS_ROLES) and str(object_id) != str(request.user.pk)

    @action(description="Roles", url_path="roles", permissions=["grant_roles"], icon="badge")
    def grant_roles(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give and take roles."""
        model_admin = cast("admin.ModelAdmin[User]", self)
        user = model_admin.get_object(request, object_id)
        if user is None:
            raise Http404
        back = reverse("admin:accounts_user_change", args=[user.pk])

        def run(data: dict[str, Any]) -> str:
            actor: Any = request.user
            changed = person_roles_set(actor=actor, pk=user.pk, roles=data["roles"])
            return f"{changed.email} is now: {', '.join(str(Role(role).label) for role in changed.roles)}."

        held = [role for role in user.roles if role in set(GRANTED_ROLES)]
        return confirm_page(
            cast("Any", self),
            request,
            obj=user,
            title=f"Roles of {user.username or user.email}",
            submit="Save roles",
            form=RolesForm(posted(request), initial={"roles": held}),
            run=run,
            back=back,
            context={"explanation": "Tick what the person is to the registry, once you have checked that they are."},
        )
