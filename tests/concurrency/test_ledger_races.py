"""Races on the ledger, each on separate connections, each with its control.

A control takes the lock away and lets every racer get past its checks before any writes. Then either the wrong thing
happens, or one of the database's own constraints catches it; each control says which.
"""

from threading import Event

import pytest
from django.db import OperationalError, connection

from accounts.roles import SUPER_ADMIN
from tests.factories import person
from tests.ledger_factories import (
    account,
    account_with,
    freeze,
    issuance_request,
    issued_batch,
    proceeds_of,
    registered_project,
    wanted,
)
from tests.races import at_once, backend_pid, constraint_names, held_until, meeting, under_way, waits_for_a_lock
from transactions import locks
from transactions.choices import BlockState, EntryKind
from transactions.errors import (
    AccountNotUsable,
    EntryNotReversible,
    IssuanceNotPossible,
    NotEnoughCredits,
)
from transactions.models import (
    Balance,
    Block,
    CreditBatch,
    HoldingAccount,
    IdempotencyKey,
    IssuanceRequest,
    LedgerEntry,
    Transaction,
)
from transactions.services import (
    RetirementDetails,
    answer_once,
    corrections,
    credits_retire,
    credits_transfer,
    entry_reverse,
    idempotency,
    issuance,
    issuance_request_approve,
    moving,
    posting,
    taking,
)
from transactions.services.verification import ledger_verify

pytestmark = pytest.mark.django_db(transaction=True)
EIGHT = 8
POSITION_ONCE, STATE_FINAL = "transactions_entry_position_once", "transactions_block_state_final"
FOR_THE_BAKERY = RetirementDetails(beneficiary_name="Harbour Bakery", purpose="environmental_benefit")


def assert_clean():
    result, problems = ledger_verify()
    assert (problems, result.problems) == ([], 0)


def sorts(outcomes):
    """How many ended how: {"Transaction": 1, "NotEnoughCredits": 7}."""
    names = [type(outcome).__name__ for outcome in outcomes]
    return {name: names.count(name) for name in sorted(set(names))}


def transfer(giver, receiver, what):
    return lambda: credits_transfer(actor=None, from_account=giver, to_account=receiver, wanted=what)


def retire(holder, what):
    return lambda: credits_retire(actor=None, account=holder, wanted=what, details=FOR_THE_BAKERY)


@pytest.fixture
def without_batch_lock(monkeypatch):
    """No lock on the batch, and all eight have chosen their blocks before the first one cuts."""

    def unlocked(pk):
        return CreditBatch.objects.get(pk=pk)

    for module in (taking, moving, corrections):
        monkeypatch.setattr(module, "batch_lock", unlocked)
    monkeypatch.setattr(posting, "carve", meeting(posting.carve, EIGHT))


@pytest.fixture
def last_credit():
    batch = issued_batch(quantity_kg=5_000)
    return batch, account_with(batch, 1_000)


def test_the_last_credit_is_given_away_once(last_credit):
    batch, holder = last_credit
    receivers = [account() for _ in range(EIGHT)]

    outcomes = at_once(*[transfer(holder, receiver, wanted(batch.project, 1_000)) for receiver in receivers])

    assert sorts(outcomes) == {"NotEnoughCredits": 7, "Transaction": 1}
    assert Balance.objects.filter(account__in=receivers, quantity_kg=1_000).count() == 1
    assert_clean()


def test_control_without_the_lock_the_ledgers_own_key_catches_the_second_gift(last_credit, without_batch_lock):
    batch, holder = last_credit
    receivers = [account() for _ in range(EIGHT)]

    outcomes = at_once(*[transfer(holder, receiver, wanted(batch.project, 1_000)) for receiver in receivers])

    assert sorts(outcomes) == {"IntegrityError": 7, "Transaction": 1}
    assert constraint_names(outcomes) == {POSITION_ONCE}
    assert_clean()


