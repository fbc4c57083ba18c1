"""What the sign-in addresses take and answer."""

from rest_framework import serializers

from carboncore.common.api.serializers import StrictSerializer, TextField


class LoginSerializer(StrictSerializer):
    """The body of a sign-in. The e-mail is not checked for its form: a wrong one is a wrong one."""

    email = TextField(max_length=254)
    password = TextField(max_length=4096, trim_whitespace=False)
    code = TextField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="Of an account with a second factor: the six digits of the authenticator app, or a recovery code.",
    )


class PermissionFlagsSerializer(serializers.Serializer):
    """What the client may show; it grants nothing by itself."""

    projects = serializers.BooleanField()
    standards = serializers.BooleanField()
    transactions = serializers.BooleanField()
    types = serializers.BooleanField()
    delete = serializers.BooleanField()
    users = serializers.BooleanField(required=False)


class SignedInUserSerializer(serializers.Serializer):
    """Who signed in."""

    email = serializers.EmailField()
    role = serializers.CharField(
        help_text="SuperAdmin, RegistryOfficer, Reviewer, TransactionsOfficer, Auditor, Viewer or empty."
    )


class LoginAnswerSerializer(serializers.Serializer):
    """The answer to a right password."""

    success = serializers.BooleanField()
    token = serializers.CharField()
    permissions = PermissionFlagsSerializer()
    user = SignedInUserSerializer()


class LoginRefusedSerializer(serializers.Serializer):
    """The answer to a wrong password or code, to the sixth try, and to an account that lacks its second factor."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    error = serializers.CharField()
    code = serializers.CharField()


class ValidAnswerSerializer(serializers.Serializer):
    """The answer for a token that holds."""

    valid = serializers.BooleanField()
    email = serializers.EmailField()
    permissions = PermissionFlagsSerializer()


class InvalidAnswerSerializer(serializers.Serializer):
    """The answer for a token that does not."""

    valid = serializers.BooleanField()
    message = serializers.CharField()
    error = serializers.CharField()
    code = serializers.CharField()
