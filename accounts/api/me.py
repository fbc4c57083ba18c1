"""One's own account, and what others may know of a person."""

import uuid

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import present_session, signed_in
from accounts.api.people_shapes import (
    EmailChangeSerializer,
    PasswordChangeSerializer,
    PasswordSerializer,
    PersonSerializer,
    PersonUpdateSerializer,
    ShownPersonSerializer,
    person_body,
)
from accounts.selectors import person_shown_to
from accounts.services import email_change_ask, password_change, person_erase, person_update, personal_data_export
from carboncore.audit.services import personal_data_read_record
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

PERSON_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The person's id.")


class MeView(ApiView):
    """One's own account."""

    key_scopes = {"GET": "read"}
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="read_me", tags=["people"], responses={200: PersonSerializer, **refusals(401, 429)})
    def get(self, request: Request) -> HttpResponse:
        """Read it."""
        return json_response(person_body(signed_in(request)))

    @extend_schema(
        operation_id="change_me",
        tags=["people"],
        request=PersonUpdateSerializer,
        responses={200: PersonSerializer, **refusals(400, 401, 409, 413, 415, 429)},
    )
    def patch(self, request: Request) -> HttpResponse:
        """Change the username or the name; nothing else is changed here, and naming anything else is a 400."""
        body = PersonUpdateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return json_response(person_body(person_update(user=signed_in(request), fields=body.validated_data)))

    @extend_schema(
        operation_id="erase_me",
        tags=["people"],
        description=(
            'Erase the account for good. The body is `{"password": "…"}`. 409 while the person holds credits or is an'
            " organisation's last owner; the message says what to do first."
        ),
        responses={200: DoneSerializer, **refusals(400, 401, 403, 409, 413, 415, 429)},
    )
    def delete(self, request: Request) -> HttpResponse:
        """Erase it."""
        body = PasswordSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        person_erase(user=signed_in(request), **body.validated_data)
        return json_response({"success": True, "message": "Your account is erased."})


class ExportView(ApiView):
    """A copy of everything that is held about oneself."""

    permission_classes = [IsAuthenticated]
    rate_limit = {"GET": "export"}

    @extend_schema(
        operation_id="export_me",
        tags=["people"],
        responses={200: OpenApiTypes.OBJECT, **refusals(401, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Get it as JSON: a part for each app of the registry."""
        headers = {"Content-Disposition": 'attachment; filename="my-carboncore-data.json"'}
        return json_response(personal_data_export(user=signed_in(request)), headers=headers)


class MyPasswordView(ApiView):
    """One's password."""

    permission_classes = [IsAuthenticated]
    rate_limit = "sign-in"

    @extend_schema(
        operation_id="change_password",
        tags=["people"],
        request=PasswordChangeSerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Change it, knowing the present one; every other session ends."""
        body = PasswordChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        password_change(user=signed_in(request), session=present_session(request), **body.validated_data)
        return json_response({"success": True, "message": "Password changed. Your other sessions have ended."})


class MyEmailView(ApiView):
    """One's e-mail."""

    permission_classes = [IsAuthenticated]
    rate_limit = "sign-in"

    @extend_schema(
        operation_id="change_email",
        tags=["people"],
        request=EmailChangeSerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Have a link sent to the new address; nothing changes until it is opened, and the present one is told."""
        body = EmailChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        email_change_ask(user=signed_in(request), **body.validated_data)
        words = "We have sent a mail to the new address. Open the link in it."
        return json_response({"success": True, "message": words})


class PersonView(ApiView):
    """A person."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="read_person",
        tags=["people"],
        auth=[{"bearer": []}, {"apiKey": []}, {}],  # type: ignore[list-item]
        parameters=[PERSON_ID],
        responses={200: ShownPersonSerializer, **refusals(401, 404, 429)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read what is public of a person; more of oneself, and as staff who view users."""
        viewer = signed_in(request) if request.user.is_authenticated else None
        person, sees_all = person_shown_to(viewer=viewer, public_id=public_id)
        if sees_all and viewer != person:
            personal_data_read_record(obj=person)
        return json_response(person_body(person, sees_all=sees_all))
