"""The database's own refusals: plain SQL past every service, and the constraint or trigger that answers, by name."""

import pytest
from django.db import DatabaseError, connection, transaction

from registry.models import MonitoringPeriod
from tests.factories import person
from tests.ledger_factories import (
    account_with,
    buffer_pool,
    issuance_request,
    issued_batch,
    proceeds_of,
    registered_project,
    wanted,
)
from transactions.models import Block, HoldingAccount, LedgerEntry
from transactions.services import RetirementDetails, credits_retire, entry_reverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch():
    """10,000 kg: [0, 1000) Anna's retired, [1000, 4000) Anna's, [4000, 9000) proceeds, [9000, 10000) buffer."""
    batch = issued_batch(quantity_kg=10_000, buffer=10)
    anna = account_with(batch, 4_000, name="Anna")
    credits_retire(
        actor=None,
        account=anna,
        wanted=wanted(batch.project, 1_000),
        details=RetirementDetails(beneficiary_name="Harbour Bakery", purpose="corsia"),
    )
    return batch


def refusal(*statements):
    """Run the statements and check what was deferred; return the name of the constraint or trigger that refused."""
    with pytest.raises(DatabaseError) as refused:
        run(*statements)
    return refused.value.__cause__.diag.constraint_name


def run(*statements):
    with transaction.atomic(), connection.cursor() as cursor:
        # What the fixture left to be checked is checked now, so that a table may be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_fixture_itself_is_accepted(batch):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    ranges = list(batch.blocks.values_list("first_kg", "end_kg", "state"))
    assert ranges == [
        (0, 1_000, "retired"),
        (1_000, 4_000, "active"),
        (4_000, 9_000, "active"),
        (9_000, 10_000, "buffer"),
    ]


BLOCK = "UPDATE transactions_block SET {} WHERE batch_id = {} AND first_kg = {}"
ADD_BLOCK = """
    INSERT INTO transactions_block (batch_id, batch_kg, first_kg, end_kg, account_id, state)
    SELECT batch_id, {}, {}, {}, account_id, state FROM transactions_block WHERE batch_id = {} AND first_kg = 4000
"""
PREDECESSOR, SUCCESSOR = "transactions_block_predecessor_fk", "transactions_block_successor_fk"


def test_a_gap_is_refused(batch):
    assert refusal(BLOCK.format("end_kg = 8999", batch.pk, 4_000)) in {PREDECESSOR, SUCCESSOR}
    assert refusal(BLOCK.format("first_kg = 4001", batch.pk, 4_000)) in {PREDECESSOR, SUCCESSOR}


def test_each_neighbour_key_refuses_a_gap_without_the_other(batch):
    """The block after the gap misses its predecessor, the block before it its successor."""
    shorten = BLOCK.format("end_kg = 8999", batch.pk, 4_000)
    drop = "ALTER TABLE transactions_block DROP CONSTRAINT {}"

    assert refusal(drop.format(SUCCESSOR), shorten) == PREDECESSOR
    assert refusal(drop.format(PREDECESSOR), shorten) == SUCCESSOR


def test_an_overlap_is_refused(batch):
    assert refusal(BLOCK.format("end_kg = 9001", batch.pk, 4_000)) in {PREDECESSOR, SUCCESSOR}
    assert refusal(ADD_BLOCK.format(10_000, 5_000, 6_000, batch.pk)) in {PREDECESSOR, SUCCESSOR}


def test_the_same_credits_twice_are_refused_at_once(batch):
    assert refusal(ADD_BLOCK.format(10_000, 4_000, 5_000, batch.pk)) == "transactions_block_first_once"
    assert refusal(ADD_BLOCK.format(10_000, 5_000, 9_000, batch.pk)) == "transactions_block_end_once"


def test_a_second_chain_beside_the_first_is_refused(batch):
    """Two blocks that follow each other but start nowhere: the first has no predecessor."""
    assert refusal(
        ADD_BLOCK.format(10_000, 4_100, 4_200, batch.pk), ADD_BLOCK.format(10_000, 4_200, 4_300, batch.pk)
    ) in {PREDECESSOR, SUCCESSOR}


