"""One batch from issuance to correction, every figure computed by hand, every hash recomputed without our code."""

import hashlib
import json
from datetime import UTC

import pytest

from accounts.roles import TRANSACTIONS_OFFICER
from registry.models import ProjectCredits
from tests.factories import UserFactory, person
from tests.ledger_factories import account, buffer_pool, issued_batch, proceeds_of, registered_project, wanted
from transactions.models import Balance, Block, LedgerEntry, Retirement, Transaction
from transactions.services import (
    RetirementDetails,
    buffer_cancel,
    buffer_release,
    credits_cancel,
    credits_retire,
    credits_transfer,
    entry_reverse,
)
from transactions.services.verification import ledger_verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued():
    """50,000 t, 10 % of which, [45,000 t, 50,000 t), lie in the buffer pool."""
    return issued_batch(quantity_kg=50_000_000, buffer=10)


def blocks(batch):
    return [
        (block.first_kg, block.end_kg, block.account.name, block.state)
        for block in Block.objects.filter(batch=batch).select_related("account")
    ]


def serials(batch):
    return [block.serial(batch.serial_root).removeprefix(batch.serial_root) for block in batch.blocks.all()]


def ledger(batch):
    """The statement: position, kind, and each line's range, giver, receiver and states."""
    return [
        (
            entry.position,
            entry.kind,
            [
                (
                    line.first_kg,
                    line.end_kg,
                    line.from_account.name if line.from_account else None,
                    line.from_state,
                    line.to_account.name,
                    line.to_state,
                )
                for line in entry.lines.select_related("from_account", "to_account")
            ],
        )
        for entry in LedgerEntry.objects.filter(batch=batch).order_by("position")
    ]


def balances(batch):
    rows = Balance.objects.filter(batch=batch, quantity_kg__gt=0).select_related("account")
    return {(row.account.name, row.state): row.quantity_kg for row in rows}


def figures(batch):
    row = ProjectCredits.objects.get(project=batch.project)
    return (
        row.issued_kg,
        row.available_kg,
        row.reserved_kg,
        row.buffer_kg,
        row.retired_kg,
        row.cancelled_kg,
        row.bridged_kg,
    )


def stated(entry):
    """The two digests of what a retirement says, each over a text put together by hand; None of other entries."""
    retirement = Retirement.objects.filter(transaction__entry_links__entry=entry).first()
    if retirement is None:
        return None
    told = (retirement.beneficiary_name, retirement.beneficiary_location, retirement.note)
    name, location, note = (json.dumps(text, ensure_ascii=False) for text in told)
    inner = f'{{"beneficiary":{name},"location":{location},"note":{note}}}'
    digest = hashlib.sha256(bytes(retirement.salt) + inner.encode()).hexdigest()
    outer = (
        f'{{"beneficiary":"{digest}","certificate":"{retirement.public_id}","period":[null,null],'
        f'"purpose":"{retirement.purpose}"}}'
    )
    return hashlib.sha256(outer.encode()).hexdigest()


