"""The locks of the integrations app."""

from django.db import connection, transaction

# Any constants do; they must only differ from other advisory locks of this database.
_IMPORT_KEY = 7_301_101
_CONFLICTS_KEY = 7_301_102
_FACTORS_KEY = 7_301_151
_EMISSIONS_SPACE = 7_301_152
_RELAY_KEY = 7_301_161
_PERSONS_OFFSETS, _ORGANISATIONS_OFFSETS = 7_301_171, 7_301_172


def import_lock() -> None:
    """Let one transaction at a time import: two would both find a project missing and both create it.

    Raises:
        TransactionManagementError: called outside `transaction.atomic`, where the lock would end at once.
    """
    _transaction_lock(_IMPORT_KEY)


def conflicts_lock() -> None:
    """Let one transaction at a time look for listing conflicts.

    Raises:
        TransactionManagementError: called outside `transaction.atomic`.
    """
    _transaction_lock(_CONFLICTS_KEY)


def _transaction_lock(*key: int) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock outside a transaction protects nothing.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({', '.join(['%s'] * len(key))})", key)


def factors_lock() -> None:
    """Let one transaction at a time load factor sets, so that each publisher has one current set.

    Raises:
        TransactionManagementError: called outside `transaction.atomic`.
    """
    _transaction_lock(_FACTORS_KEY)


def emissions_lock(*, connection_id: int) -> None:
    """Let one transaction at a time calculate a data source's emissions.

    Raises:
        TransactionManagementError: called outside `transaction.atomic`.
    """
    _transaction_lock(_EMISSIONS_SPACE, connection_id)


def offsets_lock(*, owner_id: int | None, organisation_id: int | None) -> None:
    """Let one transaction at a time offset a person's or an organisation's emissions. Taken before the ledger's locks.

    Raises:
        TransactionManagementError: called outside `transaction.atomic`.
    """
    if organisation_id is not None:
        _transaction_lock(_ORGANISATIONS_OFFSETS, organisation_id)
    elif owner_id is not None:
        _transaction_lock(_PERSONS_OFFSETS, owner_id)


def relay_lock() -> None:
    """Let one transaction at a time look for events that subscribers are told of.

    Raises:
        TransactionManagementError: called outside `transaction.atomic`.
    """
    _transaction_lock(_RELAY_KEY)
