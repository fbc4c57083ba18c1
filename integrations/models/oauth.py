"""OAuth 2: the operator's registration with each provider, and the permissions that people are just giving."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from carboncore.common.history import tracked_history
from integrations.choices import TokenAuthMethod
from integrations.models.connection import Connection
from integrations.models.integration import Integration


class OAuthClient(models.Model):
    """The operator's application at one provider. Its secret is an envelope that is shown nowhere."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    integration = models.OneToOneField(Integration, on_delete=models.PROTECT, related_name="oauth_client")
    enabled = models.BooleanField(default=False, help_text="People can connect this provider.")
    discovery_url = models.URLField(
        "discovery document",
        max_length=300,
        blank=True,
        help_text="…/.well-known/openid-configuration; fills in whichever of the addresses below are empty.",
    )
    issuer = models.CharField(
        max_length=300, blank=True, help_text="What the provider calls itself; checked where it says so (iss)."
    )
    authorize_url = models.URLField("authorisation address", max_length=300, blank=True)
    token_url = models.URLField("token address", max_length=300, blank=True)
    revoke_url = models.URLField("revocation address", max_length=300, blank=True)
    scopes = models.CharField(max_length=1000, blank=True, help_text="With blanks between; the least that is needed.")
    token_auth_method = models.CharField(
        "sign-in at the token address",
        max_length=30,
        choices=TokenAuthMethod.choices,
        default=TokenAuthMethod.BASIC,
    )
    client_id = models.CharField("client id", max_length=300, blank=True)
    secret_envelope = models.TextField(blank=True, default="", editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history(excluded_fields=["secret_envelope"])

    class Meta:
        ordering = ["pk"]
        verbose_name = "OAuth client"
        constraints = [
            models.CheckConstraint(
                condition=Q(secret_envelope="") | Q(secret_envelope__startswith="v1."),  # noqa: S106 - no password
                name="integrations_oauthclient_is_envelope",
            ),
            models.CheckConstraint(
                condition=Q(enabled=False) | ~Q(client_id=""), name="integrations_oauthclient_enabled_has_id"
            ),
        ]

    def __str__(self) -> str:
        return f"OAuth client at {self.integration}"


class OAuthState(models.Model):
    """One permission that a person went to a provider for. The state itself is not kept, only its digest.

    It is good once, for a few minutes, for this person and this data source. `verifier_envelope` is PKCE's secret.
    """

    digest = models.BinaryField(max_length=32, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="oauth_states")
    verifier_envelope = models.TextField()
    redirect_uri = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "OAuth state"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="integrations_oauthstate_ends_after_begin"
            ),
            models.CheckConstraint(
                condition=Q(verifier_envelope__startswith="v1."), name="integrations_oauthstate_is_envelope"
            ),
        ]

    def __str__(self) -> str:
        return f"Permission for data source {self.connection_id}"
