"""Staff accounts in the admin: who they are, their groups, their password, and the lock of their sign-in."""

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.admin.role_grants import RoleGrantsMixin
from accounts.admin.staff_deeds import StaffDeedsMixin, limits_told
from accounts.admin.user_forms import NewStaffUserForm, PasswordForm, StaffUserForm
from accounts.choices import Role
from accounts.factors import MAIN_TYPES
from accounts.limits import limits_of
from accounts.models import User
from accounts.second_factor import grace_holds
from accounts.services import (
    sign_in_lock_lift,
    sign_in_lock_seconds,
    staff_create,
    staff_invite,
    staff_password_set,
    staff_update,
)
from carboncore.audit.services import personal_data_read_record
from carboncore.common.admin.base import StaffModelAdmin
from carboncore.common.admin.confirm import confirm_page, posted

_FACTOR_TONES = {"Set up": "success", "Password alone": "warning", "To set up": "danger"}


@admin.register(User)
class UserAdmin(StaffDeedsMixin, RoleGrantsMixin, StaffModelAdmin):
    """The page of an account."""

    list_display = ("email", "full_name", "roles", "factor_badge", "is_staff", "is_active", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "full_name", "username")
    ordering = ("email",)
    form = StaffUserForm
    readonly_fields = (
        "username",
        "person_roles",
        "email_confirmed_at",
        "limits",
        "factor_badge",
        "sign_in_state",
        "password_state",
        "last_login",
        "date_joined",
    )
    actions_detail: ClassVar[list[str]] = [
        "set_password",
        "lift_lock",
        "grant_roles",
        "set_limits",
        "invite_again",
        "reset_factors",
    ]
    fieldsets = (
        (None, {"fields": ("email", "full_name", "is_staff", "is_active")}),
        ("Person", {"fields": ("username", "person_roles", "email_confirmed_at")}),
        ("Rights", {"fields": ("groups", "limits")}),
        ("Sign-in", {"fields": ("factor_badge", "sign_in_state", "password_state", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "full_name", "password")}),
        ("Rights", {"fields": ("groups",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Fetch the groups of all listed accounts at once."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=MAIN_TYPES)
        accounts = super().get_queryset(request).annotate(has_factor=Exists(factors))
        return accounts.select_related("staff_scope").prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the form who is asking, for what they may hand out."""
        if obj is None:
            kwargs["form"] = NewStaffUserForm
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.actor = request.user
        return form_class

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show or change the account; that it was shown is recorded."""
        response = super().change_view(request, object_id, form_url, extra_context)
        if request.method == "GET" and response.status_code == 200:
            personal_data_read_record(obj=User(pk=int(object_id)))
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are deactivated, never deleted: history names them."""
        return False

    def save_by_service(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> User:
        """Create or change the account."""
        data = form.cleaned_data
        actor: Any = request.user
        if not change:
            if not data["password"]:
                return staff_invite(
                    actor=actor, email=data["email"], full_name=data["full_name"], groups=data["groups"]
                )
            return staff_create(
                actor=actor,
                email=data["email"],
                full_name=data["full_name"],
                groups=data["groups"],
                password=data["password"],
            )
        fields = {
            name: data[name] for name in form.changed_data if name in ("email", "full_name", "is_active", "is_staff")
        }
        groups = data["groups"] if "groups" in form.changed_data else None
        return staff_update(actor=actor, pk=obj.pk, fields=fields, groups=groups)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        """Nothing remains: the service has set the groups."""

    @display(description="groups")
    def roles(self, obj: User) -> str:
        """Return the names of the groups."""
        names = [group.name for group in obj.groups.all()]
        return ", ".join(["Superuser"] * obj.is_superuser + names) or "–"

    @display(description="is to the registry")
    def person_roles(self, obj: User) -> str:
        """Return the labels of the person's roles."""
        return ", ".join(str(Role(role).label) for role in obj.roles) or "–"

    @display(description="sign-in")
    def sign_in_state(self, obj: User) -> str:
        """Say whether wrong tries have locked this e-mail, and what to do."""
        seconds = sign_in_lock_seconds(email=obj.email)
        if not seconds:
            return "Open: fewer than five wrong tries in the last fifteen minutes."
        minutes = -(-seconds // 60)
        return format_html(
            '<strong class="st-warning">Locked for {} more minute{}</strong> after five wrong tries.'
            " It opens by itself, or at once with “Lift lock-out”.",
            minutes,
            "" if minutes == 1 else "s",
        )

    @display(description="second factor", label=_FACTOR_TONES)
    def factor_badge(self, obj: Any) -> str:
        """Say whether the account has a second factor, and whether it opens anything without."""
        if obj.has_factor:
            return "Set up"
        if not obj.is_staff:
            return ""
        return "Password alone" if grace_holds(obj) else "To set up"

    @display(description="works on")
    def limits(self, obj: User) -> str:
        """Return the countries and standards that the account is limited to."""
        return limits_told(limits_of(obj)).capitalize()

    @display(description="password")
    def password_state(self, obj: User) -> str:
        """Say whether there is a password; the password itself is never kept."""
        if obj.has_usable_password():
            return "Set. It cannot be shown, only replaced."
        return "None yet: the person has not opened their invitation."

    def has_set_password_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the person may set passwords of others."""
        return request.user.has_perm("accounts.change_user")

    def has_lift_lock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether there is a lock and the person may lift it."""
        if not request.user.has_perm("accounts.lift_lockout"):
            return False
        if object_id is None or request.method == "POST":
            return True
        user = User.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        return user is not None and sign_in_lock_seconds(email=user.email) > 0

    @action(description="Set password", url_path="password", permissions=["set_password"], icon="key")
    @method_decorator(sensitive_post_parameters())
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the account a new password."""
        user = self._account(request, object_id)

        def run(data: dict[str, Any]) -> str:
            actor: Any = request.user
            staff_password_set(actor=actor, pk=user.pk, password=data["password"])
            return f"{user.email} has a new password; every session and token of the old one has ended."

        return confirm_page(
            self,
            request,
            obj=user,
            title=f"Set a password for {user.email}",
            submit="Set password",
            form=PasswordForm(posted(request)),
            run=run,
            back=self._page(user),
            context={"explanation": "At least ten characters, not only digits and not a common word."},
        )

    @action(
        description="Lift lock-out",
        url_path="lift-lock",
        permissions=["lift_lock"],
        icon="lock_open",
        variant=ActionVariant.WARNING,
    )
    def lift_lock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the person try to sign in again at once."""
        user = self._account(request, object_id)

        def run(_: dict[str, Any]) -> str:
            count = sign_in_lock_lift(user=user)
            return f"{user.email} can sign in again; {count} wrong tries no longer count."

        return confirm_page(
            self,
            request,
            obj=user,
            title=f"Lift the lock-out of {user.email}?",
            submit="Lift lock-out",
            form=forms.Form(posted(request)),
            run=run,
            back=self._page(user),
            context={
                "explanation": "Do this when you know that the person mistyped: their wrong tries stop counting."
                " If it was not them, leave the lock and ask them to choose another password.",
                "facts": [("Now", f"{timezone.now():%H:%M} UTC")],
            },
        )

    def _account(self, request: HttpRequest, object_id: str) -> User:
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        if not self.has_view_permission(request, user):
            raise PermissionDenied
        return user

    def _page(self, user: User) -> str:
        return reverse("admin:accounts_user_change", args=[user.pk])
