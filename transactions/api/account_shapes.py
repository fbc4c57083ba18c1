"""How holding accounts, balances and statements look to their owners."""

from rest_framework import serializers

from carboncore.common.api.serializers import StrictSerializer, TextField
from transactions.choices import AccountKind, AccountState, BlockState


class AccountSerializer(serializers.Serializer):
    """A holding account."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=AccountKind.choices)
    state = serializers.ChoiceField(choices=AccountState.choices)
    organisation = serializers.CharField(allow_null=True, help_text="Null: the caller's own.")
    created_at = serializers.DateTimeField()


class NewAccountSerializer(StrictSerializer):
    """A new account: its name, and the organisation that it is for, when it is not the caller's own."""

    name = TextField(max_length=255)
    organisation = serializers.UUIDField(required=False, allow_null=True)


class HoldingSerializer(serializers.Serializer):
    """What is held of one batch in one state, in tonnes of CO2e."""

    project_id = serializers.IntegerField()
    project = serializers.CharField()
    vintage = serializers.IntegerField()
    batch = serializers.CharField()
    state = serializers.ChoiceField(choices=BlockState.choices)
    quantity = serializers.CharField()


class BalancesSerializer(serializers.Serializer):
    """The balances of an account at a moment; `totals` by state."""

    account = AccountSerializer()
    as_of = serializers.CharField(allow_null=True, help_text="As it was asked; null: now.")
    totals = serializers.DictField(child=serializers.CharField())
    balances = HoldingSerializer(many=True)


class StatementMovementSerializer(serializers.Serializer):
    """A range of credits that came in, went out (negative) or changed its state (one line of each)."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    batch = serializers.CharField()
    position = serializers.IntegerField()
    serial = serializers.CharField()
    state = serializers.ChoiceField(choices=BlockState.choices)
    quantity = serializers.CharField()
    transaction = serializers.UUIDField(allow_null=True)


class StatementSerializer(serializers.Serializer):
    """An account's statement: opening and movements make closing, in each batch and state."""

    account = AccountSerializer()
    from_day = serializers.DateField()
    to = serializers.DateField()
    opening = HoldingSerializer(many=True)
    movements = StatementMovementSerializer(many=True)
    closing = HoldingSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields: dict[str, serializers.Field] = super().get_fields()
        return {("from" if name == "from_day" else name): field for name, field in fields.items()}
