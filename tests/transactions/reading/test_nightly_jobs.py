"""The nightly jobs: the whole ledger is verified, then a checkpoint is signed."""

import pytest
from procrastinate.contrib.django import app

from tests.ledger_factories import issued_batch
from transactions.models import Checkpoint, LedgerVerification
from transactions.tasks import checkpoint_make_job, ledger_verify_job


@pytest.mark.django_db(transaction=True)
def test_the_nightly_jobs_keep_a_result_and_a_checkpoint():
    issued_batch(quantity_kg=1_000)

    ledger_verify_job(timestamp=0)
    checkpoint_make_job(timestamp=0)

    result, checkpoint = LedgerVerification.objects.get(), Checkpoint.objects.get()
    assert (result.batches, result.entries, result.problems) == (1, 1, 0)
    assert (checkpoint.number, checkpoint.batches, checkpoint.entries) == (1, 1, 1)


def test_they_are_due_every_night_one_after_the_other():
    due = {periodic.task.name: periodic.cron for periodic in app.periodic_registry.periodic_tasks.values()}
    assert due["transactions.ledger_verify"] == "0 2 * * *"
    assert due["transactions.checkpoint_make"] == "30 2 * * *"