def test_control_without_the_lock_and_without_the_keys_the_credit_is_given_away_eight_times(
    last_credit, without_batch_lock
):
    """What the lock and the keys are there for: seven people believe to have what the eighth has."""
    batch, holder = last_credit
    receivers = [account() for _ in range(EIGHT)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE transactions_ledgerentry DROP CONSTRAINT transactions_entry_position_once")
        cursor.execute("ALTER TABLE transactions_balance DROP CONSTRAINT transactions_balance_not_negative")
    try:
        outcomes = at_once(*[transfer(holder, receiver, wanted(batch.project, 1_000)) for receiver in receivers])

        assert sorts(outcomes) == {"Transaction": 8}
        assert Balance.objects.filter(account__in=receivers, quantity_kg=1_000).count() == 8
        assert Block.objects.filter(account__in=receivers).count() == 1
        result, _ = ledger_verify()
        assert result.problems > 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM transactions_ledgerentry WHERE position > 1")
            cursor.execute("DELETE FROM transactions_balance")
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute(
                "ALTER TABLE transactions_ledgerentry ADD CONSTRAINT transactions_entry_position_once"
                " UNIQUE (batch_id, position)"
            )
            cursor.execute(
                "ALTER TABLE transactions_balance ADD CONSTRAINT transactions_balance_not_negative"
                " CHECK (quantity_kg >= 0)"
            )


def test_eight_who_want_three_of_ten_credits_each_get_nine():
    batch = issued_batch(quantity_kg=10_000)
    proceeds, receivers = proceeds_of(batch.project), [account() for _ in range(EIGHT)]

    outcomes = at_once(*[transfer(proceeds, receiver, wanted(batch.project, 3_000)) for receiver in receivers])

    assert sorts(outcomes) == {"NotEnoughCredits": 5, "Transaction": 3}
    assert Balance.objects.get(account=proceeds).quantity_kg == 1_000
    assert_clean()


def test_the_same_credits_are_either_given_away_or_retired(last_credit):
    batch, holder = last_credit
    one = wanted(batch.project, 1_000)

    outcomes = at_once(*[transfer(holder, account(), one) for _ in range(4)], *[retire(holder, one)] * 4)

    assert sum(isinstance(outcome, NotEnoughCredits) for outcome in outcomes) == 7
    assert LedgerEntry.objects.filter(batch=batch).count() == 3
    assert_clean()


def test_control_without_the_lock_keys_and_the_final_state_catch_transfer_against_retirement(
    last_credit, without_batch_lock
):
    batch, holder = last_credit
    one, receivers = wanted(batch.project, 1_000), [account() for _ in range(4)]

    outcomes = at_once(*[transfer(holder, receiver, one) for receiver in receivers], *[retire(holder, one)] * 4)

    assert sorts(outcomes)["IntegrityError"] == 7
    assert constraint_names(outcomes) <= {POSITION_ONCE, STATE_FINAL}
    assert LedgerEntry.objects.filter(batch=batch).count() == 3
    assert_clean()


def freeze_while_a_transfer_is_under_way(monkeypatch, last_credit):
    """Hold a transfer before it cuts, freeze its giver; return what was seen and how both ended."""
    batch, holder = last_credit
    go_on, reached, pids = Event(), Event(), []
    monkeypatch.setattr(posting, "carve", held_until(go_on, posting.carve, reached))

    def freezes():
        pids.append(backend_pid())
        return freeze(holder.pk)

    with under_way(transfer(holder, account(), wanted(batch.project, 1_000))) as moving_away:
        assert reached.wait(30)
        with under_way(freezes) as freezing:
            while not (freezing.done() or (pids and waits_for_a_lock(pids[0]))):
                pass  # until the freeze is through, or stands still behind the transfer
            frozen_first = freezing.done()
            state_then = HoldingAccount.objects.get(pk=holder.pk).state
            go_on.set()
    return frozen_first, state_then, moving_away.result(), freezing.result()


def test_a_freeze_waits_for_a_transfer_under_way(monkeypatch, last_credit):
    frozen_first, state_then, moved, frozen = freeze_while_a_transfer_is_under_way(monkeypatch, last_credit)

    assert (frozen_first, state_then) == (False, "open")
    assert isinstance(moved, Transaction)
    assert frozen.state == "frozen"
    assert_clean()


def test_control_without_the_account_lock_credits_leave_an_account_that_is_frozen_already(monkeypatch, last_credit):
    """No constraint catches this one: the lock alone holds it."""

    def unlocked(pks):
        return {found.pk: found for found in HoldingAccount.objects.filter(pk__in=pks, state="open")}

    monkeypatch.setattr(posting, "accounts_lock", unlocked)

    frozen_first, state_then, moved, _ = freeze_while_a_transfer_is_under_way(monkeypatch, last_credit)

    assert (frozen_first, state_then) == (True, "frozen")
    assert isinstance(moved, Transaction)


def test_a_freeze_among_seven_transfers_lets_each_through_whole_or_not_at_all():
    batch = issued_batch(quantity_kg=10_000)
    holder, receiver = account_with(batch, 7_000), account()
    one = wanted(batch.project, 1_000)

    outcomes = at_once(*[transfer(holder, receiver, one)] * 7, lambda: freeze(holder.pk))

    done = sum(isinstance(outcome, Transaction) for outcome in outcomes)
    assert sum(isinstance(outcome, AccountNotUsable) for outcome in outcomes) == 7 - done
    assert Balance.objects.get(account=holder).quantity_kg == 7_000 - done * 1_000
    assert HoldingAccount.objects.get(pk=holder.pk).state == "frozen"
    assert_clean()


def approvals(request):
    approvers = [person(SUPER_ADMIN) for _ in range(EIGHT)]
    return [lambda by=approver: issuance_request_approve(actor=by, pk=request.pk) for approver in approvers]


def test_an_issuance_approved_by_eight_people_at_once_issues_once():
    request = issuance_request(quantity_kg=5_000, project=registered_project())

    outcomes = at_once(*approvals(request))

    assert sorts(outcomes) == {"CreditBatch": 1, "IssuanceNotPossible": 7}
    assert all("already approved" in o.message for o in outcomes if isinstance(o, IssuanceNotPossible))
    assert CreditBatch.objects.count() == 1
    assert_clean()


def test_control_without_the_request_lock_a_trigger_catches_the_second_approval(monkeypatch):
    request = issuance_request(quantity_kg=5_000, project=registered_project())
    monkeypatch.setattr(
        issuance, "_locked", meeting(lambda pk, _actor: IssuanceRequest.objects.get(pk=pk), EIGHT, before=False)
    )

    outcomes = at_once(*approvals(request))

    assert sorts(outcomes) == {"CreditBatch": 1, "IntegrityError": 7}
    assert constraint_names(outcomes) == {"transactions_issuance_decided_once"}
    assert CreditBatch.objects.count() == 1
    assert_clean()


def test_the_first_issuances_of_eight_projects_at_once_share_one_buffer_pool():
    requests = [
        issuance_request(quantity_kg=5_000, project=registered_project(buffer_percentage=10)) for _ in range(EIGHT)
    ]
    approver = person(SUPER_ADMIN)

    outcomes = at_once(*[lambda pk=r.pk: issuance_request_approve(actor=approver, pk=pk) for r in requests])

    assert sorts(outcomes) == {"CreditBatch": 8}
    pool = HoldingAccount.objects.get(kind="buffer_pool")
    assert sum(pool.balances.values_list("quantity_kg", flat=True)) == 4_000
    assert_clean()


def one_kilogram_by_key(batch, holder, receiver):
    def action():
        credits_transfer(actor=None, from_account=holder, to_account=receiver, wanted=wanted(batch.project, 1))
        return 201, {"position": LedgerEntry.objects.filter(batch=batch).count()}

    return lambda: answer_once(scope="user 1", key="double-click", request={"quantity": "0.001"}, action=action)


def test_one_key_sent_eight_times_at_once_moves_once_and_answers_eight_times(last_credit):
    batch, holder = last_credit
    receiver = account()

    outcomes = at_once(*[one_kilogram_by_key(batch, holder, receiver)] * EIGHT)

    assert outcomes == [(201, {"position": 3})] * EIGHT
    assert Balance.objects.get(account=receiver).quantity_kg == 1
    assert IdempotencyKey.objects.count() == 1
    assert_clean()


def test_control_looking_before_inserting_is_caught_by_the_keys_uniqueness(monkeypatch, last_credit):
    batch, holder = last_credit
    receiver = account()

    def looked_up(scope, key, digest):
        return not IdempotencyKey.objects.filter(scope=scope, key=key).exists()

    look = meeting(looked_up, EIGHT, before=False)

    def claim(scope, key, digest):
        if look(scope, key, digest):
            IdempotencyKey.objects.create(scope=scope, key=key, request_digest=digest)
            return True
        return False

    monkeypatch.setattr(idempotency, "_claim", claim)

    outcomes = at_once(*[one_kilogram_by_key(batch, holder, receiver)] * EIGHT)

    assert sorts(outcomes) == {"IntegrityError": 7, "tuple": 1}
    assert constraint_names(outcomes) == {"transactions_idempotency_once"}
    assert Balance.objects.get(account=receiver).quantity_kg == 1


@pytest.fixture
def two_batches():
    """Anna and Boris hold 1,000 kg each of both batches of one project."""
    project = registered_project()
    batches = [issued_batch(quantity_kg=2_000, project=project, year=year) for year in (2021, 2022)]
    anna, boris = account("Anna"), account("Boris")
    for batch in batches:
        for holder in (anna, boris):
            transfer(proceeds_of(project), holder, wanted(project, 1_000, vintage=batch.vintage))()
    return batches, anna, boris


def test_transfers_in_opposite_directions_over_two_batches_never_wait_in_a_circle(two_batches):
    (first, second), anna, boris = two_batches
    ours = [f"{first.serial_root}-1", f"{second.serial_root}-1"]
    theirs = [f"{second.serial_root}-2", f"{first.serial_root}-2"]
    project = first.project

    def to_and_fro(giver, receiver, serials):
        def fifty_moves():
            for _ in range(25):
                transfer(giver, receiver, wanted(project, 2_000, *serials))()
                transfer(receiver, giver, wanted(project, 2_000, *reversed(serials)))()
            return 50

        return fifty_moves

    assert at_once(to_and_fro(anna, boris, ours), to_and_fro(boris, anna, theirs)) == [50, 50]
    assert LedgerEntry.objects.filter(kind="transfer").count() == 4 + 200
    assert_clean()


def test_control_locking_batches_in_the_order_they_are_named_ends_in_a_deadlock(monkeypatch, two_batches):
    """PostgreSQL finds the circle and ends one of the two; nothing is counted twice, but somebody is turned away."""
    (first, second), anna, boris = two_batches
    project = first.project
    met = meeting(locks.batch_lock, 2, before=False)

    def in_the_order_named(order):
        for serial in order.wanted.serials:
            root, _, _ = serial.rpartition("-")
            batch = met(CreditBatch.objects.get(serial_root=root).pk)
            parsed = moving.serial_parse(serial)
            yield (
                batch,
                taking.take_ranges(
                    batch=batch,
                    account_id=order.from_account.pk,
                    state=order.from_state,
                    ranges=[(parsed.first_kg, parsed.end_kg)],
                ),
            )

    monkeypatch.setattr(moving, "_taken", in_the_order_named)

    outcomes = at_once(
        transfer(anna, boris, wanted(project, 2_000, f"{first.serial_root}-1", f"{second.serial_root}-1")),
        transfer(boris, anna, wanted(project, 2_000, f"{second.serial_root}-2", f"{first.serial_root}-2")),
    )

    (turned_away,) = [outcome for outcome in outcomes if isinstance(outcome, OperationalError)]
    assert "deadlock detected" in str(turned_away)
    assert_clean()


def test_movements_over_two_projects_settle_their_figures_in_one_order():
    """The younger project's batch is the older one, so that batches and figures come in opposite orders."""
    older, younger = registered_project(), registered_project()
    batches = [issued_batch(quantity_kg=100, project=project) for project in (younger, older)]
    holders = [proceeds_of(batch.project) for batch in batches]
    figures = []

    def record(execute, sql, params, many, context):
        if "UPDATE registry_projectcredits" in sql:
            figures.append(params[-1])
        return execute(sql, params, many, context)

    def cancel_one_of_each(kilogram):
        with posting.posting(actor=None, account_ids=[holder.pk for holder in holders]) as movement:
            for batch, holder in zip(batches, holders, strict=True):
                locked = locks.batch_lock(batch.pk)
                slices = taking.take_ranges(
                    batch=locked,
                    account_id=holder.pk,
                    state=BlockState.ACTIVE,
                    ranges=[(kilogram, kilogram + 1)],
                )
                movement.move(
                    batch=locked,
                    kind=EntryKind.CANCELLATION,
                    slices=slices,
                    to_account_id=holder.pk,
                    to_state=BlockState.CANCELLED,
                )

    def twenty_five(start):
        def cancel():
            with connection.execute_wrapper(record):
                for kilogram in range(start, start + 25):
                    cancel_one_of_each(kilogram)
            return 25

        return cancel

    assert at_once(twenty_five(0), twenty_five(50)) == [25, 25]
    assert figures[:2] == [older.pk, younger.pk]
    assert sorted(figures) == [older.pk] * 50 + [younger.pk] * 50
    for batch in batches:
        assert Balance.objects.get(batch=batch, state="cancelled").quantity_kg == 50


def reversals_and_transfers(batch, holder):
    entry = LedgerEntry.objects.get(batch=batch, kind="transfer")
    one, two, receiver = person(), person(), account()

    def reverse():
        return entry_reverse(requested_by=one, approved_by=two, entry_pk=entry.pk, reason="Wrong account")

    return [reverse] * 4 + [transfer(holder, receiver, wanted(batch.project, 1_000))] * 4


def test_a_reversal_against_the_credits_moving_on_is_one_or_the_other(last_credit):
    batch, holder = last_credit

    outcomes = at_once(*reversals_and_transfers(batch, holder))

    refused = [outcome for outcome in outcomes if isinstance(outcome, (EntryNotReversible, NotEnoughCredits))]
    assert len(refused) == 7
    assert LedgerEntry.objects.filter(batch=batch).count() == 3
    assert Balance.objects.get(account=holder).quantity_kg == 0
    assert_clean()


def test_control_without_the_lock_the_ledgers_own_key_catches_reversal_against_transfer(
    last_credit, without_batch_lock
):
    batch, holder = last_credit

    outcomes = at_once(*reversals_and_transfers(batch, holder))

    assert sorts(outcomes)["IntegrityError"] == 7
    assert constraint_names(outcomes) <= {POSITION_ONCE, "transactions_ledgerentry_reverses_id_key"}
    assert LedgerEntry.objects.filter(batch=batch).count() == 3
    assert_clean()


def test_a_movement_over_two_batches_takes_its_locks_in_the_documented_order(two_batches):
    """Accounts, then batches ascending, then figures: read from the SQL that was sent."""
    (first, second), anna, _ = two_batches
    what = wanted(first.project, 1_500, f"{second.serial_root}-1-1.500", f"{first.serial_root}-1")
    statements = []

    def record(execute, sql, params, many, context):
        if "FOR " in sql or "UPDATE registry_projectcredits" in sql:
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        retire(anna, what)()

    taken = [
        ("accounts", params[0])
        if "transactions_holdingaccount" in sql
        else ("figures", params[-1])
        if "registry_projectcredits" in sql
        else ("batch", params[0])
        for sql, params in statements
    ]
    assert taken == [
        ("accounts", [anna.pk]),
        ("batch", first.pk),
        ("batch", second.pk),
        ("figures", first.project_id),
    ]
    assert "FOR SHARE" in statements[0][0]
    assert "FOR NO KEY UPDATE" in statements[1][0]
    assert "accounts, then batches, then projects' figures" in locks.__doc__


def test_the_number_of_statements_of_a_transfer_is_pinned(two_batches, django_assert_num_queries):
    (first, _), anna, boris = two_batches
    what = wanted(first.project, 1, vintage=first.vintage)

    # begin, accounts, holdings, batch, blocks, shrink, add, record, transaction, link, event, commit
    with django_assert_num_queries(12):
        transfer(anna, boris, what)()


@pytest.mark.parametrize("lock", [lambda: locks.accounts_lock([1]), lambda: locks.batch_lock(1),
                                  lambda: locks.account_lock_exclusive(1)])  # fmt: skip
def test_a_lock_outside_a_transaction_is_refused(lock):
    with pytest.raises(Exception, match="protects nothing"):
        lock()
