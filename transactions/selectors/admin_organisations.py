"""Organisations as staff see them: with their country, their members and what their accounts hold."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.choices import OrganisationState
from accounts.models import (
    LimitRequest,
    Membership,
    Organisation,
    OrganisationDocument,
    OrganisationInvitation,
    User,
)
from registry.models import Country
from registry.reach import in_reach
from transactions.choices import BlockState, TransactionStatus, TransactionType
from transactions.models import Balance, HoldingAccount, MovementApproval, Transaction

# What an organisation can still use; retired and cancelled credits are nobody's any more.
HELD_STATES = (BlockState.ACTIVE, BlockState.RESERVED)
# A purchase that waits for its payment.
UNPAID = (TransactionStatus.PENDING, TransactionStatus.RESERVED)


@dataclass(frozen=True)
class HeldAccount:
    """One account of an organisation, and the kilograms in it that are active and reserved."""

    account: HoldingAccount
    active_kg: int
    reserved_kg: int


def organisations_waiting_for(user: User, queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Narrow to those that this person may decide about as the second person."""
    return queryset.filter(state=OrganisationState.PENDING).exclude(created_by_id=user.pk)


def organisations_with_country(queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Add `country_name`, as the registry spells it."""
    name = Country.objects.filter(pk=OuterRef("country_code")).values("name")[:1]
    return queryset.annotate(country_name=Subquery(name, output_field=CharField()))


def organisations_with_figures(queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Add `member_count` and `held_kg`, the kilograms that all accounts of the organisation hold."""
    members = Membership.objects.filter(organisation=OuterRef("pk")).order_by().values("organisation")
    held = (
        Balance.objects.filter(account__organisation=OuterRef("pk"), state__in=HELD_STATES)
        .order_by()
        .values("account__organisation")
    )
    return queryset.annotate(
        member_count=Coalesce(
            Subquery(members.annotate(count=Count("pk")).values("count"), output_field=IntegerField()), 0
        ),
        held_kg=Coalesce(Subquery(held.annotate(kg=Sum("quantity_kg")).values("kg")), 0),
    )


def countries_of_organisations() -> list[tuple[str, str]]:
    """Return the code and name of each country that an organisation is of, by name."""
    codes = Organisation.objects.order_by().values("country_code").distinct()
    return list(Country.objects.filter(pk__in=codes).order_by("name").values_list("pk", "name"))


def organisation_members(organisation: Organisation, *, count: int) -> list[Membership]:
    """Return the members, those who joined first first."""
    return list(organisation.memberships.select_related("user").order_by("pk")[:count])


def organisation_documents(organisation: Organisation) -> list[OrganisationDocument]:
    """Return the organisation's documents, the oldest first."""
    return list(organisation.documents.select_related("uploaded_by").order_by("pk"))


def organisation_document(organisation_pk: int, public_id: uuid.UUID) -> OrganisationDocument | None:
    """Return one document of an organisation, if it has one of this id."""
    found = OrganisationDocument.objects.filter(organisation=organisation_pk, public_id=public_id)
    return found.select_related("organisation").first()


def organisation_invitations(organisation: Organisation, *, count: int) -> list[OrganisationInvitation]:
    """Return the organisation's latest invitations, the newest first."""
    return list(organisation.invitations.select_related("invited_by").order_by("-pk")[:count])


def organisation_limit_requests(organisation: Organisation, *, count: int) -> list[LimitRequest]:
    """Return what owners asked to raise the limit to, the newest first."""
    return list(organisation.limit_requests.select_related("asked_by", "decided_by").order_by("-pk")[:count])


def organisation_approvals(organisation: Organisation, *, count: int) -> list[MovementApproval]:
    """Return the organisation's latest transfers above its limit, the newest first."""
    return list(MovementApproval.objects.filter(organisation=organisation).select_related("asked_by")[:count])


def organisation_open_purchases(organisation: Organisation, *, count: int) -> list[Transaction]:
    """Return the latest unpaid purchases into the organisation's accounts, of projects in reach of whoever looks."""
    rows = Transaction.objects.filter(
        in_reach("project"),
        transaction_type=TransactionType.PURCHASE,
        status__in=UNPAID,
        to_account__organisation=organisation,
    )
    return list(rows.select_related("project").defer("project__coordinates").order_by("-pk")[:count])


def organisation_accounts(organisation: Organisation, *, count: int) -> list[HeldAccount]:
    """Return the organisation's accounts in the order they were opened, with what each holds."""
    accounts: QuerySet[Any] = HoldingAccount.objects.filter(organisation=organisation).annotate(
        **{f"{state}_kg": Sum("balances__quantity_kg", filter=Q(balances__state=state), default=0)
           for state in HELD_STATES}
    )  # fmt: skip
    return [
        HeldAccount(account, int(account.active_kg), int(account.reserved_kg))
        for account in accounts.order_by("pk")[:count]
    ]
