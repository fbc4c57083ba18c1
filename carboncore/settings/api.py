"""The HTTP API: authentication, errors, parsing, the published schema and CORS."""

from carboncore.environment import env, secret

JWT_SIGNING_KEY = secret("JWT_SIGNING_KEY")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["carboncore.common.api.permissions.HasNamedPermission"],
    "DEFAULT_PARSER_CLASSES": ["carboncore.common.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "carboncore.common.api.negotiation.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "carboncore.common.api.schema.OperationSchema",
    "EXCEPTION_HANDLER": "carboncore.common.api.errors.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a parameter of lists
}

SPECTACULAR_SETTINGS = {
    "TITLE": "CarbonCore",
    "DESCRIPTION": (
        "The public and the staff API of a carbon credit registry. Every address answers under `/api/v1` and at the"
        ' root. Lists are bare arrays of at most 1,000 rows: follow `Link: <…>; rel="next"` for more. People sign in'
        " at `POST /users/login`, staff at `POST /admin/login`; both send `Authorization: Bearer <token>`."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "PREPROCESSING_HOOKS": ["carboncore.common.api.schema.only_prefixed"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "carboncore.common.api.schema.with_limits",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "SERVERS": [{"url": "/api/v1"}, {"url": "/"}],
    # Fields that share a name and not their values; a schema needs a name for each set.
    "ENUM_NAME_OVERRIDES": {
        "ProjectStatusEnum": "registry.choices.ProjectStatus",
        "MonitoringStatusEnum": "registry.choices.MonitoringStatus",
        "OverlapStateEnum": "registry.choices.OverlapState",
        "DocumentKindEnum": "registry.choices.DocumentKind",
        "AccountKindEnum": "transactions.choices.AccountKind",
        "AccountStateEnum": "transactions.choices.AccountState",
        "BlockStateEnum": "transactions.choices.BlockState",
        "TransactionStatusEnum": "transactions.choices.TransactionStatus",
        "RequestStateEnum": "transactions.choices.RequestState",
        "OrganisationStateEnum": "accounts.choices.OrganisationState",
        "IntegrationTypeEnum": "integrations.choices.IntegrationType",
        "IntegrationStatusEnum": "integrations.choices.IntegrationStatus",
        "ConnectionStatusEnum": "integrations.choices.ConnectionStatus",
        "SyncStatusEnum": "integrations.choices.SyncStatus",
        "UploadStatusEnum": "integrations.choices.UploadStatus",
        "EndpointStatusEnum": "integrations.choices.EndpointStatus",
        "OutboxStatusEnum": "integrations.choices.OutboxStatus",
        "MethodEnum": "integrations.emission_choices.Method",
        "Scope2MethodEnum": "integrations.emission_choices.SCOPE_2_METHODS",
        "OffsetStatusEnum": "integrations.emission_choices.OffsetStatus",
        "SessionKindEnum": "accounts.choices.SessionKind",
        "ApiKeyStateEnum": ["active", "expired", "revoked"],
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Sections begin closed: with more than 150 rows open, the page holds only those in view, and a browser's search
    # for an address finds nothing.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "persistAuthorization": False,
        "validatorUrl": None,
    },
}

# Public reads carry no cookie, so any origin may make them; a server may narrow this to its own front ends.
_ORIGINS: list[str] = env.list("CORS_ALLOWED_ORIGINS", default=[]) or ["*"]
CORS_ALLOW_ALL_ORIGINS = "*" in _ORIGINS
CORS_ALLOWED_ORIGINS: list[str] = [] if CORS_ALLOW_ALL_ORIGINS else _ORIGINS
CORS_ALLOW_CREDENTIALS = False
# The staff admin is for its own pages only.
CORS_URLS_REGEX = r"^/(?!staff/)"
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Link",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Total-Count",
]
CORS_PREFLIGHT_MAX_AGE = 3600
