"""Registering, confirming, passwords and links: what people do before, or without, being signed in."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.people_shapes import (
    ConfirmEmailSerializer,
    EmailSerializer,
    RegisteredSerializer,
    RegisterSerializer,
    ResetSerializer,
    TokenSerializer,
    registered_body,
)
from accounts.services import (
    account_reclaim,
    email_change_confirm,
    password_forgotten,
    password_reset,
    registration_confirm,
    registration_create,
    registration_mail_again,
)
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

_SENT = "We have sent a mail to this address. Open the link in it."


class _OpenView(ApiView):
    """For anybody, signed in or not."""

    authentication_classes = []
    permission_classes = []
    rate_limit = "sign-in"


class RegisterView(_OpenView):
    """Asking for an account."""

    rate_limit = "register"

    @extend_schema(
        operation_id="register",
        tags=["people"],
        auth=[],
        request=RegisterSerializer,
        responses={201: RegisteredSerializer, **refusals(400, 409, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for an account. It exists, under this id, once the link in our mail and the password have confirmed it.

        The answer is the same whether or not the e-mail has an account; the mail says so.
        """
        body = RegisterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return json_response(registered_body(registration_create(**body.validated_data)), status=201)


class ConfirmView(_OpenView):
    """Confirming a registration."""

    @extend_schema(
        operation_id="confirm_email",
        tags=["people"],
        auth=[],
        request=ConfirmEmailSerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 409, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Confirm the e-mail with the token of the mail and the password that was chosen; then sign in."""
        body = ConfirmEmailSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        registration_confirm(**body.validated_data)
        return _done("Your e-mail is confirmed. Sign in.")


class ConfirmAgainView(_OpenView):
    """Another link for a registration."""

    rate_limit = "password-forgotten"

    @extend_schema(
        operation_id="resend_confirmation",
        tags=["people"],
        auth=[],
        request=EmailSerializer,
        responses={200: DoneSerializer, **refusals(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Send the link of the newest registration of this e-mail again; the answer is the same for every e-mail."""
        body = EmailSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        registration_mail_again(**body.validated_data)
        return _done(_SENT)


class ForgottenView(_OpenView):
    """Forgotten passwords."""

    rate_limit = "password-forgotten"

    @extend_schema(
        operation_id="forget_password",
        tags=["people"],
        auth=[],
        request=EmailSerializer,
        responses={200: DoneSerializer, **refusals(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Send a link to a new password; the answer is the same for every e-mail."""
        body = EmailSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        password_forgotten(**body.validated_data)
        return _done(_SENT)


class ResetView(_OpenView):
    """New passwords by link."""

    @extend_schema(
        operation_id="reset_password",
        tags=["people"],
        auth=[],
        request=ResetSerializer,
        responses={200: DoneSerializer, **refusals(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Choose a new password with the token of the mail. Every session ends."""
        body = ResetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        password_reset(**body.validated_data)
        return _done("Your password is changed. Sign in with it.")


class NewEmailView(_OpenView):
    """Confirming a new e-mail."""

    @extend_schema(
        operation_id="confirm_new_email",
        tags=["people"],
        auth=[],
        request=TokenSerializer,
        responses={200: DoneSerializer, **refusals(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make the address that the token was mailed to the account's; the old one is told."""
        body = TokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        email_change_confirm(**body.validated_data)
        return _done("Your e-mail is changed.")


class ReclaimView(_OpenView):
    """Taking an account back."""

    @extend_schema(
        operation_id="reclaim_account",
        tags=["people"],
        auth=[],
        request=TokenSerializer,
        responses={200: DoneSerializer, **refusals(400, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Undo a change of e-mail with the token that the old address got: all sessions end, a new password is due."""
        body = TokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        account_reclaim(**body.validated_data)
        return _done("The account has its old e-mail again, and every session was ended. We have mailed a link to it.")


def _done(message: str) -> HttpResponse:
    return json_response({"success": True, "message": message})
