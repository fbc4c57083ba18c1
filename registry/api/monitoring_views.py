"""Monitoring periods of a project for staff: state, submit, verify or reject. A second person decides."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from carboncore.common.api.bodies import json_response
from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.api.listing import Condition, Listing, Ordering
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import (
    CreatedSerializer,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from registry.api.answers import ChangedSerializer
from registry.api.project_views import KEY, SIGNED_IN
from registry.api.public_views import NOT_MODIFIED
from registry.errors import MonitoringPeriodNotFound
from registry.models import MonitoringPeriod, Project, StandardValidator
from registry.selectors.projects import project_id
from registry.services import (
    monitoring_period_create,
    monitoring_period_reject,
    monitoring_period_submit,
    monitoring_period_verify,
)
from registry.services.monitoring import MAX_REASON

VIEW, ADD = "registry.view_monitoringperiod", "registry.add_monitoringperiod"
CHANGE, VERIFY = "registry.change_monitoringperiod", "registry.verify_monitoringperiod"
PERIOD = OpenApiParameter("period", OpenApiTypes.INT64, "path", description="The monitoring period's id.")
_LARGEST_ID = 2**63 - 1


class _TonnesOrNullField(SqlField, serializers.DecimalField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=3, **options)

    def sql(self, scope: Scope) -> str:
        return f"({scope.column(str(self.source))}::numeric / 1000)::numeric(22, 3)"


class MonitoringPeriodSerializer(serializers.ModelSerializer):
    """First to last day, what is claimed and what was verified, in tonnes of CO2e."""

    claimed = _TonnesOrNullField(source="claimed_kg")
    verified = _TonnesOrNullField(source="verified_kg", allow_null=True)
    validator_id = serializers.IntegerField(allow_null=True)
    validator = serializers.CharField(source="validator.name", allow_null=True)
    submitted_by = serializers.CharField(source="submitted_by.email", allow_null=True)
    verified_by = serializers.CharField(source="verified_by.email", allow_null=True)

    class Meta:
        model = MonitoringPeriod
        fields = [
            *("id", "starts_on", "ends_on", "status", "claimed", "verified", "validator_id", "validator"),
            *("verified_on", "submitted_by", "verified_by", "created_at", "updated_at"),
        ]


class PeriodBodySerializer(StrictSerializer):
    """A new period."""

    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    claimed = QuantityField(help_text="Tonnes of CO2e, up to three decimal places.")


class VerificationBodySerializer(StrictSerializer):
    """What a verification body confirmed."""

    verified = QuantityField(help_text="Tonnes of CO2e, up to what was claimed.")
    validator = WholeNumberField(min_value=1, max_value=_LARGEST_ID, help_text="The verification body's id.")
    verified_on = serializers.DateField()


class PeriodRejectionSerializer(StrictSerializer):
    """Why a period is refused."""

    reason = TextField(max_length=MAX_REASON)


class NothingSerializer(StrictSerializer):
    """No fields."""


SHAPE = RowShape(MonitoringPeriodSerializer)
PERIODS = Listing(
    SHAPE,
    orderings={"id": Ordering('"row"."id"'), "starts_on": Ordering('"row"."starts_on"', "date")},
    default_ordering="starts_on",
)


class PeriodListView(ApiView):
    """The monitoring periods of a project."""

    permissions = {"GET": VIEW, "POST": ADD}

    @extend_schema(
        operation_id="list_monitoring_periods",
        tags=["issuance"],
        parameters=[KEY, *listing_parameters(PERIODS, {})],
        responses={200: MonitoringPeriodSerializer(many=True), **NOT_MODIFIED, **refusals(400, *SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """List them, the earliest first."""
        own = Condition('"row"."project_id" = %s', (project_id(key),))
        return list_response(request._request, PERIODS, cache=PRIVATE_CACHE, within=own)

    @extend_schema(
        operation_id="create_monitoring_period",
        tags=["issuance"],
        parameters=[KEY],
        request=PeriodBodySerializer,
        responses={201: CreatedSerializer, **refusals(400, *SIGNED_IN, 404, 413, 415)},
    )
    def post(self, request: Request, key: str) -> HttpResponse:
        """State a period that is over and what is claimed for it. Periods of a project may not overlap."""
        project = Project.objects.get(pk=project_id(key))
        body = PeriodBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        period = monitoring_period_create(
            actor=signed_in(request),
            project=project,
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            claimed_kg=given["claimed"],
        )
        answer = {"success": True, "id": period.pk, "message": "Monitoring period created"}
        return json_response(answer, status=201, headers={"Location": f"{request.path}/{period.pk}"})


class PeriodView(ApiView):
    """One monitoring period."""

    permissions = {"GET": VIEW}

    @extend_schema(
        operation_id="read_monitoring_period",
        tags=["issuance"],
        parameters=[KEY, PERIOD],
        responses={200: MonitoringPeriodSerializer, **NOT_MODIFIED, **refusals(*SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str, period: int) -> HttpResponse:
        """Read it."""
        pk = _period_of(key, period)
        text = row_text(SHAPE, Condition('"row"."id" = %s', (pk,))) or ""
        return tagged_response(request._request, text, cache=PRIVATE_CACHE)


class PeriodSubmitView(ApiView):
    """Handing a period in."""

    permissions = {"POST": CHANGE}

    @extend_schema(
        operation_id="submit_monitoring_period",
        tags=["issuance"],
        parameters=[KEY, PERIOD],
        request=NothingSerializer,
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str, period: int) -> HttpResponse:
        """Hand a draft in for verification."""
        pk = _period_of(key, period)
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        monitoring_period_submit(actor=signed_in(request), pk=pk)
        return json_response({"success": True, "message": "Monitoring period submitted"})


class PeriodVerifyView(ApiView):
    """Recording a verification."""

    permissions = {"POST": VERIFY}

    @extend_schema(
        operation_id="verify_monitoring_period",
        tags=["issuance"],
        parameters=[KEY, PERIOD],
        request=VerificationBodySerializer,
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str, period: int) -> HttpResponse:
        """Record what a verification body confirmed; not by whoever submitted the period."""
        pk = _period_of(key, period)
        body = VerificationBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        validator = StandardValidator.objects.filter(pk=given["validator"]).first()
        if validator is None:
            raise InvalidInput({"validator": ["There is no such verification body."]})
        monitoring_period_verify(
            actor=signed_in(request),
            pk=pk,
            verified_kg=given["verified"],
            validator=validator,
            verified_on=given["verified_on"],
        )
        return json_response({"success": True, "message": "Monitoring period verified"})


class PeriodRejectView(ApiView):
    """Refusing a period."""

    permissions = {"POST": VERIFY}

    @extend_schema(
        operation_id="reject_monitoring_period",
        tags=["issuance"],
        parameters=[KEY, PERIOD],
        request=PeriodRejectionSerializer,
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str, period: int) -> HttpResponse:
        """Refuse it, saying why; its days are free again. Not by whoever submitted it."""
        pk = _period_of(key, period)
        body = PeriodRejectionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        monitoring_period_reject(actor=signed_in(request), pk=pk, **body.validated_data)
        return json_response({"success": True, "message": "Monitoring period rejected"})


def _period_of(key: str, pk: int) -> int:
    """Return the period's id if it is one of the project's.

    Raises:
        ProjectNotFound, MonitoringPeriodNotFound: there is no such project, or it has no such period.
    """
    of_project = MonitoringPeriod.objects.filter(project_id=project_id(key))
    if pk > _LARGEST_ID or not of_project.filter(pk=pk).exists():
        raise MonitoringPeriodNotFound
    return pk