def test_a_shifted_edge_is_refused_even_when_both_sides_move(batch):
    """Both edges agree again, so the keys are content: this is no gap, and what refuses it is replay."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCK.format("end_kg = 8999", batch.pk, 4_000))
        cursor.execute(BLOCK.format("first_kg = 8999", batch.pk, 9_000))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert refusal(BLOCK.format("first_kg = 0", batch.pk, 1_000)) in {
        "transactions_block_first_once",
        "transactions_block_end_once",
    }
    assert refusal(BLOCK.format("end_kg = 4500", batch.pk, 1_000)) in {PREDECESSOR, SUCCESSOR}


def test_a_block_of_no_length_or_beyond_its_batch_is_refused(batch):
    assert refusal(BLOCK.format("end_kg = 4000", batch.pk, 4_000)) == "transactions_block_range_valid"
    assert refusal(BLOCK.format("end_kg = 10001", batch.pk, 9_000)) == "transactions_block_range_valid"
    assert refusal(BLOCK.format("first_kg = -1", batch.pk, 1_000)) == "transactions_block_range_valid"


def test_deleting_a_block_is_refused_by_its_trigger_and_without_it_by_the_keys(batch):
    delete = f"DELETE FROM transactions_block WHERE batch_id = {batch.pk} AND first_kg = 4000"
    untriggered = "DROP TRIGGER transactions_block_no_delete ON transactions_block"

    assert refusal(delete) == "transactions_block_no_delete"
    assert refusal(untriggered, delete) in {PREDECESSOR, SUCCESSOR}
    assert refusal(untriggered, f"DELETE FROM transactions_block WHERE batch_id = {batch.pk}") == (
        "transactions_batch_first_block_fk"
    )


def test_a_batch_without_blocks_is_refused(batch):
    assert (
        refusal(
            "INSERT INTO transactions_creditbatch (project_id, vintage, number, serial_root, quantity_kg, labels,"
            f" issued_at, entries, head_hash) VALUES ({batch.project_id}, 2024, 2, 'CC-X', 5, '{{}}', now(), 0, '')"
        )
        == "transactions_batch_first_block_fk"
    )


def test_a_block_that_counts_another_quantity_than_its_batch_is_refused(batch):
    assert refusal(BLOCK.format("batch_kg = 10001", batch.pk, 4_000)) == "transactions_block_batch_quantity_fk"


def test_credits_that_are_retired_stay_so(batch):
    assert refusal(BLOCK.format("state = 'active'", batch.pk, 0)) == "transactions_block_state_final"
    assert refusal(BLOCK.format("first_kg = 1, end_kg = 1000", batch.pk, 0)) == "transactions_block_state_final"
    assert refusal(BLOCK.format("account_id = account_id", batch.pk, 0)) == "transactions_block_state_final"


@pytest.mark.parametrize("state", ["cancelled", "bridged"])
def test_the_other_final_states_are_final_too(batch, state):
    assert (
        refusal(BLOCK.format(f"state = '{state}'", batch.pk, 4_000), BLOCK.format("state = 'active'", batch.pk, 4_000))
        == "transactions_block_state_final"
    )


def test_a_block_does_not_change_its_batch(batch):
    other = issued_batch(quantity_kg=10_000)

    assert refusal(BLOCK.format(f"batch_id = {other.pk}", batch.pk, 4_000)) == "transactions_block_batch_fixed"


@pytest.mark.parametrize(
    ("table", "trigger"),
    [
        ("transactions_ledgerentry", "transactions_entry_append_only"),
        ("transactions_ledgerline", "transactions_line_append_only"),
        ("transactions_transactionentry", "transactions_transactionentry_append_only"),
    ],
)
def test_history_is_neither_changed_nor_deleted(batch, table, trigger):
    key = {"transactions_transactionentry": "entry_id"}.get(table, "id")

    assert refusal(f"UPDATE {table} SET {key} = {key}") == trigger
    assert refusal(f"DELETE FROM {table}") == trigger


@pytest.mark.parametrize(
    ("table", "trigger"),
    [
        ("transactions_ledgerentry", "transactions_entry_no_truncate"),
        ("transactions_ledgerline", "transactions_line_no_truncate"),
        ("transactions_creditbatch", "transactions_entry_no_truncate"),
    ],
)
def test_history_is_not_emptied_at_a_stroke(batch, table, trigger):
    other = {"transactions_entry_no_truncate": "transactions_line_no_truncate"}.get(trigger, trigger)

    assert refusal(f"TRUNCATE {table} CASCADE") in {trigger, other}


@pytest.mark.parametrize("change", ["quantity_kg = 10001", "vintage = 2023", "number = 7", "serial_root = 'CC-X'",
                                    "issued_at = now() + interval '1 day'", "standard_id = NULL", "entries = 0",
                                    "id = id + 1000"])  # fmt: skip
def test_what_was_issued_does_not_change(batch, change):
    assert refusal(f"UPDATE transactions_creditbatch SET {change} WHERE id = {batch.pk}") == (
        "transactions_batch_identity_fixed"
    )


def test_a_batch_and_a_retirement_are_never_deleted(batch):
    assert refusal(f"DELETE FROM transactions_creditbatch WHERE id = {batch.pk}") == "transactions_batch_no_delete"
    assert refusal("DELETE FROM transactions_retirement") == "transactions_retirement_no_delete"


def test_no_balance_falls_below_zero(batch):
    assert refusal("UPDATE transactions_balance SET quantity_kg = -1") == "transactions_balance_not_negative"


def test_an_account_has_one_balance_of_a_batch_in_a_state(batch):
    assert (
        refusal(
            "INSERT INTO transactions_balance (account_id, batch_id, state, quantity_kg)"
            " SELECT account_id, batch_id, state, 1 FROM transactions_balance LIMIT 1"
        )
        == "transactions_balance_once"
    )


def test_a_projects_figures_are_conserved_and_not_negative(batch):
    figures = f"UPDATE registry_projectcredits SET {{}} WHERE project_id = {batch.project_id}"

    assert refusal(figures.format("available_kg = available_kg + 1")) == "registry_projectcredits_conserved"
    assert refusal(figures.format("buffer_kg = -1, available_kg = available_kg + buffer_kg + 1")) == (
        "registry_projectcredits_not_negative"
    )


def test_a_project_has_one_proceeds_account_and_there_is_one_buffer_pool(batch):
    copy = "INSERT INTO transactions_holdingaccount (public_id, name, kind, state, project_id, claim_email, created_at)"
    values = "SELECT gen_random_uuid(), name, kind, state, project_id, '', now() FROM transactions_holdingaccount"

    assert refusal(f"{copy} {values} WHERE id = {proceeds_of(batch.project).pk}") == (
        "transactions_account_proceeds_once"
    )
    assert refusal(f"{copy} {values} WHERE id = {buffer_pool().pk}") == "transactions_account_buffer_once"


def test_an_account_of_the_registry_belongs_to_nobody(batch):
    owner = person()

    assert refusal(f"UPDATE transactions_holdingaccount SET owner_id = {owner.pk} WHERE id = {buffer_pool().pk}") == (
        "transactions_account_owner_fits_kind"
    )


def test_an_issuance_is_decided_by_a_second_person():
    request = issuance_request(quantity_kg=1_000, project=registered_project())

    assert (
        refusal(
            f"UPDATE transactions_issuancerequest SET state = 'rejected', decided_by_id = requested_by_id"
            f" WHERE id = {request.pk}"
        )
        == "transactions_issuance_second_person"
    )
    assert refusal(f"UPDATE transactions_issuancerequest SET state = 'approved' WHERE id = {request.pk}") == (
        "transactions_issuance_state_whole"
    )
    assert refusal(f"UPDATE transactions_issuancerequest SET quantity_kg = 0 WHERE id = {request.pk}") == (
        "transactions_issuance_quantity_positive"
    )


def test_what_was_decided_about_an_issuance_stays(batch):
    decided = f"WHERE batch_id = {batch.pk}"

    assert refusal(f"UPDATE transactions_issuancerequest SET batch_id = NULL, state = 'pending' {decided}") == (
        "transactions_issuance_decided_once"
    )
    assert refusal(f"DELETE FROM transactions_issuancerequest {decided}") == "transactions_issuance_decided_once"


def test_a_period_and_vintage_is_requested_once():
    request = issuance_request(quantity_kg=1_000, project=registered_project())

    request.pk = None
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        request.save(force_insert=True)

    assert refused.value.__cause__.diag.constraint_name == "transactions_issuance_period_vintage_once"


def test_monitoring_periods_of_one_project_do_not_overlap(batch):
    period = MonitoringPeriod.objects.get(project=batch.project)
    add = (
        "INSERT INTO registry_monitoringperiod (project_id, starts_on, ends_on, claimed_kg, status, created_at,"
        " updated_at) SELECT project_id, {}, {}, 1, '{}', now(), now() FROM registry_monitoringperiod"
        f" WHERE id = {period.pk}"
    )

    last_day = refusal(add.format("ends_on", "ends_on + 30", "draft"))

    assert last_day == "registry_monitoringperiod_no_overlap"
    with connection.cursor() as cursor:  # the day after, and a rejected one over the same days, are no overlap
        cursor.execute(add.format("ends_on + 1", "ends_on + 30", "draft"))
        cursor.execute(add.format("starts_on", "ends_on", "rejected"))


def test_an_entry_is_reversed_once_and_a_reversal_names_its_entry(batch):
    transfer = LedgerEntry.objects.get(kind="transfer")
    account_with(batch, 500)  # entry 4, still where it went
    entry_reverse(
        requested_by=person(),
        approved_by=person(),
        entry_pk=LedgerEntry.objects.get(position=4, batch=batch).pk,
        reason="Wrong account",
    )
    again = (
        "INSERT INTO transactions_ledgerentry"
        " (batch_id, position, kind, at, reason, format, reverses_id, previous_hash, hash)"
        f" SELECT batch_id, 99, 'reversal', now(), 'x', 2, {{}}, '', '' FROM transactions_ledgerentry"
        f" WHERE id = {transfer.pk}"
    )

    reversed_already = LedgerEntry.objects.get(kind="reversal").reverses_id
    assert "reverses_id" in refusal(again.format(reversed_already))
    assert refusal(again.format("NULL")) == "transactions_entry_reversal_names_entry"


def test_a_batch_has_one_entry_at_a_position(batch):
    assert (
        refusal(
            "INSERT INTO transactions_ledgerentry (batch_id, position, kind, at, reason, format, previous_hash, hash)"
            f" VALUES ({batch.pk}, 1, 'issuance', now(), '', 2, '', '')"
        )
        == "transactions_entry_position_once"
    )


def test_a_line_has_a_length_and_a_whole_source(batch):
    entry, holder = LedgerEntry.objects.filter(batch=batch).latest("position"), HoldingAccount.objects.first()
    add = (
        "INSERT INTO transactions_ledgerline (entry_id, batch_id, at, first_kg, end_kg, from_account_id, from_state,"
        f" to_account_id, to_state)"
        f" VALUES ({entry.pk}, {batch.pk}, now(), {{}}, {{}}, {{}}, '{{}}', {holder.pk}, 'active')"
    )

    assert refusal(add.format(5, 5, "NULL", "")) == "transactions_line_range_valid"
    assert refusal(add.format(5, 6, "NULL", "active")) == "transactions_line_source_whole"
    assert refusal(add.format(5, 6, holder.pk, "")) == "transactions_line_source_whole"
    assert refusal(add.format(0, 1, "NULL", "")) == "transactions_line_range_once"


def test_blocks_of_a_batch_number_four_after_all_these_refusals(batch):
    """A refused statement leaves nothing behind."""
    before = list(Block.objects.values_list())
    refusal(ADD_BLOCK.format(10_000, 5_000, 6_000, batch.pk))

    assert list(Block.objects.values_list()) == before
