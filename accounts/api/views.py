"""`POST /admin/login` and `GET /admin/validate`, as the existing client speaks them."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.authentication import bearer_token
from accounts.api.serializers import (
    InvalidAnswerSerializer,
    LoginAnswerSerializer,
    LoginRefusedSerializer,
    LoginSerializer,
    ValidAnswerSerializer,
)
from accounts.errors import (
    EnrolmentRequired,
    InvalidCredentials,
    SecondFactorRefused,
    SecondFactorRequired,
    SignInLocked,
    TokenRefused,
)
from accounts.roles import client_permissions, role_of
from accounts.selectors import staff_by_token
from accounts.services import staff_api_sign_in
from accounts.tokens import StaffToken
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from carboncore.common.client_address import client_address

_REFUSALS = (InvalidCredentials, SecondFactorRequired, SecondFactorRefused, EnrolmentRequired, SignInLocked)


class LoginView(ApiView):
    """Sign in with e-mail and password; the token lasts eight hours."""

    authentication_classes = []
    permission_classes = []
    rate_limit = "sign-in"

    @extend_schema(
        operation_id="sign_in",
        tags=["sign-in"],
        auth=[],
        request=LoginSerializer,
        responses={
            200: LoginAnswerSerializer,
            401: LoginRefusedSerializer,
            403: LoginRefusedSerializer,
            429: LoginRefusedSerializer,
            **refusals(400, 413, 415),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign in. Five wrong tries for one e-mail in fifteen minutes lock it; `Retry-After` says for how long.

        An account with a second factor is answered 401 `second_factor_required` until `code` is sent as well. One that
        should have set a second factor up by now is answered 403 `second_factor_enrolment_required`.
        """
        body = LoginSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"code": "", **body.validated_data}
        try:
            session = staff_api_sign_in(**given, ip_address=client_address(request))
        except _REFUSALS as error:
            headers = {"Retry-After": str(error.retry_after)} if isinstance(error, SignInLocked) else {}
            refusal = {"success": False, "message": error.message, "error": error.message, "code": error.code}
            return json_response(refusal, status=error.http_status, headers=headers)
        user = session.user
        return json_response(
            {
                "success": True,
                "token": str(StaffToken.for_session(session)),
                "permissions": client_permissions(user),
                "user": {"email": user.email, "role": role_of(user)},
            }
        )


class ValidateView(ApiView):
    """Says whether the bearer's token still holds, and what its owner may do now."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(
        operation_id="validate_token",
        tags=["sign-in"],
        auth=[{"bearer": []}],  # type: ignore[list-item]
        responses={200: ValidAnswerSerializer, 401: InvalidAnswerSerializer},
    )
    def get(self, request: Request) -> HttpResponse:
        """Check the bearer token; the permissions are those of this moment."""
        try:
            token = bearer_token(request)
            if token is None:
                raise TokenRefused("Missing token", code="token_missing")
            user = staff_by_token(token)
        except (TokenRefused, EnrolmentRequired) as error:
            refusal = {"valid": False, "error": error.message, "message": error.message, "code": error.code}
            return json_response(refusal, status=401, headers={"WWW-Authenticate": 'Bearer realm="api"'})
        return json_response({"valid": True, "email": user.email, "permissions": client_permissions(user)})
