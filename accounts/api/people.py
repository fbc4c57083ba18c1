"""Registering, confirming, passwords and links: what people do before, or without, being signed in."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
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


class _TakingView(_OpenView):
    """One service that takes what is sent and answers with a word."""

    body_class: type[serializers.Serializer]
    said: str

    def take(self, request: Request, service: Callable[..., object]) -> HttpResponse:
        """Hand on what was sent."""
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        service(**body.validated_data)
        return json_response({"success": True, "message": self.said})


def _taking(operation: str, body: type[serializers.Serializer], *more: int) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["people"],
        auth=[],
        request=body,
        responses={200: DoneSerializer, **refusals(*sorted({400, 413, 415, 429, *more}))},
    )


class ConfirmView(_TakingView):
    """Confirming a registration."""

    body_class, said = ConfirmEmailSerializer, "Your e-mail is confirmed. Sign in."

    @_taking("confirm_email", ConfirmEmailSerializer, 401, 409)
    def post(self, request: Request) -> HttpResponse:
        """Confirm the e-mail with the token of the mail and the password that was chosen; then sign in."""
        return self.take(request, registration_confirm)


class ConfirmAgainView(_TakingView):
    """Another link for a registration."""

    rate_limit = "password-forgotten"
    body_class, said = EmailSerializer, _SENT

    @_taking("resend_confirmation", EmailSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Send the link of the newest registration of this e-mail again; the answer is the same for every e-mail."""
        return self.take(request, registration_mail_again)


class ForgottenView(_TakingView):
    """Forgotten passwords."""

    rate_limit = "password-forgotten"
    body_class, said = EmailSerializer, _SENT

    @_taking("forget_password", EmailSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Send a link to a new password; the answer is the same for every e-mail."""
        return self.take(request, password_forgotten)


class ResetView(_TakingView):
    """New passwords by link."""

    body_class, said = ResetSerializer, "Your password is changed. Sign in with it."

    @_taking("reset_password", ResetSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Choose a new password with the token of the mail. Every session ends."""
        return self.take(request, password_reset)


class NewEmailView(_TakingView):
    """Confirming a new e-mail."""

    body_class, said = TokenSerializer, "Your e-mail is changed."

    @_taking("confirm_new_email", TokenSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Make the address that the token was mailed to the account's; the old one is told."""
        return self.take(request, email_change_confirm)


class ReclaimView(_TakingView):
    """Taking an account back."""

    body_class = TokenSerializer
    said = "The account has its old e-mail again, and every session was ended. We have mailed a link to it."

    @_taking("reclaim_account", TokenSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Undo a change of e-mail with the token that the old address got: all sessions end, a new password is due."""
        return self.take(request, account_reclaim)
