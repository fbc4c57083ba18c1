"""Every lock of the registry, taken in one place and in one order."""

from django.db import connection, transaction

from registry.models import Project

# Any constant does; it must only differ from other advisory locks of this database.
_BOUNDARIES_KEY = 7_301_001


def project_lock(pk: int) -> Project:
    """Return the project, its row locked until the transaction ends.

    Raises:
        Project.DoesNotExist: there is none.
        TransactionManagementError: called outside `transaction.atomic`, where a lock would end at once.
    """
    return Project.objects.select_for_update(of=("self",)).get(pk=pk)


def boundaries_lock() -> None:
    """Let one transaction at a time change boundaries.

    Two overlapping boundaries saved at the same moment would each look for the other before it is there.
    Taken before any project row, so that waits run one way.
    """
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_BOUNDARIES_KEY])


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock outside a transaction protects nothing.")
