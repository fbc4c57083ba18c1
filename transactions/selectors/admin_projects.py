"""What the ledger knows of one project, for its staff page: in one statement."""

from dataclasses import dataclass

from django.db import connection

_SUMMARY = """
    SELECT
        (SELECT count(*) FROM transactions_issuancerequest WHERE project_id = %(project)s AND state = 'pending'),
        (SELECT count(*) FROM transactions_creditbatch WHERE project_id = %(project)s),
        (SELECT id FROM transactions_holdingaccount WHERE project_id = %(project)s AND kind = 'project_proceeds'),
        c.issued_kg, c.available_kg, c.reserved_kg, c.buffer_kg, c.retired_kg, c.cancelled_kg
    FROM (SELECT 1) one LEFT JOIN registry_projectcredits c ON c.project_id = %(project)s
"""


@dataclass(frozen=True)
class ProjectLedger:
    """Requests that wait, batches, the proceeds account (None before the first issuance), and kilograms by what."""

    pending_requests: int
    batches: int
    proceeds_id: int | None
    quantities: dict[str, int]


def project_ledger(*, project_id: int) -> ProjectLedger:
    """Return the ledger's summary of a project."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMMARY, {"project": project_id})
        pending, batches, proceeds_id, *quantities = cursor.fetchone()
    names = ("issued", "available", "reserved", "buffer", "retired", "cancelled")
    figures = {name: int(kg or 0) for name, kg in zip(names, quantities, strict=True)}
    return ProjectLedger(pending, batches, proceeds_id, figures)
