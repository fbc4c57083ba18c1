"""Credit prices: a new one ends the former; nobody edits the past."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from carboncore.common.admin.confirm import confirm_page, posted
from carboncore.common.admin.fields import LinesField
from carboncore.common.quantities import QuantityInvalid, kg_from_tonnes
from registry.reach import in_reach
from transactions.admin.fields import looked_up_field, price_field, text_field, tonnes, year_field
from transactions.admin.pages import WORK, Deed, Head, LedgerAdmin, Table, list_of, moment, number, page_of
from transactions.models import CreditPrice
from transactions.services.prices import MOST_TIERS, Tier, price_delete, price_end, price_set


class TiersField(LinesField):
    """Volume tiers, typed one a line as `from tonnes: price`."""

    def clean(self, value: Any) -> list[Tier]:
        """Return the tiers.

        Raises:
            ValidationError: a line is none.
        """
        tiers = []
        for line in super().clean(value):
            quantity, _, price = (part.strip() for part in line.partition(":"))
            try:
                tiers.append(Tier(kg_from_tonnes(quantity), forms.DecimalField(decimal_places=4).clean(price)))
            except (QuantityInvalid, forms.ValidationError):
                raise forms.ValidationError(f"“{line[:40]}” is no tier. Write for example 1000: 11.50") from None
        return tiers


def _time_field(label: str, help_text: str) -> forms.SplitDateTimeField:
    return forms.SplitDateTimeField(
        label=label, required=False, help_text=help_text, widget=UnfoldAdminSplitDateTimeWidget()
    )


class PriceForm(forms.Form):
    """A new price."""

    project = looked_up_field("Project", CreditPrice, "project")
    vintage = year_field(help_text="Empty: every vintage without a price of its own.")
    currency = text_field("Currency", length=3, help_text="ISO 4217, such as EUR or USD.")
    price_per_credit = price_field("Price of a credit")
    tiers = TiersField(
        max_items=MOST_TIERS,
        max_length=60,
        label="Volume tiers",
        help_text="One a line, from tonnes and price of a credit: 1000: 11.50. A tier holds for the whole quantity.",
    )
    valid_from = _time_field("From", "UTC. Empty: from now. The price in force until then ends there.")
    valid_to = _time_field("Until", "UTC. Empty: until another is set.")


class EndForm(forms.Form):
    """When a price ends."""

    valid_to = _time_field("Ends", "UTC. Empty: now.")


class InForceFilter(SimpleListFilter):
    """Whether the price holds now."""

    title = "in force"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three answers."""
        return [("now", "Now"), ("later", "To come"), ("ended", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CreditPrice]) -> QuerySet[CreditPrice]:
        """Narrow to the answer."""
        now = timezone.now()
        if self.value() == "now":
            return queryset.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), valid_from__lte=now)
        if self.value() == "later":
            return queryset.filter(valid_from__gt=now)
        return queryset.filter(valid_to__lte=now) if self.value() == "ended" else queryset


def _has_not_ended(price: CreditPrice, _actor: Any) -> bool:
    now = timezone.now()
    return price.valid_from <= now and (price.valid_to is None or price.valid_to > now)


