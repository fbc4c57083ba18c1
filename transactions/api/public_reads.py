"""What anybody may read of the ledger: retirements, serials, a project's credits, checkpoints."""

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.reading import PUBLIC_CACHE, list_response, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.views import ApiView, LeanReadView
from carboncore.common.errors import InvalidInput
from registry.selectors.project_filters import PUBLIC
from registry.selectors.projects import project_text
from transactions.api.movements import RetirementView
from transactions.api.public_lists import (
    CHECKPOINTS,
    PROJECT_CREDITS,
    RETIREMENT_WORDS,
    RETIREMENTS,
    CheckpointDocumentSerializer,
    ProjectCreditsSerializer,
    PublicRetirementSerializer,
)
from transactions.errors import CheckpointNotFound
from transactions.selectors.list_filters import by_number, one
from transactions.selectors.proof import checkpoint_by_number
from transactions.selectors.serial_lookup import serial_lookup
from transactions.services.checkpoints import checkpoint_make

_NOT_MODIFIED = {304: OpenApiResponse(description="The caller has this already (`If-None-Match`).")}


class RetirementListView(RetirementView):
    """Retirements: anybody lists them, owners of credits make them."""

    key_scopes = {"GET": "read", "POST": "retire"}

    @extend_schema(
        operation_id="list_retirements",
        tags=["public"],
        auth=[],
        parameters=listing_parameters(RETIREMENTS, RETIREMENT_WORDS),
        responses={200: PublicRetirementSerializer(many=True), **_NOT_MODIFIED, **refusals(400)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the retirements of published projects, the latest first."""
        return list_response(request, RETIREMENTS, cache=PUBLIC_CACHE)


class SerialBatchSerializer(serializers.Serializer):
    """The batch a serial is of."""

    serial_root = serializers.CharField()
    project_id = serializers.IntegerField()
    project_name = serializers.CharField(allow_null=True)
    vintage = serializers.IntegerField()
    standard = serializers.CharField(allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    quantity = serializers.CharField()
    issued_at = serializers.DateTimeField()


class SerialBlockSerializer(serializers.Serializer):
    """Credits with one holder and one state; who holds them is told of the registry's own accounts only."""

    serial = serializers.CharField()
    quantity = serializers.CharField()
    state = serializers.CharField()
    holder = serializers.CharField(allow_null=True)
    beneficiary = serializers.CharField(allow_null=True)
    certificate = serializers.UUIDField(allow_null=True)


class SerialStepSerializer(serializers.Serializer):
    """One movement of these credits."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    position = serializers.IntegerField()
    hash = serializers.CharField()
    serial = serializers.CharField()
    from_state = serializers.CharField(allow_null=True)
    to_state = serializers.CharField()
    certificate = serializers.UUIDField(allow_null=True)


class SerialSerializer(serializers.Serializer):
    """What a serial number names. `complete` is false where only the first 1,000 blocks or movements are told."""

    serial = serializers.CharField()
    quantity = serializers.CharField()
    batch = SerialBatchSerializer()
    blocks = SerialBlockSerializer(many=True)
    history = SerialStepSerializer(many=True)
    complete = serializers.BooleanField()


class SerialView(LeanReadView):
    """What a serial number names."""

    @extend_schema(
        operation_id="read_serial",
        tags=["public"],
        parameters=[
            OpenApiParameter(
                "text", OpenApiTypes.STR, "path",
                description="A serial number, a single credit (`…-17`), a kilogram (`…-17.250`) or a batch's root.",
            )
        ],
        responses={200: SerialSerializer, **refusals(404)},
    )  # fmt: skip
    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        """Read where credits are, and everything that ever moved them."""
        return json_response(serial_lookup(text), headers={"Cache-Control": PUBLIC_CACHE})


class ProjectCreditsView(LeanReadView):
    """A project's credits."""

    @extend_schema(
        operation_id="read_project_credits",
        tags=["public"],
        parameters=[OpenApiParameter("key", OpenApiTypes.STR, "path", description="Its id, public UUID or slug.")],
        responses={200: ProjectCreditsSerializer, **_NOT_MODIFIED, **refusals(404)},
    )
    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Read how many credits a project was issued, and what became of them, in all and by vintage."""
        return tagged_response(request, project_text(PROJECT_CREDITS, key, base=PUBLIC), cache=PUBLIC_CACHE)


class CheckpointView(LeanReadView):
    """One signed checkpoint."""

    @extend_schema(
        operation_id="read_checkpoint",
        tags=["public"],
        parameters=[OpenApiParameter("number", OpenApiTypes.INT, description="Which; the latest, if not given.")],
        responses={200: CheckpointDocumentSerializer, **refusals(400, 404)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """Read the latest signed checkpoint of the ledger, or one by its number."""
        unknown = [name for name in request.GET if name != "number"]
        if unknown:
            raise InvalidInput({unknown[0][:60]: ["There is no such parameter. There are: number."]})
        given = [value for value in request.GET.getlist("number") if value]
        if given:
            by_number("number", "%s", most=2**31 - 1)(given)
        found = checkpoint_by_number(int(one("number", given)) if given else None)
        if found is None:
            raise CheckpointNotFound("There is no such checkpoint." if given else "No checkpoint was made yet.")
        return json_response(found, headers={"Cache-Control": PUBLIC_CACHE})


class CheckpointListView(LeanReadView):
    """All signed checkpoints."""

    @extend_schema(
        operation_id="list_checkpoints",
        tags=["public"],
        parameters=listing_parameters(CHECKPOINTS, {}),
        responses={200: CheckpointDocumentSerializer(many=True), **_NOT_MODIFIED, **refusals(400)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """List the signed checkpoints, the latest first."""
        return list_response(request, CHECKPOINTS, cache=PUBLIC_CACHE)


class NewCheckpointView(ApiView):
    """Making a checkpoint between the daily ones."""

    permissions = {"POST": "transactions.add_checkpoint"}

    @extend_schema(
        operation_id="make_checkpoint",
        tags=["transactions"],
        request=None,
        responses={201: CheckpointDocumentSerializer, **refusals(401, 403)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign where every batch's chain stands now."""
        return json_response(checkpoint_by_number(checkpoint_make().number), status=201)
