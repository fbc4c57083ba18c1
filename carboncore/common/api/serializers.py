"""Reading bodies strictly: unknown fields are named, numbers are not texts, empty is empty."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carboncore.common.quantities import QuantityInvalid, kg_from_tonnes

_NUMBER = re.compile(r"[-+0-9.eE]{1,40}\Z", re.ASCII)


class TextField(serializers.CharField):
    """Text and nothing else: a number or a boolean is refused instead of being written out."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A whole number; `true` is none."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class ExactDecimalField(serializers.DecimalField):
    """An exact decimal, as a JSON number or as text; `true` is none."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or (not isinstance(data, str | int) and type(data).__name__ != "Decimal"):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "oneOf": [{"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,3})?$"}, {"type": "number", "minimum": 0.001}],
        "description": "Tonnes of CO2e, more than 0, with at most three decimal places.",
        "example": "12.345",
    }
)
class QuantityField(serializers.Field):
    """Credits (tonnes of CO2e) with at most three decimal places, as text or a number; kilograms inside."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not _NUMBER.match(data):
            raise serializers.ValidationError("Give the quantity as a number of tonnes with a point, e.g. 12.345.")
        try:
            return kg_from_tonnes(data)
        except QuantityInvalid as error:
            raise serializers.ValidationError(str(error)) from None

    def to_representation(self, value: Any) -> Any:
        return value


class RefuseUnknownFields(serializers.Serializer):
    """Mixin: a body may name declared fields only; the answer names the others."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                reason = f"There is no such field here. There are: {known}."
                raise serializers.ValidationError({str(name)[:60]: [reason] for name in unknown})
        return super().to_internal_value(data)


class StrictSerializer(RefuseUnknownFields):
    """A plain serializer that refuses unknown fields."""

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """Return what a body says, by fields that are made once and not for each body.

        Raises:
            ValidationError: the body is not as it should be, field by field.
        """
        try:
            values: dict[str, Any] = _reader_of(cls).run_validation(data)
        except serializers.ValidationError:
            body = cls(data=data)  # says it as for every other body
            body.is_valid(raise_exception=True)
            values = body.validated_data
        return values


@cache
def _reader_of(kind: type[StrictSerializer]) -> StrictSerializer:
    """Return an instance that holds no body, so that all may share it."""
    return kind()


class StrictModelSerializer(RefuseUnknownFields, serializers.ModelSerializer):
    """A body whose fields are a model's. Rules of the table are the services': here only form is checked."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.PositiveSmallIntegerField: WholeNumberField,
        models.DecimalField: ExactDecimalField,
    }
    serializer_related_field = serializers.PrimaryKeyRelatedField

    def get_fields(self) -> dict[str, serializers.Field]:
        fields: dict[str, serializers.Field] = super().get_fields()
        for field in fields.values():
            field.validators = [v for v in field.validators if not hasattr(v, "queryset")]
            if getattr(field, "allow_blank", False):
                field.allow_null = True
        return fields

    def get_validators(self) -> list[Any]:
        return []

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        for name, value in list(values.items()):
            if value is None and getattr(self.fields.get(name), "allow_blank", False):
                values[name] = ""
        return values


class DoneSerializer(serializers.Serializer):
    """That it was done."""

    success = serializers.BooleanField()
    message = serializers.CharField()


class CreatedSerializer(DoneSerializer):
    """What was made."""

    id = serializers.IntegerField()
