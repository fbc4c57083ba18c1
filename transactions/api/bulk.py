"""Retiring for many beneficiaries at once."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import StrictSerializer, TextField
from carboncore.common.api.views import ApiView
from carboncore.common.quantities import tonnes_from_kg
from transactions.api.callers import IDEMPOTENCY_KEY, origin_of, signed_in_caller
from transactions.api.once import answered_once
from transactions.selectors.purchases import account_usable_by
from transactions.services import credits_retire_csv
from transactions.services.bulk_retirements import MOST_ROWS, OPTIONAL, REQUIRED

_COLUMNS = f"Header line with {', '.join(REQUIRED)}; where wanted {', '.join(OPTIONAL)}. At most {MOST_ROWS:,} rows."


class RetirementCsvBodySerializer(StrictSerializer):
    """An account, and the retirements to make from it."""

    account = serializers.UUIDField()
    csv = TextField(max_length=2_000_000, trim_whitespace=False, help_text=_COLUMNS)


class RetiredRowSerializer(serializers.Serializer):
    """One retirement: the address of its certificate, for whom, how much."""

    retirement = serializers.UUIDField()
    beneficiary_name = serializers.CharField()
    project_id = serializers.IntegerField()
    quantity = serializers.CharField()


class RetiredRowsSerializer(serializers.Serializer):
    """All retirements, in the order of the rows."""

    success = serializers.BooleanField()
    quantity = serializers.CharField(help_text="Tonnes of CO2e in all.")
    retirements = RetiredRowSerializer(many=True)


class RetirementCsvView(ApiView):
    """Retirements from a CSV."""

    key_scopes = {"POST": "retire"}
    permission_classes = []

    @extend_schema(
        operation_id="retire_credits_from_csv",
        tags=["movements"],
        parameters=[IDEMPOTENCY_KEY],
        request=RetirementCsvBodySerializer,
        responses={201: RetiredRowsSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Retire every row or none; a 400 names each wrong line, such as `line 3`, with its reasons."""
        user = signed_in_caller(request)
        body = RetirementCsvBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def retire() -> dict[str, Any]:
            made = credits_retire_csv(
                actor=user,
                account=account_usable_by(user=user, public_id=given["account"]),
                text=given["csv"],
                origin=origin_of(request),
            )
            return {
                "success": True,
                "quantity": str(tonnes_from_kg(sum(row.transaction.quantity_kg for row in made))),
                "retirements": [
                    {
                        "retirement": str(row.public_id),
                        "beneficiary_name": row.beneficiary_name,
                        "project_id": row.transaction.project_id,
                        "quantity": str(tonnes_from_kg(row.transaction.quantity_kg)),
                    }
                    for row in made
                ],
            }

        return answered_once(request, retire, what="retire-csv", status=201)
