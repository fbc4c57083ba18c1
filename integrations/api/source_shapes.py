"""How the catalogue and data sources look to clients, and what clients send about data sources."""

from typing import Any

from rest_framework import serializers

from carboncore.common.api.serializers import StrictSerializer, TextField
from integrations.choices import (
    Availability,
    ConnectionProblem,
    ConnectionStatus,
    IntegrationCategory,
    IntegrationStatus,
    IntegrationType,
    SetupComplexity,
    SyncFrequency,
)
from integrations.guides import guide_html
from integrations.models import Connection, Integration


class CredentialFieldSerializer(serializers.Serializer):
    """One thing that is asked for to connect."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    secret = serializers.BooleanField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    help = serializers.CharField()


class IntegrationSerializer(serializers.Serializer):
    """An entry of the catalogue. `connectable` is false where the provider offers no way; its page says what else."""

    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    provider = serializers.CharField()
    category = serializers.ChoiceField(IntegrationCategory.choices)
    type = serializers.ChoiceField(IntegrationType.choices)
    availability = serializers.ChoiceField(Availability.choices)
    status = serializers.ChoiceField(IntegrationStatus.choices)
    connectable = serializers.BooleanField()
    description = serializers.CharField()
    logo = serializers.CharField(allow_null=True)
    setup_complexity = serializers.ChoiceField(SetupComplexity.choices)
    estimated_setup_time = serializers.CharField()
    data_types = serializers.ListField(child=serializers.CharField())
    emission_scopes = serializers.ListField(child=serializers.IntegerField())
    credential_fields = CredentialFieldSerializer(many=True)
    documentation_url = serializers.CharField(allow_null=True)
    official_url = serializers.CharField(allow_null=True)


class FaqSerializer(serializers.Serializer):
    """A question and its answer, as Markdown and as safe HTML."""

    question = serializers.CharField()
    answer = serializers.CharField()
    answer_html = serializers.CharField()


class GuidesHtmlSerializer(serializers.Serializer):
    """The guides as HTML that holds no markup but Markdown's own."""

    authentication_guide = serializers.CharField()
    info_page = serializers.CharField()
    setup_guide = serializers.CharField()


class IntegrationDetailSerializer(IntegrationSerializer):
    """An entry with its guides, as Markdown and as safe HTML."""

    authentication_guide = serializers.CharField()
    info_page = serializers.CharField()
    setup_guide = serializers.CharField()
    html = GuidesHtmlSerializer()
    faq = FaqSerializer(many=True)


class IntegrationListSerializer(serializers.Serializer):
    """The catalogue, narrowed, and all categories there are."""

    data = IntegrationSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()
    categories = serializers.ListField(child=serializers.CharField())


class SourceMetadataSerializer(serializers.Serializer):
    """What a data source is called and where it is, and what its catalogue entry says."""

    name = serializers.CharField()
    description = serializers.CharField()
    setup_complexity = serializers.CharField()
    estimated_setup_time = serializers.CharField()
    data_types = serializers.ListField(child=serializers.CharField())
    emission_scopes = serializers.ListField(child=serializers.IntegerField())


class SourceSerializer(serializers.Serializer):
    """A data source. `problem` is a stable code and `error_message` its words; `settings` holds no secret."""

    id = serializers.UUIDField()
    provider = serializers.CharField()
    type = serializers.ChoiceField(IntegrationType.choices)
    status = serializers.ChoiceField(ConnectionStatus.choices)
    display_name = serializers.CharField()
    site = serializers.CharField()
    country = serializers.CharField()
    account_reference = serializers.CharField()
    sync_frequency = serializers.ChoiceField(SyncFrequency.choices)
    settings = serializers.DictField()
    organisation = serializers.UUIDField(allow_null=True)
    problem = serializers.ChoiceField(ConnectionProblem.choices, allow_null=True)
    error_message = serializers.CharField(allow_null=True)
    error_count = serializers.IntegerField()
    lastSyncedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815 - as clients know it
    next_sync_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    integration_id = serializers.CharField()
    metadata = SourceMetadataSerializer()


class SourceListSerializer(serializers.Serializer):
    """Data sources, the oldest first."""

    data = SourceSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()


