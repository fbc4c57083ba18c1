"""The HTTP API: rendering, paging, authentication, tokens and the published schema."""

from datetime import timedelta

from carboncore.environment import secret

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=8),
    "SIGNING_KEY": secret("JWT_SIGNING_KEY"),
    "ALGORITHM": "HS256",
    "CHECK_REVOKE_TOKEN": True,  # a changed password ends the tokens issued before it
}

SPECTACULAR_SETTINGS = {
    "TITLE": "CarbonCore",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
