"""Payments that no rule could decide, for staff: the list, and the decision about each."""

from collections.abc import Sequence

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Condition, Listing
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import StrictSerializer, TextField
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from registry.reach import reach_condition, within_reach
from transactions.api.callers import signed_in_caller
from transactions.api.sql_fields import AbsentTextField
from transactions.choices import IssueKind, IssueResolution
from transactions.models import PaymentIssue
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.selectors.list_filters import by_choice
from transactions.selectors.payment_issues import payment_issue_resolved_as
from transactions.services import payment_issue_resolve

VIEW = "transactions.view_paymentissue"
ISSUE_ID = OpenApiParameter("id", OpenApiTypes.INT64, "path", description="The issue's id.")


class PaymentIssueSerializer(serializers.ModelSerializer):
    """Something about a payment that a person has to decide; `transaction` is null where it is none of ours."""

    transaction = serializers.UUIDField(source="transaction.public_id", allow_null=True)
    resolution = AbsentTextField()
    resolved_by = serializers.CharField(source="resolved_by.email", allow_null=True)

    class Meta:
        model = PaymentIssue
        fields = [
            *("id", "kind", "transaction", "subject", "details", "opened_at"),
            *("resolution", "resolution_note", "resolved_by", "resolved_at"),
        ]


class ResolutionBodySerializer(StrictSerializer):
    """What is done about it, and why. A refund's note is read by the buyer."""

    resolution = serializers.ChoiceField(choices=IssueResolution.choices)
    note = TextField(max_length=1000)


def _by_state(values: Sequence[str]) -> Condition:
    if not set(values) <= {"open", "decided"}:
        raise InvalidInput({"state": ["Give one of open, decided."]})
    return Condition('("row"."resolved_at" IS NULL) = ANY(%s::bool[])', ([value == "open" for value in values],))


# What money came in for; an issue about money that is none of ours belongs to no project.
_PROJECT = '(SELECT "project_id" FROM "transactions_transaction" AS "paid" WHERE "paid"."id" = "row"."transaction_id")'
SHAPE = RowShape(PaymentIssueSerializer)
PAYMENT_ISSUES = Listing(
    SHAPE,
    filters={"state": _by_state, "kind": by_choice("kind", '"row"."kind"', IssueKind.values)},
    orderings=BY_ID,
    default_ordering="-id",
)
_WORDS = {
    "state": "open (needs somebody) or decided; both are alternatives.",
    "kind": f"{', '.join(IssueKind.values)}; several are alternatives.",
}


class PaymentIssueListView(ApiView):
    """All payment issues."""

    permissions = {"GET": VIEW}

    @extend_schema(
        operation_id="list_payment_issues",
        tags=["payments"],
        parameters=listing_parameters(PAYMENT_ISSUES, _WORDS),
        responses={200: PaymentIssueSerializer(many=True), **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List them, the newest first."""
        return list_response(
            request._request, PAYMENT_ISSUES, cache=PRIVATE_CACHE, within=reach_condition(_PROJECT, or_none=True)
        )


class PaymentIssueView(ApiView):
    """One payment issue."""

    permissions = {"GET": VIEW}

    @extend_schema(
        operation_id="read_payment_issue",
        tags=["payments"],
        parameters=[ISSUE_ID],
        responses={200: PaymentIssueSerializer, **refusals(401, 403, 404)},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Read it."""
        return tagged_response(request._request, _text(pk), cache=PRIVATE_CACHE)


class PaymentIssueResolveView(ApiView):
    """Deciding about one."""

    permissions = {"POST": WORKS_TRANSACTIONS}

    @extend_schema(
        operation_id="resolve_payment_issue",
        tags=["payments"],
        parameters=[ISSUE_ID],
        request=ResolutionBodySerializer,
        responses={200: PaymentIssueSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Deliver the credits all the same, give the money back, or note that it is settled.

        An issue is decided once. The same decision sent again by the same person is answered alike and does nothing,
        so no `Idempotency-Key` is needed; another one is a 409.
        """
        body = ResolutionBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked, actor = body.validated_data, signed_in_caller(request)
        # Not under `answered_once`: money is given back after the commit, and that must be the outermost one.
        try:
            payment_issue_resolve(actor=actor, pk=pk, **asked)
        except StateConflict:
            if not payment_issue_resolved_as(pk=pk, actor=actor, **asked):
                raise
        return tagged_response(request._request, _text(pk), cache=PRIVATE_CACHE)


def _text(pk: int) -> str:
    found = row_text(SHAPE, within_reach(Condition('"row"."id" = %s', (pk,)), _PROJECT, or_none=True))
    if found is None:
        raise NotFound("Payment issue not found.")
    return found
