"""Groups in the admin: the built-in ones can be read, others made and changed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import display

from accounts.roles import OWN_APPS, ROLE_NAMES
from accounts.services import group_save
from carboncore.common.admin.base import StaffModelAdmin
from carboncore.common.admin.refusals import RefusableForm


class GroupForm(RefusableForm):
    """A group's name and what its members may do."""

    permissions = forms.ModelMultipleChoiceField(
        queryset=Permission.objects.filter(content_type__app_label__in=OWN_APPS)
        .exclude(codename__regex="^(add|change|delete)_historical")
        .select_related("content_type"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(StaffModelAdmin):
    """The page of a group."""

    form = GroupForm
    list_display = ("name", "kind", "members")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Count the members of all listed groups at once."""
        return super().get_queryset(request).annotate(member_count=Count("user"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The built-in groups belong to the program: they can only be read."""
        return super().has_change_permission(request, obj) and (obj is None or obj.name not in ROLE_NAMES)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Groups stay: take their members out instead."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show a reader the permissions as a list of words."""
        may_edit = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return ("name", "permissions") if may_edit else ("name", "permissions_shown")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The list of words is no input."""
        return ("permissions_shown",)

    @display(description="permissions")
    def permissions_shown(self, obj: Group) -> Any:
        """Return what the members may do, in alphabetical order."""
        names = obj.permissions.order_by("name").values_list("name", flat=True)
        return format_html_join(mark_safe("<br>"), "{}", ((name,) for name in names))

    def save_by_service(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> Group:
        """Create or change the group."""
        actor: Any = request.user
        return group_save(
            actor=actor,
            pk=obj.pk if change else None,
            name=form.cleaned_data["name"],
            permissions=form.cleaned_data["permissions"],
        )

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        """Nothing remains: the service has set the permissions."""

    @display(description="kind", label={"Built in": "info", "Own": "success"})
    def kind(self, obj: Group) -> str:
        """Say who may change it."""
        return "Built in" if obj.name in ROLE_NAMES else "Own"

    @display(description="members")
    def members(self, obj: Any) -> int:
        """Return how many accounts are in it."""
        return obj.member_count