def assert_chain_recomputes(batch):
    """The published recipe, with the standard library alone."""
    previous = bytes(32)
    entries = list(LedgerEntry.objects.filter(batch=batch).order_by("position").select_related("reverses"))
    for position, entry in enumerate(entries, start=1):
        text = json.dumps(
            {
                "actor": entry.actor_id,
                "at": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
                "batch": batch.serial_root,
                "format": 2,
                "kind": str(entry.kind),
                "lines": [
                    [
                        line.first_kg,
                        line.end_kg,
                        line.from_account_id,
                        line.from_state or None,
                        line.to_account_id,
                        line.to_state,
                    ]
                    for line in entry.lines.order_by("first_kg")
                ],
                "position": position,
                "reason": entry.reason,
                "reverses": entry.reverses.position if entry.reverses else None,
                "statement": stated(entry),
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
        assert bytes(entry.previous_hash) == previous
        previous = hashlib.sha256(previous + text.encode("utf-8")).digest()
        assert bytes(entry.hash) == previous
    batch.refresh_from_db()
    assert (batch.entries, bytes(batch.head_hash)) == (len(entries), previous)


def test_issuing_fifty_thousand_tonnes_with_a_tenth_for_the_buffer(issued):
    proceeds, root = proceeds_of(issued.project).name, issued.serial_root

    assert root == f"CC-BR-{issued.project.project_type.code}-{issued.project_id:06d}-2024-01"
    assert blocks(issued) == [
        (0, 45_000_000, proceeds, "active"),
        (45_000_000, 50_000_000, "Buffer pool", "buffer"),
    ]
    assert serials(issued) == ["-1-45000", "-45001-50000"]
    assert ledger(issued) == [
        (
            1,
            "issuance",
            [
                (0, 45_000_000, None, "", proceeds, "active"),
                (45_000_000, 50_000_000, None, "", "Buffer pool", "buffer"),
            ],
        )
    ]
    assert balances(issued) == {(proceeds, "active"): 45_000_000, ("Buffer pool", "buffer"): 5_000_000}
    assert figures(issued) == (50_000_000, 45_000_000, 0, 5_000_000, 0, 0, 0)
    assert_chain_recomputes(issued)


def test_a_buffer_share_that_is_no_whole_kilogram_is_rounded_up():
    # 12.5 % of 1,000.001 t are 125.000125 t.
    batch = issued_batch(quantity_kg=1_000_001, buffer="12.5")

    assert figures(batch) == (1_000_001, 875_000, 0, 125_001, 0, 0, 0)
    assert serials(batch) == ["-1-875", "-876-1001.001"]


def test_the_second_batch_of_a_vintage_is_number_two_and_another_vintage_starts_anew():
    project = registered_project()
    first = issued_batch(quantity_kg=1_000, project=project, year=2022)
    second_year = issued_batch(quantity_kg=2_000, project=project, year=2023)

    assert (first.number, second_year.number) == (1, 1)
    assert ProjectCredits.objects.get(project=project).issued_kg == 3_000


def test_transfer_retire_cancel_buffer_and_reverse(issued, django_capture_on_commit_callbacks):
    project, proceeds, pool = issued.project, proceeds_of(issued.project), buffer_pool()
    anna, boris = account("Anna"), account("Boris")
    given = proceeds.name

    # 1,234.567 t go to Anna: a cut inside credit 1,235.
    credits_transfer(actor=None, from_account=proceeds, to_account=anna, wanted=wanted(project, 1_234_567))
    # She retires 200.000 t, the lowest, and cancels exactly credits 301 to 400.
    retirement = credits_retire(
        actor=None,
        account=anna,
        wanted=wanted(project, 200_000),
        details=RetirementDetails(beneficiary_name="Harbour Bakery", purpose="environmental_benefit"),
    )
    credits_cancel(
        actor=None, account=anna, wanted=wanted(project, 100_000, f"{issued.serial_root}-301-400"), reason="Lost bet"
    )
    # 1,000 t of the buffer are released to Boris, 500 t cancelled for a fire.
    officer = person(TRANSACTIONS_OFFICER)
    release = buffer_release(
        actor=officer, pool=pool, to_account=boris, wanted=wanted(project, 1_000_000), reason="Ten calm years"
    )
    buffer_cancel(actor=officer, pool=pool, wanted=wanted(project, 500_000), reason="Fire of 3 May")
    # The release was wrong.
    wrong = release.entry_links.get().entry
    entry_reverse(
        requested_by=UserFactory(), approved_by=UserFactory(), entry_pk=wrong.pk, reason="Released a year too early"
    )

    assert blocks(issued) == [
        (0, 200_000, "Anna", "retired"),
        (200_000, 300_000, "Anna", "active"),
        (300_000, 400_000, "Anna", "cancelled"),
        (400_000, 1_234_567, "Anna", "active"),
        (1_234_567, 45_000_000, given, "active"),
        (45_000_000, 46_000_000, "Buffer pool", "buffer"),
        (46_000_000, 46_500_000, "Buffer pool", "cancelled"),
        (46_500_000, 50_000_000, "Buffer pool", "buffer"),
    ]
    assert serials(issued) == [
        "-1-200",
        "-201-300",
        "-301-400",
        "-401-1235.567",
        "-1235.568-45000",
        "-45001-46000",
        "-46001-46500",
        "-46501-50000",
    ]
    assert ledger(issued)[1:] == [
        (2, "transfer", [(0, 1_234_567, given, "active", "Anna", "active")]),
        (3, "retirement", [(0, 200_000, "Anna", "active", "Anna", "retired")]),
        (4, "cancellation", [(300_000, 400_000, "Anna", "active", "Anna", "cancelled")]),
        (5, "buffer_release", [(45_000_000, 46_000_000, "Buffer pool", "buffer", "Boris", "active")]),
        (6, "buffer_cancellation", [(46_000_000, 46_500_000, "Buffer pool", "buffer", "Buffer pool", "cancelled")]),
        (7, "reversal", [(45_000_000, 46_000_000, "Boris", "active", "Buffer pool", "buffer")]),
    ]
    assert balances(issued) == {
        ("Anna", "active"): 934_567,
        ("Anna", "retired"): 200_000,
        ("Anna", "cancelled"): 100_000,
        (given, "active"): 43_765_433,
        ("Buffer pool", "buffer"): 4_500_000,
        ("Buffer pool", "cancelled"): 500_000,
    }
    assert figures(issued) == (50_000_000, 44_700_000, 0, 4_500_000, 200_000, 600_000, 0)
    assert [(t.transaction_type, t.status, t.quantity_kg) for t in Transaction.objects.order_by("pk")] == [
        ("transfer", "completed", 1_234_567),
        ("retirement", "completed", 200_000),
        ("cancellation", "completed", 100_000),
        ("transfer", "completed", 1_000_000),
        ("cancellation", "completed", 500_000),
    ]
    assert retirement.transaction.entry_links.get().entry.position == 3
    assert list(
        LedgerEntry.objects.filter(batch=issued).order_by("position").values_list("reason", "reverses__position")
    )[3:] == [("Lost bet", None), ("Ten calm years", None), ("Fire of 3 May", None), ("Released a year too early", 5)]
    assert_chain_recomputes(issued)


def test_several_named_ranges_of_one_block_are_cut_out_in_one_movement(issued):
    project, root, anna = issued.project, issued.serial_root, account("Anna")
    proceeds = proceeds_of(project)

    credits_transfer(
        actor=None,
        from_account=proceeds,
        to_account=anna,
        wanted=wanted(project, 5_001, f"{root}-101-102", f"{root}-1-2", f"{root}-45000", f"{root}-7.251"),
    )

    given = proceeds.name
    assert blocks(issued) == [
        (0, 2_000, "Anna", "active"),
        (2_000, 6_250, given, "active"),
        (6_250, 6_251, "Anna", "active"),
        (6_251, 100_000, given, "active"),
        (100_000, 102_000, "Anna", "active"),
        (102_000, 44_999_000, given, "active"),
        (44_999_000, 45_000_000, "Anna", "active"),
        (45_000_000, 50_000_000, "Buffer pool", "buffer"),
    ]
    assert len(ledger(issued)) == 2
    assert balances(issued)["Anna", "active"] == 5_001
    assert_chain_recomputes(issued)


def test_a_quantity_is_taken_from_the_lowest_credits_of_the_oldest_batch_first():
    project = registered_project()
    older = issued_batch(quantity_kg=3_000, project=project, year=2021)
    newer = issued_batch(quantity_kg=5_000, project=project, year=2022)
    anna, boris = account("Anna"), account("Boris")
    proceeds = proceeds_of(project)

    credits_transfer(
        actor=None, from_account=proceeds, to_account=anna, wanted=wanted(project, 1_000, f"{older.serial_root}-2")
    )
    moved = credits_transfer(actor=None, from_account=proceeds, to_account=boris, wanted=wanted(project, 4_500))

    assert blocks(older) == [
        (0, 1_000, "Boris", "active"),
        (1_000, 2_000, "Anna", "active"),
        (2_000, 3_000, "Boris", "active"),
    ]
    assert blocks(newer) == [(0, 2_500, "Boris", "active"), (2_500, 5_000, proceeds.name, "active")]
    assert [link.entry.batch_id for link in moved.entry_links.all()] == [older.pk, newer.pk]
    assert_chain_recomputes(older)
    assert_chain_recomputes(newer)


def test_a_vintage_can_be_asked_for():
    project = registered_project()
    older = issued_batch(quantity_kg=3_000, project=project, year=2021)
    newer = issued_batch(quantity_kg=5_000, project=project, year=2022)

    credits_transfer(
        actor=None,
        from_account=proceeds_of(project),
        to_account=account("Anna"),
        wanted=wanted(project, 1_000, vintage=2022),
    )

    assert len(blocks(older)) == 1
    assert blocks(newer)[0] == (0, 1_000, "Anna", "active")


def test_everything_pieced_together_again_is_one_quantity_in_many_blocks(issued):
    """Twenty transfers of one kilogram and back again: nothing is lost between the cuts."""
    project, proceeds, anna = issued.project, proceeds_of(issued.project), account("Anna")
    for _ in range(20):
        credits_transfer(actor=None, from_account=proceeds, to_account=anna, wanted=wanted(project, 1))

    credits_transfer(actor=None, from_account=anna, to_account=proceeds, wanted=wanted(project, 20))

    assert [(first, end) for first, end, _, _ in blocks(issued)][:20] == [(n, n + 1) for n in range(20)]
    assert balances(issued)[proceeds.name, "active"] == 45_000_000
    assert len(ledger(issued)[-1][2]) == 20
    assert_chain_recomputes(issued)


@pytest.mark.django_db(transaction=True)
def test_the_verification_of_a_worked_example_is_clean():
    batch = issued_batch(quantity_kg=50_000_000, buffer=10)
    credits_transfer(
        actor=None,
        from_account=proceeds_of(batch.project),
        to_account=account("Anna"),
        wanted=wanted(batch.project, 1_234_567),
    )

    result, problems = ledger_verify()

    assert problems == []
    assert (result.batches, result.entries, result.problems) == (1, 2, 0)
