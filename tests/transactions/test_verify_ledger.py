"""`verify_ledger`: clean over a true history, and nothing that somebody with every right rewrites goes unnoticed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.roles import TRANSACTIONS_OFFICER
from tests.factories import person
from tests.ledger_factories import account, account_with, buffer_pool, issued_batch, proceeds_of, wanted
from transactions.models import CreditBatch, HoldingAccount, LedgerVerification
from transactions.selectors.replay import Checked, Problem
from transactions.services import (
    RetirementDetails,
    buffer_cancel,
    buffer_release,
    credits_cancel,
    credits_retire,
    entry_reverse,
    verification,
)
from transactions.services.checkpoints import checkpoint_make


def make_history():
    """Seven entries: issuance, transfer, retirement, cancellation, buffer release, buffer cancellation, reversal.

    Blocks in kg: [0, 1000) retired, [1000, 3000) active, [3000, 4000) cancelled: all Anna's; [4000, 9000) proceeds;
    [9000, 9200) buffer, [9200, 9300) cancelled, [9300, 10000) buffer. A second batch was only issued.
    """
    batch = issued_batch(quantity_kg=10_000, buffer=10)
    issued_batch(quantity_kg=5_000)
    project, pool, one, two = batch.project, buffer_pool(), person(TRANSACTIONS_OFFICER), person()
    anna = account_with(batch, 4_000, name="Anna")
    credits_retire(
        actor=one,
        account=anna,
        wanted=wanted(project, 1_000),
        details=RetirementDetails(beneficiary_name="Harbour Bakery", purpose="corsia"),
    )
    credits_cancel(actor=one, account=anna, wanted=wanted(project, 1_000, f"{batch.serial_root}-4"), reason="Lost bet")
    release = buffer_release(
        actor=one, pool=pool, to_account=account("Boris"), wanted=wanted(project, 200), reason="Calm years"
    )
    buffer_cancel(actor=one, pool=pool, wanted=wanted(project, 100), reason="Fire")
    entry_reverse(
        requested_by=one, approved_by=two, entry_pk=release.entry_links.get().entry_id, reason="Released too early"
    )
    return batch


@pytest.fixture
def history(db):
    batch = make_history()
    with connection.cursor() as cursor:
        # Checked now, while everything is in order, so that nothing waits to be checked when it no longer is.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return batch


def problems():
    return [str(found) for found in verification._findings() if isinstance(found, Problem)]


def as_superuser_without_triggers(batch, *statements):
    other = CreditBatch.objects.exclude(pk=batch.pk).get()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement.replace(":b:", str(batch.pk)).replace(":other:", str(other.pk)))
            assert cursor.rowcount > 0, "the corruption must corrupt something"
        cursor.execute("SET session_replication_role = DEFAULT")


def entry(position):
    return f"(SELECT id FROM transactions_ledgerentry WHERE batch_id = :b: AND position = {position})"


def test_a_true_history_is_clean(history):
    assert problems() == []
    checked = [found for found in verification._findings() if isinstance(found, Checked)]
    assert [(found.batches, found.entries) for found in checked] == [(1, 7), (1, 1)]


BLOCK = "UPDATE transactions_block SET {} WHERE batch_id = :b: AND first_kg = {}"
ENTRY = "UPDATE transactions_ledgerentry SET {} WHERE batch_id = :b: AND position = {}"
LINE = "UPDATE transactions_ledgerline SET {} WHERE entry_id = " + entry(3)
BATCH = "UPDATE transactions_creditbatch SET {} WHERE id = :b:"
TRANSACTION = "UPDATE transactions_transaction SET {} WHERE transaction_type = 'retirement'"
ANOTHER = "(SELECT max(id) FROM transactions_holdingaccount)"
SOMEBODY = "(SELECT max(id) FROM accounts_user)"
DAY = "UPDATE transactions_dailychange SET {} WHERE batch_id = :b: AND state = 'retired'"
RETIREMENT = "UPDATE transactions_retirement SET {}"
LINK = "UPDATE transactions_transactionentry SET {} WHERE entry_id = " + entry(3)
ADD_BLOCK = (
    "INSERT INTO transactions_block (batch_id, batch_kg, first_kg, end_kg, account_id, state)"
    f" VALUES (:b:, 10000, {{}}, {{}}, {ANOTHER}, 'active')"
)
ADD_LINE = (
    "INSERT INTO transactions_ledgerline (entry_id, batch_id, at, first_kg, end_kg, from_state, to_account_id,"
    f" to_state) VALUES ({entry(3)}, :b:, now(), 9999, 10000, '', {ANOTHER}, 'active')"
)
ADD_BALANCE = (
    "INSERT INTO transactions_balance (account_id, batch_id, state, quantity_kg)"
    f" VALUES ({ANOTHER}, :other:, 'reserved', 1)"
)
FIGURES = (
    "UPDATE registry_projectcredits SET {} WHERE project_id ="
    " (SELECT project_id FROM transactions_creditbatch WHERE id = :b:)"
)
CHANGED = "its hash is not that of its content"

CORRUPTIONS = {
    # blocks
    "block moved to another account": ([BLOCK.format(f"account_id = {ANOTHER}", 1000)], None, "kilogram 1000"),
    "block split and half given away": (
        [
            BLOCK.format("first_kg = 2000", 1000),
            ADD_BLOCK.format(1000, 2000),
        ],
        None,
        "kilogram 1000",
    ),
    "block deleted": (["DELETE FROM transactions_block WHERE batch_id = :b: AND first_kg = 1000"], None, "gap"),
    "last block deleted": (["DELETE FROM transactions_block WHERE batch_id = :b: AND end_kg = 10000"], None, "9300"),
    "all blocks deleted": (["DELETE FROM transactions_block WHERE batch_id = :b:"], None, "no blocks"),
    "block counted twice": (
        [
            ADD_BLOCK.format(1500, 1600)
        ],
        None,
        "overlap",
    ),
    "block un-retired": ([BLOCK.format("state = 'active'", 0)], None, "kilogram 0"),
    "edge between two blocks shifted": (
        [BLOCK.format("end_kg = 3900", 3000), BLOCK.format("first_kg = 3900", 4000)],
        None,
        "kilogram 3900",
    ),
    "block that counts another batch quantity": ([BLOCK.format("batch_kg = 10001", 1000)], None, "10001 kg in all"),
    "block in another batch": ([BLOCK.format("batch_id = :other:", 1000)], None, "gap"),
    # lines
    "line's range": ([LINE.format("end_kg = 999")], 3, CHANGED),
    "line's start": ([LINE.format("first_kg = 1")], 3, CHANGED),
    "line's giver": ([LINE.format(f"from_account_id = {ANOTHER}")], 3, CHANGED),
    "line's receiver": ([LINE.format(f"to_account_id = {ANOTHER}")], 3, CHANGED),
    "line's former state": ([LINE.format("from_state = 'buffer'")], 3, CHANGED),
    "line's state": ([LINE.format("to_state = 'cancelled'")], 3, CHANGED),
    "line deleted": (["DELETE FROM transactions_ledgerline WHERE entry_id = " + entry(3)], 3, "has no lines"),
    "line added": (
        [
            ADD_LINE
        ],
        3,
        CHANGED,
    ),
    "line under another batch": ([LINE.format("batch_id = :other:")], 3, "filed under another batch"),
    "line under another time": ([LINE.format("at = at - interval '1 day'")], 3, "filed under another batch or time"),
    "line in another entry": ([LINE.format("entry_id = " + entry(4))], 3, "has no lines"),
    "line of an entry that is not": ([LINE.format("entry_id = 999999999")], 3, "has no lines"),
    "line that hangs": ([LINE.format("entry_id = 999999999")], None, "names an entry that is gone"),
    # entries
    "reversal of another entry": ([ENTRY.format("reverses_id = " + entry(2), 7)], 7, "does not give back"),
    "entry without its transaction": (
        ["DELETE FROM transactions_transactionentry WHERE entry_id = " + entry(3)],
        3,
        "belongs to no transaction",
    ),
    "transaction of an entry deleted": (
        ["DELETE FROM transactions_transaction WHERE transaction_type = 'retirement'"],
        None,
        "belongs to a transaction that is gone",
    ),
    "entry's kind": ([ENTRY.format("kind = 'transfer'", 4)], 4, CHANGED),
    "entry's actor": ([ENTRY.format(f"actor_id = {SOMEBODY}", 3)], 3, CHANGED),
    "entry's actor taken away": ([ENTRY.format("actor_id = NULL", 4)], 4, CHANGED),
    "entry's actor invented": ([ENTRY.format(f"actor_id = {SOMEBODY}", 2)], 2, CHANGED),
    "entry's format": ([ENTRY.format("format = 1", 4)], 4, CHANGED),
    "entry's statement": ([ENTRY.format("statement = sha256('x')", 3)], 3, CHANGED),
    "entry's time": ([ENTRY.format("at = at + interval '1 microsecond'", 3)], 3, CHANGED),
    "entry's reason": ([ENTRY.format("reason = 'Won bet'", 4)], 4, CHANGED),
    "entry's reversed entry": ([ENTRY.format("reverses_id = " + entry(2), 7)], 7, CHANGED),
    "entry deleted in the middle": (
        ["DELETE FROM transactions_ledgerentry WHERE batch_id = :b: AND position = 4"],
        5,
        "stands where entry 4 should",
    ),
    "last entry deleted": (
        ["DELETE FROM transactions_ledgerentry WHERE batch_id = :b: AND position = 7"],
        6,
        "does not end where the batch says",
    ),
    "all entries deleted": (["DELETE FROM transactions_ledgerentry WHERE batch_id = :b:"], None, "never issued"),
    "entries swapped": (
        [ENTRY.format("position = 99", 3), ENTRY.format("position = 3", 4), ENTRY.format("position = 4", 99)],
        3,
        CHANGED,
    ),
    "entry in another batch": ([ENTRY.format("batch_id = :other:", 7)], 6, "does not end where the batch says"),
    "entry's hash": ([ENTRY.format("hash = sha256('x')", 3)], 3, CHANGED),
    "entry's previous hash": ([ENTRY.format("previous_hash = sha256('x')", 3)], 3, CHANGED),
    # the batch
    "head hash": ([BATCH.format("head_hash = sha256('x')")], 7, "does not end where the batch says"),
    "count of entries": ([BATCH.format("entries = 8")], 7, "does not end where the batch says"),
    "batch quantity": ([BATCH.format("quantity_kg = 10001")], None, "10000 kg in all"),
    "serial root": ([BATCH.format("serial_root = overlay(serial_root placing 'US' from 4)")], 1, CHANGED),
    "vintage": ([BATCH.format("vintage = 2023")], None, "another project, vintage or number"),
    "batch number": ([BATCH.format("number = 2")], None, "another project, vintage or number"),
    "batch's project": (
        [BATCH.format("number = 7, project_id = (SELECT max(project_id) FROM registry_projectcredits)")],
        None,
        "another project, vintage or number",
    ),
    "batch's standard": (
        [BATCH.format("standard_id = (SELECT max(id) FROM registry_standard)")],
        None,
        "issuance request",
    ),
    "batch deleted": (["DELETE FROM transactions_creditbatch WHERE id = :b:"], None, "gone"),
    # sums
    "balance": (["UPDATE transactions_balance SET quantity_kg = quantity_kg + 1"], None, "its balance says"),
    "balance deleted": (["DELETE FROM transactions_balance WHERE batch_id = :b:"], None, "its balance says nothing"),
    "balance invented": (
        [
            ADD_BALANCE
        ],
        None,
        "holds 0 kg reserved, its balance says 1",
    ),
    "daily change": ([DAY.format("change_kg = change_kg + 1")], None, "its daily change says"),
    "daily change on another day": ([DAY.format("day = day - 1")], None, "its daily change says nothing"),
    "daily change deleted": (["DELETE FROM transactions_dailychange WHERE batch_id = :b:"], None, "says nothing"),
    "figures": (
        ["UPDATE registry_projectcredits SET available_kg = available_kg + 1, issued_kg = issued_kg + 1"],
        None,
        "its figure says",
    ),
    "figures between states": (
        [FIGURES.format("retired_kg = retired_kg - 1, available_kg = available_kg + 1")],
        None,
        "retired is 1000 kg, its figure says 999",
    ),
    "figures deleted": (["DELETE FROM registry_projectcredits"], None, "its figure says nothing"),
    # transactions and retirements
    "transaction's quantity": ([TRANSACTION.format("quantity_kg = 2000")], None, "entries moved 1000 kg"),
    "transaction's status": ([TRANSACTION.format("status = 'failed'")], None, "is failed over 1000 kg"),
    "transaction's type": ([TRANSACTION.format("transaction_type = 'transfer'")], None, "moved 0 kg"),
    "transaction's project": (
        [TRANSACTION.format("project_id = (SELECT max(project_id) FROM registry_projectcredits)")],
        3,
        "other credits than transaction",
    ),
    "transaction's account": ([TRANSACTION.format(f"from_account_id = {ANOTHER}")], 3, "other credits than"),
    "transaction deleted": (
        ["DELETE FROM transactions_transaction WHERE transaction_type = 'retirement'"],
        None,
        "does not fit",
    ),
    "link deleted": (["DELETE FROM transactions_transactionentry WHERE entry_id = " + entry(3)], None, "moved 0 kg"),
    "link to another transaction": (
        [
            LINK.format("transaction_id = (SELECT min(id) FROM transactions_transaction)")
        ],
        None,
        "moved 0 kg",
    ),
    "retirement deleted": (["DELETE FROM transactions_retirement"], None, "its retirement is gone"),
    "retirement's beneficiary": ([RETIREMENT.format("beneficiary_name = 'Mill'")], 3, "beneficiary, location or note"),
    "retirement's location": ([RETIREMENT.format("beneficiary_location = 'Oslo'")], 3, "beneficiary, location or note"),
    "retirement's note": ([RETIREMENT.format("note = 'Flights'")], 3, "beneficiary, location or note"),
    "retirement's salt": ([RETIREMENT.format("salt = sha256('x')")], 3, "beneficiary, location or note"),
    "retirement's purpose": ([RETIREMENT.format("purpose = 'other'")], 3, "purpose, period or certificate"),
    "retirement's period": ([RETIREMENT.format("period_start = '2024-01-01'")], 3, "purpose, period or certificate"),
    "retirement's certificate": ([RETIREMENT.format("public_id = gen_random_uuid()")], 3, "period or certificate"),
    "retirement's digest": ([RETIREMENT.format("beneficiary_digest = sha256('x')")], 3, "period or certificate"),
    "retirement without its digest": (
        [RETIREMENT.format("beneficiary_digest = NULL, salt = NULL, beneficiary_name = 'Mill'")],
        3,
        "period or certificate",
    ),
    "retirement's time": (
        ["UPDATE transactions_retirement SET retired_at = retired_at - interval '1 year'"],
        None,
        "does not fit",
    ),
    "retirement of another transaction": (
        ["UPDATE transactions_retirement SET transaction_id = (SELECT min(id) FROM transactions_transaction)"],
        None,
        "does not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_what_somebody_rewrites_is_found_and_named(history, name):
    statements, position, words = CORRUPTIONS[name]

    as_superuser_without_triggers(history, *statements)

    found = problems()
    assert found, f"{name} went unnoticed"
    assert any(words in line for line in found), found
    if position is not None:
        first = next(line for line in found if words in line)
        assert f"{history.serial_root[9:]}, entry {position}:" in first, found
    assert len(found) < 100


def test_a_history_rewritten_with_its_hashes_still_does_not_lead_to_todays_blocks(history):
    """Whoever recomputes the whole chain must also rewrite blocks, balances, figures and transactions."""
    as_superuser_without_triggers(history, LINE.format("end_kg = 900"))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        _recompute_chain(history, cursor)
        cursor.execute("SET session_replication_role = DEFAULT")

    found = problems()

    assert not any(CHANGED in line for line in found)
    assert any("kilogram 900 is not where the ledger left it" in line for line in found)


def _recompute_chain(batch, cursor):
    from transactions.canonical import Line, entry_hash
    from transactions.models import LedgerEntry

    previous = bytes(32)
    for row in LedgerEntry.objects.filter(batch=batch).order_by("position").select_related("reverses"):
        lines = [
            Line(ln.first_kg, ln.end_kg, ln.from_account_id, ln.from_state or None, ln.to_account_id, ln.to_state)
            for ln in row.lines.all()
        ]  # fmt: skip
        new = entry_hash(
            previous_hash=previous,
            format=row.format,
            serial_root=batch.serial_root,
            position=row.position,
            kind=row.kind,
            at=row.at,
            actor=row.actor_id,
            reason=row.reason,
            reverses_position=row.reverses.position if row.reverses else None,
            statement=row.statement,
            lines=lines,
        )
        cursor.execute(
            "UPDATE transactions_ledgerentry SET previous_hash = %s, hash = %s WHERE id = %s", [previous, new, row.pk]
        )
        previous = new
    cursor.execute("UPDATE transactions_creditbatch SET head_hash = %s WHERE id = %s", [previous, batch.pk])


@pytest.mark.django_db(transaction=True)
def test_the_command_says_clean_and_keeps_the_result():
    make_history()
    out = StringIO()

    call_command("verify_ledger", "--quiet", stdout=out)

    assert out.getvalue() == "Clean: 8 entries of 2 batches, every kilogram accounted for.\n"
    kept = LedgerVerification.objects.get()
    assert (kept.batches, kept.entries, kept.problems, kept.first_problem) == (2, 8, 0, "")
    assert kept.started_at <= kept.finished_at


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_one_and_names_the_first_bad_entry_and_its_batch():
    batch = make_history()
    as_superuser_without_triggers(batch, ENTRY.format("reason = 'Won bet'", 4))
    out = StringIO()

    with pytest.raises(CommandError) as failed:
        call_command("verify_ledger", "--quiet", stdout=out)

    named = f"{batch.serial_root}, entry 4: was changed: its hash is not that of its content"
    assert str(failed.value) == f"1 problems in 8 entries of 2 batches. The first: {named}"
    assert failed.value.returncode == 1
    assert named in out.getvalue()
    assert LedgerVerification.objects.get().first_problem == named


@pytest.mark.django_db(transaction=True)
def test_verifying_reads_one_snapshot_and_stops_no_movement(monkeypatch):
    """A movement that is committed while the verification reads is neither waited for nor half seen."""
    batch = make_history()
    from tests.races import at_once

    original = verification.replay_blocks

    def after_another_movement():
        (receiver,) = at_once(lambda: account_with(batch, 500))
        assert isinstance(receiver, HoldingAccount)
        yield from original()

    monkeypatch.setattr(verification, "replay_blocks", after_another_movement)

    result, found = verification.ledger_verify()

    assert found == []
    assert result.entries == 8
    assert proceeds_of(batch.project).balances.get().quantity_kg == 4_500


CHECKPOINT = "UPDATE transactions_checkpoint SET {} WHERE number = 1"
STANDING = "UPDATE transactions_checkpointbatch SET {} WHERE batch_id = :b:"
PROOF = "UPDATE transactions_entryproof SET {}"
CHECKPOINT_CORRUPTIONS = {
    "checkpoint's time": (CHECKPOINT.format("at = at - interval '1 day'"), "checkpoint 1: was changed"),
    "checkpoint's root": (CHECKPOINT.format("root = sha256('x')"), "checkpoint 1: was changed"),
    "checkpoint's signature": (CHECKPOINT.format("signature = decode(repeat('00', 64), 'hex')"), "1: was changed"),
    "checkpoint deleted": ("DELETE FROM transactions_checkpoint WHERE number = 1", "checkpoint 2: does not continue"),
    "standing's head": (STANDING.format("head_hash = sha256('x')"), "does not follow from where"),
    "standing's root": (STANDING.format("entries_root = sha256('x')"), "first 7 entries are not those of checkpoint 1"),
    "standing's length": (STANDING.format("entries = 6"), "first 6 entries are not those of checkpoint 1"),
    "standing deleted": ("DELETE FROM transactions_checkpointbatch WHERE batch_id = :b:", "does not follow from where"),
    "proof's path in the batch": (PROOF.format("entry_path = sha256('x')"), "proof that does not lead"),
    "proof's path in the checkpoint": (PROOF.format("batch_path = sha256('x')"), "proof that does not lead"),
    "proof of another entry": (PROOF.format("entry_id = " + entry(4)), "proof that does not lead"),
}


@pytest.mark.parametrize("name", CHECKPOINT_CORRUPTIONS)
def test_what_somebody_rewrites_of_checkpoints_is_found(history, name):
    statement, words = CHECKPOINT_CORRUPTIONS[name]
    checkpoint_make()
    checkpoint_make()
    assert problems() == []

    as_superuser_without_triggers(history, statement)

    assert any(words in line for line in problems()), problems()


def test_a_ledger_rewritten_from_end_to_end_is_not_the_one_that_was_signed(history):
    """Actor and reason mean nothing to blocks, balances and figures; the signed checkpoint knows them by their hash."""
    checkpoint_make()
    as_superuser_without_triggers(history, ENTRY.format("reason = 'Won bet', actor_id = NULL", 4))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        _recompute_chain(history, cursor)
        cursor.execute("SET session_replication_role = DEFAULT")

    assert problems() == [f"{history.serial_root}: its first 7 entries are not those of checkpoint 1"]
