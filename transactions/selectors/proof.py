"""What the public may know of the ledger's soundness: verifications, checkpoints, how much there is."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from transactions.models import Checkpoint, LedgerVerification
from transactions.selectors.certificate_proofs import checkpoint_document


@dataclass(frozen=True)
class LedgerCounts:
    """How many batches and entries the ledger has, and how many retirements."""

    batches: int
    entries: int
    retirements: int


def ledger_counts() -> LedgerCounts:
    """Count them; entries by the lengths of the chains, which costs a row a batch and not a row an entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(entries), 0)::bigint, (SELECT count(*) FROM transactions_retirement)"
            " FROM transactions_creditbatch"
        )
        return LedgerCounts(*cursor.fetchone())


def latest_verification() -> LedgerVerification | None:
    """Return the result of the last full verification, None before there was one."""
    return LedgerVerification.objects.order_by("-pk").first()


def latest_checkpoints(count: int) -> list[dict[str, Any]]:
    """Return the last checkpoints as they are published, newest first, each with its time as `at`."""
    return [{**checkpoint_document(row), "at": row.at} for row in Checkpoint.objects.order_by("-number")[:count]]


def checkpoint_by_number(number: int | None) -> dict[str, Any] | None:
    """Return one checkpoint as it is published, the latest when no number is given; None where there is none."""
    found = Checkpoint.objects.order_by("-number")
    row = (found if number is None else found.filter(number=number)).first()
    return None if row is None else checkpoint_document(row)
