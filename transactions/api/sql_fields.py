"""Fields of the ledger's answers that PostgreSQL computes."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from carboncore.common.api.json_rows import Scope, SqlField


class CreditsField(SqlField, serializers.DecimalField):
    """Kilograms as tonnes with three places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=22, decimal_places=3, **options)

    def sql(self, scope: Scope) -> str:
        return f"(coalesce({scope.column(str(self.source))}, 0)::numeric / 1000)::numeric(22, 3)"


class HexField(SqlField, serializers.CharField):
    """Bytes as hexadecimal digits."""

    def sql(self, scope: Scope) -> str:
        return f"encode({scope.column(str(self.source))}, 'hex')"


class AbsentTextField(SqlField, serializers.CharField):
    """Text, null where the column is empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def sql(self, scope: Scope) -> str:
        return f"NULLIF({scope.column(str(self.source))}, '')"


class HiddenField(SqlField, serializers.CharField):
    """Null for everybody: this reader may not see what stands there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def sql(self, scope: Scope) -> str:
        return "NULL::text"


class CertificateAddressField(SqlField, serializers.URLField):
    """The public address of a certificate; `columns` are where its id may stand, the first that is there counts."""

    def __init__(self, *columns: str, **options: Any) -> None:
        self.columns = columns
        super().__init__(source="*", **options)

    def sql(self, scope: Scope) -> str:
        public_id = f"coalesce({', '.join(scope.column(name) for name in self.columns)})"
        prefix = f"{settings.PUBLIC_URL}/certificates/".replace("'", "''").replace("%", "%25")
        return f"'{prefix}' || {public_id}::text"


class IfPublishedField(SqlField, serializers.CharField):
    """Text that is only told where the row is published."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def sql(self, scope: Scope) -> str:
        told = scope.column("published")
        return f"CASE WHEN {told} THEN NULLIF({scope.column(str(self.source))}, '') END"