@admin.register(CreditPrice)
class CreditPriceAdmin(LedgerAdmin):
    """The list of prices and the page of one."""

    list_display = ("price_and_project", "state_badge", "vintage_text", "valid_from", "valid_to", "created_by")
    list_select_related = ("project", "created_by")
    list_filter = (InForceFilter, ("project", AutocompleteSelectFilter), "currency")
    search_fields = ("project__project_name",)
    ordering = ("-pk",)
    actions_list = ["set_price"]
    fieldsets = (
        (None, {"fields": ("project", "vintage_text", "price_per_credit", "currency", "valid_from", "valid_to",
                           "created_by", "created_at")}),
    )  # fmt: skip
    readonly_fields = ("vintage_text",)
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("end", "End", "End this price?", WORK, _has_not_ended),
        Deed("delete", "Delete", "Delete this price?", WORK, lambda price, _: price.valid_from > timezone.now(),
             is_dangerous=True),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditPrice]:
        """Leave the boundaries of projects out."""
        return super().get_queryset(request).filter(in_reach("project")).defer("project__coordinates")

    def has_set_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may set prices."""
        return request.user.has_perm(WORK)

    @action(description="Set a price", url_path="set", permissions=["set"], icon="add")
    def set_price(self, request: HttpRequest) -> HttpResponse:
        """Ask for a price, and set it."""
        if not self.has_set_permission(request):
            raise PermissionDenied
        actor: Any = request.user
        made: list[CreditPrice] = []

        def run(data: dict[str, Any]) -> str:
            made.append(price_set(actor=actor, **{**data, "currency": data["currency"].strip().upper()}))
            return f"The price is {made[0]}."

        response = confirm_page(
            self,
            request,
            obj=None,
            title="Set a price",
            submit="Set it",
            form=PriceForm(posted(request), initial={"project": request.GET.get("project"), "currency": "EUR"}),
            run=run,
            back=list_of("transactions_creditprice"),
            context={"explanation": "It holds from its time on. What was bought before keeps the price it had."},
        )
        return HttpResponseRedirect(page_of(made[0])) if made else response

    def deed_end(self, request: HttpRequest, obj: CreditPrice, deed: Deed) -> HttpResponse:
        """End the price sooner."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            price = price_end(actor=actor, pk=obj.pk, at=data["valid_to"])
            return f"The price ends {moment(price.valid_to)}."

        explanation = "Without another price the credits cannot be bought from then on."
        form = EndForm(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=_facts(obj))

    def deed_delete(self, request: HttpRequest, obj: CreditPrice, deed: Deed) -> HttpResponse:
        """Delete a price that has not begun."""
        actor: Any = request.user

        def run(_: dict[str, Any]) -> str:
            price_delete(actor=actor, pk=obj.pk)
            return "The price is deleted; it had not begun."

        form = forms.Form(posted(request))
        response = self.ask(request, obj, deed, form=form, run=run, facts=_facts(obj))
        if response.status_code == 302:
            return HttpResponseRedirect(list_of("transactions_creditprice"))
        return response

    def page_head(self, request: HttpRequest, obj: CreditPrice) -> Head:
        """Say whether it holds."""
        state = _state(obj)
        return Head(status=state, tone={"In force": "good", "To come": "busy"}.get(state, "plain"))

    def page_tables(self, request: HttpRequest, obj: CreditPrice) -> list[Table]:
        """List the volume tiers."""
        rows = [
            [number(tonnes(tier.from_kg)), number(f"{tier.price_per_credit:,.4f} {obj.currency}")]
            for tier in obj.tiers.all()
        ]
        empty = "No tiers: every quantity costs the same for each credit."
        return [Table("Volume tiers", ("From (t)", "A credit costs"), rows, empty)]

    @display(description="price", header=True, ordering="price_per_credit")
    def price_and_project(self, obj: CreditPrice) -> list[str]:
        """Return the price over the project."""
        return [f"{obj.price_per_credit:,.4f} {obj.currency}", obj.project.project_name]

    @display(description="state", label={"In force": "success", "To come": "info", "Ended": "default"})
    def state_badge(self, obj: CreditPrice) -> str:
        """Return whether it holds, as a badge."""
        return _state(obj)

    @display(description="vintage", ordering="vintage")
    def vintage_text(self, obj: CreditPrice) -> str:
        """Return the vintage, or that it is for all without a price of their own."""
        return str(obj.vintage) if obj.vintage else "every other"


def _state(price: CreditPrice) -> str:
    now = timezone.now()
    if price.valid_from > now:
        return "To come"
    return "Ended" if price.valid_to is not None and price.valid_to <= now else "In force"


def _facts(price: CreditPrice) -> list[tuple[str, Any]]:
    return [
        ("Project", price.project),
        ("Price", f"{price.price_per_credit:,.4f} {price.currency}"),
        ("From", moment(price.valid_from)),
    ]