class SourceChangedSerializer(SourceSerializer):
    """A data source, with the address for giving a permission where that is needed again."""

    auth_url = serializers.URLField(required=False)


class PermissionNeededSerializer(serializers.Serializer):
    """Where the person's browser has to go to give the provider's permission."""

    message = serializers.CharField()
    auth_url = serializers.URLField()
    integration_id = serializers.CharField()
    id = serializers.UUIDField()


class _MetadataSerializer(StrictSerializer):
    name = TextField(max_length=120, required=False)
    site = TextField(max_length=120, required=False, allow_blank=True)
    country = TextField(max_length=2, required=False)
    sync_frequency = serializers.ChoiceField(SyncFrequency.choices, required=False)
    settings = serializers.DictField(required=False)


class ConnectSerializer(StrictSerializer):
    """A data source to connect. `credentials` are what the catalogue entry asks for."""

    integration_id = TextField(max_length=60)
    organisation = serializers.UUIDField(required=False, allow_null=True)
    credentials = serializers.DictField(child=TextField(max_length=4000, trim_whitespace=False), required=False)
    metadata = _MetadataSerializer(required=False)


class SourceChangeSerializer(StrictSerializer):
    """What to change; `status` disabled pauses, active goes on. New `credentials` take the place of the old ones."""

    credentials = serializers.DictField(child=TextField(max_length=4000, trim_whitespace=False), required=False)
    metadata = _MetadataSerializer(required=False)
    status = serializers.ChoiceField([ConnectionStatus.ACTIVE, ConnectionStatus.DISABLED], required=False)


def integration_body(row: Integration, *, connectable: bool) -> dict[str, Any]:
    """Return an entry of the catalogue as clients see it in the list."""
    fields = [
        {
            "name": each["name"],
            "label": each["label"],
            "secret": each.get("secret", True),
            "required": each.get("required", True),
            "help": each.get("help", ""),
        }
        for each in row.credential_fields
    ]
    plain = ("slug", "name", "provider", "category", "type", "availability", "status", "description")
    setup = ("setup_complexity", "estimated_setup_time", "data_types", "emission_scopes")
    return {
        "id": row.slug,
        **{name: getattr(row, name) for name in (*plain, *setup)},
        "connectable": connectable,
        "logo": row.logo or None,
        "credential_fields": fields,
        "documentation_url": row.documentation_url or None,
        "official_url": row.official_url or None,
    }


def integration_detail(row: Integration, *, connectable: bool) -> dict[str, Any]:
    """Return an entry with its guides."""
    guides = {name: getattr(row, name) for name in ("authentication_guide", "info_page", "setup_guide")}
    return {
        **integration_body(row, connectable=connectable),
        **guides,
        "html": {name: guide_html(text) for name, text in guides.items()},
        "faq": [{**each, "answer_html": guide_html(each["answer"])} for each in row.faq],
    }


def source_body(row: Connection) -> dict[str, Any]:
    """Return a data source as its owner sees it; nothing of its credentials is near."""
    entry = row.integration
    return {
        "id": str(row.public_id),
        "provider": entry.provider,
        "type": entry.type,
        "status": row.status,
        "display_name": row.display_name,
        "site": row.site,
        "country": row.country_code,
        "account_reference": row.account_reference,
        "sync_frequency": row.sync_frequency,
        "settings": row.settings,
        "organisation": str(row.organisation.public_id) if row.organisation else None,
        "problem": row.problem or None,
        "error_message": row.error_message or None,
        "error_count": row.error_count,
        "lastSyncedAt": row.last_synced_at,
        "next_sync_at": row.next_sync_at,
        "created_at": row.created_at,
        "integration_id": entry.slug,
        "metadata": {
            "name": row.display_name,
            "description": entry.description,
            "setup_complexity": entry.setup_complexity,
            "estimated_setup_time": entry.estimated_setup_time,
            "data_types": entry.data_types,
            "emission_scopes": entry.emission_scopes,
        },
    }


def fields_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what clients send about a data source under the names that its service knows."""
    names = {"name": "display_name", "country": "country_code"}
    return {names.get(name, name): value for name, value in metadata.items()}
