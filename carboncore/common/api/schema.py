"""The published schema: one address per operation, its refusals, how to sign in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from drf_spectacular.utils import OpenApiTypes as Types
from rest_framework import serializers

API_PREFIX = "/api/v1"


class ErrorSerializer(serializers.Serializer):
    """Every refused request: `message` for a person, `error` in detail, `code` for programs."""

    message = serializers.CharField()
    error = serializers.CharField()
    code = serializers.CharField()


class FieldErrorSerializer(ErrorSerializer):
    """A request that cannot be understood; `errors` maps fields to their reasons."""

    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField())
    )


_REFUSALS: dict[int, tuple[type[serializers.Serializer], str]] = {
    400: (FieldErrorSerializer, "Not acceptable as it is; `errors` names each field and why."),
    401: (ErrorSerializer, "Not, or no longer, signed in."),
    403: (ErrorSerializer, "Signed in, but without the permission for this."),
    404: (ErrorSerializer, "There is no such record, or the caller may not know that there is."),
    409: (ErrorSerializer, "The present state does not allow this."),
    413: (ErrorSerializer, "The body is larger than this server takes."),
    415: (ErrorSerializer, "The body is of another type than this address takes."),
    429: (ErrorSerializer, "Too many requests or wrong tries; `Retry-After` says for how long."),
}


def refusals(*statuses: int) -> dict[int, OpenApiResponse]:
    """Return the documented error answers of these statuses."""
    return {status: OpenApiResponse(*_REFUSALS[status]) for status in statuses}


def listing_parameters(listing: Any, words: dict[str, str]) -> list[OpenApiParameter]:
    """Return the documented query parameters of a list; `words` describes its filters."""
    own = {
        "ordering": f"One of {', '.join(listing.orderings)}; a minus in front turns it round.",
        "limit": "Rows of a page, 1 to 1,000; 100 when not given.",
        "cursor": "Where to go on; taken from the `Link` header of the page before.",
        "count": "`true` adds `X-Total-Count`, the exact number of rows that the filters match.",
        "fields": "Names of the fields wanted, separated by commas.",
        "format": "`json`, or `geojson` for a FeatureCollection." if listing.geojson else "`json`.",
    }
    numbers = {"limit": Types.INT}
    return [
        OpenApiParameter(name, numbers.get(name, Types.STR), description=(words | own)[name])
        for name in listing.parameters
    ]


def only_prefixed(endpoints: list[tuple[str, str, str, Any]], **_: Any) -> list[tuple[str, str, str, Any]]:
    """Keep each operation once: the addresses at the root are the same views."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(f"{API_PREFIX}/")]


class OperationSchema(AutoSchema):
    """Says of each operation, as `x-api-key-scope`, which scope a machine's key needs; without it no key may."""

    def get_extensions(self) -> dict[str, Any]:
        scope = self.key_scope()
        return {**super().get_extensions(), **({"x-api-key-scope": scope} if scope else {})}

    def key_scope(self) -> str | None:
        """Return the scope that a key needs for this operation; None where no key may."""
        scope: str | None = getattr(self.view, "key_scopes", {}).get(self.method)
        return scope


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema describes the bearer token and, where one may be used, the API key."""

    target_class = "accounts.api.authentication.BearerAuthentication"
    name = ["bearer", "apiKey"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        either: list[dict[str, list[Any]]] = [{"bearer": []}]
        return [*either, {"apiKey": []}] if auto_schema.key_scope() else either

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        bearer = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": (
                "Of a person: the `access_token` of `POST /users/login`, half an hour; then `/users/token/refresh`."
                " Of staff: the `token` of `POST /admin/login`, eight hours. Also a person's token of an identity"
                " provider that this server's settings name, and a person's API key."
            ),
        }
        api_key = {
            "type": "apiKey",
            "in": "header",
            "name": "X-Api-Key",
            "description": (
                "A person's key for a machine, of `POST /users/me/api-keys`. `x-api-key-scope` of an operation says"
                " which scope the key needs; an operation without it is for no key."
            ),
        }
        return [bearer, api_key]


def with_limits(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Document on every operation what any may answer: not for you, too often, overloaded (a generator's hook)."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    wait = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    for operations in result["paths"].values():
        for operation in operations.values():
            if any(operation.get("security", [])) or "x-api-key-scope" in operation:
                refused = {"description": "Signed in, but not for this; nor by any key without the scope."}
                operation["responses"].setdefault("403", {**refused, "content": error})
            for status, words in (("429", "Too often"), ("503", "The server is overloaded")):
                answer = {"description": f"{words}; see `Retry-After`.", "content": error, "headers": wait}
                operation["responses"].setdefault(status, answer)
    return result


BINARY = OpenApiTypes.BINARY
