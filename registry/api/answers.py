"""What writes answer with."""

from rest_framework import serializers


class ChangedSerializer(serializers.Serializer):
    """It was done."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField(), required=False)


class CreatedProjectSerializer(serializers.Serializer):
    """The project was created; `notes` says what was asked for and not done."""

    success = serializers.BooleanField()
    project_id = serializers.IntegerField()
    message = serializers.CharField(required=False)
    notes = serializers.ListField(child=serializers.CharField(), required=False)


class CreatedDocumentSerializer(serializers.Serializer):
    """The document was added; it is found at `url`."""

    success = serializers.BooleanField()
    id = serializers.UUIDField()
    url = serializers.CharField()


class MovedSerializer(serializers.Serializer):
    """The project stands in `status` now."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    status = serializers.CharField()


class MoveSerializer(serializers.Serializer):
    """A move that leaves the project's status: who may make it, and what is still missing."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    target = serializers.CharField()
    explanation = serializers.CharField()
    comment_required = serializers.BooleanField()
    allowed = serializers.BooleanField(help_text="Whether you may make it.")
    unmet = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
