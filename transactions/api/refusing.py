"""Refusing what somebody asked for, saying why: a request for credits, or for a reversal."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView
from transactions.api.callers import signed_in_caller
from transactions.api.office_shapes import RefusalBodySerializer

REQUEST_ID = OpenApiParameter("id", OpenApiTypes.INT64, "path", description="The request's id.")


class RefusalView(ApiView):
    """Refusing a request; sent again it is a 409, so that it needs no key."""

    said: str

    def refuse(self, request: Request, pk: int, service: Callable[..., Any]) -> HttpResponse:
        """Refuse it by its service."""
        body = RefusalBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        service(actor=signed_in_caller(request), pk=pk, **body.validated_data)
        return json_response({"success": True, "message": self.said})


def refusing(operation: str, tag: str) -> Any:
    """Return how the operation is published."""
    return extend_schema(
        operation_id=operation,
        tags=[tag],
        parameters=[REQUEST_ID],
        request=RefusalBodySerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
