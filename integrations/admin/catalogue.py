"""The catalogue of providers and the operator's OAuth clients in the staff admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from carboncore.common.admin.base import StaffModelAdmin
from carboncore.common.admin.refusals import RefusableForm
from integrations.models import Integration, OAuthClient
from integrations.services.catalogue import integration_save
from integrations.services.oauth_clients import oauth_client_save


@admin.register(Integration)
class IntegrationAdmin(StaffModelAdmin):
    """The page of an entry of the catalogue."""

    empty_words = "Load the catalogue that comes with the project by the command load_integrations."
    list_display = ("name", "category", "type", "availability", "status", "listed", "source_count")
    list_filter = (
        ("category", ChoicesDropdownFilter),
        ("type", ChoicesDropdownFilter),
        ("availability", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
    )
    search_fields = ("name", "provider", "slug")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("slug", "name", "provider", "category", "type", "availability", "status", "listed")}),
        ("What it brings", {"fields": ("description", "logo", "data_types", "emission_scopes")}),
        ("How it is read", {"fields": ("adapter", "base_url", "credential_fields")}),
        (
            "For customers",
            {
                "fields": (
                    *("setup_complexity", "estimated_setup_time", "authentication_guide", "info_page", "setup_guide"),
                    *("faq", "documentation_url", "official_url"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Integration]:
        """Count the data sources of all listed entries at once."""
        used = Count("connections", filter=Q(connections__disconnected_at__isnull=True))
        return super().get_queryset(request).annotate(used=used)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here: take `listed` away instead, or the next `seed` would bring it back."""
        return False

    def save_by_service(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> Integration:
        """Create or change the entry."""
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        return integration_save(pk=obj.pk if change else None, fields=fields)

    @display(description="data sources", ordering="used")
    def source_count(self, obj: Any) -> int:
        """Return how many data sources are connected by it."""
        return obj.used


class OAuthClientForm(RefusableForm):
    """A client; its secret is written and never shown."""

    secret = forms.CharField(
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown. Leave it empty to keep the one that is stored.",
    )


@admin.register(OAuthClient)
class OAuthClientAdmin(StaffModelAdmin):
    """The page of the operator's client at one provider."""

    form = OAuthClientForm
    empty_words = (
        "Some providers let their customers in only through an application that you register with them."
        " Enter here what they give you; until then these providers cannot be connected."
    )
    list_display = ("integration", "client_id", "enabled", "has_secret", "updated_at")
    list_select_related = ("integration",)
    ordering = ("integration__name",)
    readonly_fields = ("has_secret",)
    fieldsets = (
        (None, {"fields": ("integration", "enabled", "client_id", "secret", "has_secret", "token_auth_method")}),
        ("Addresses", {"fields": ("discovery_url", "issuer", "authorize_url", "token_url", "revoke_url", "scopes")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here: switch it off instead, and its history stays."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the integrations that speak OAuth 2."""
        if db_field.name == "integration":
            kwargs["queryset"] = Integration.objects.filter(type="oauth")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_by_service(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> OAuthClient:
        """Create or change the client; an empty secret leaves the one that is stored."""
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name != "secret"}
        return oauth_client_save(
            pk=obj.pk if change else None, fields=fields, secret=form.cleaned_data.get("secret") or None
        )

    @display(description="secret stored", boolean=True)
    def has_secret(self, obj: OAuthClient) -> bool:
        """Return whether there is a secret, and nothing more about it."""
        return bool(obj.secret_envelope)
