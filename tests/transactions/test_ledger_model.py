"""Random sequences of every movement against a model that keeps, for each single kilogram, who holds it as what."""

from collections import Counter
from itertools import groupby

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.roles import SUPER_ADMIN
from registry.models import ProjectCredits
from tests.factories import person
from tests.ledger_factories import account, issuance_request, registered_project, wanted
from transactions.errors import CreditsNotMovable, EntryNotReversible, NotEnoughCredits
from transactions.models import Balance, Block
from transactions.selectors.records import compare_records
from transactions.selectors.replay import Problem, replay_blocks, replay_chains
from transactions.serials import serial_text
from transactions.services import (
    RetirementDetails,
    buffer_cancel,
    buffer_pool_account,
    buffer_release,
    credits_cancel,
    credits_retire,
    credits_transfer,
    entry_reverse,
    issuance_request_approve,
    proceeds_account,
)

FIGURES = ("active", "reserved", "buffer", "retired", "cancelled", "bridged")
QUANTITIES_KG = (41, 30, 1_207)
HOLDERS = st.integers(min_value=0, max_value=3)  # proceeds, then three people
QUANTITY = st.integers(min_value=1, max_value=60) | st.integers(min_value=61, max_value=1_300)


class Ledger(RuleBasedStateMachine):
    """Each example runs in a savepoint of one prepared project with three requests to issue."""

    project, requests, people, actors = None, (), (), ()

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.proceeds = proceeds_account(project=self.project)
        self.pool = buffer_pool_account()
        self.holders = [self.proceeds, *self.people]
        self.batches = []
        self.kilograms = []  # of each batch: one (account, state) a kilogram
        self.entries = []  # of each movement that could be reversed: [pk, batch, kilograms, before, after, reversed]

    def teardown(self):
        try:
            problems = [found for found in (*replay_chains(), *replay_blocks(), *compare_records())
                        if isinstance(found, Problem)]  # fmt: skip
            assert problems == []
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    @rule()
    def issue(self):
        if len(self.batches) == len(self.requests):
            return
        request = self.requests[len(self.batches)]
        self.batches.append(issuance_request_approve(actor=self.actors[0], pk=request.pk))
        buffer_kg = -(-request.quantity_kg // 10)
        self.kilograms.append(
            [(self.proceeds.pk, "active")] * (request.quantity_kg - buffer_kg) + [(self.pool.pk, "buffer")] * buffer_kg
        )

    @rule(giver=HOLDERS, receiver=HOLDERS, quantity_kg=QUANTITY)
    def transfer(self, giver, receiver, quantity_kg):
        if giver == receiver:
            return
        giver, receiver = self.holders[giver], self.holders[receiver]
        self.lowest(
            (giver.pk, "active"), quantity_kg, (receiver.pk, "active"),
            lambda what: credits_transfer(actor=None, from_account=giver, to_account=receiver, wanted=what),
        )  # fmt: skip

    @rule(batch=st.integers(0, 2), giver=HOLDERS, first=st.integers(0, 60), length=st.integers(1, 60))
    def transfer_named(self, batch, giver, first, length):
        giver, receiver = self.holders[giver], self.holders[giver - 1]
        if batch >= len(self.batches):
            return
        serial = serial_text(root=self.batches[batch].serial_root, first_kg=first, end_kg=first + length)
        what = wanted(self.project, length, serial)
        here = self.kilograms[batch][first : first + length]
        if len(here) == length and set(here) == {(giver.pk, "active")}:
            moved = credits_transfer(actor=None, from_account=giver, to_account=receiver, wanted=what)
            self.follow(moved, {batch: list(range(first, first + length))}, (receiver.pk, "active"))
        else:
            with pytest.raises(CreditsNotMovable):
                credits_transfer(actor=None, from_account=giver, to_account=receiver, wanted=what)

    @rule(holder=HOLDERS, quantity_kg=QUANTITY)
    def retire(self, holder, quantity_kg):
        holder = self.holders[holder]
        details = RetirementDetails(beneficiary_name="Harbour Bakery", purpose="corsia")
        self.lowest(
            (holder.pk, "active"), quantity_kg, (holder.pk, "retired"),
            lambda what: credits_retire(actor=None, account=holder, wanted=what, details=details).transaction,
        )  # fmt: skip

    @rule(holder=HOLDERS, quantity_kg=QUANTITY)
    def cancel(self, holder, quantity_kg):
        holder = self.holders[holder]
        self.lowest(
            (holder.pk, "active"), quantity_kg, (holder.pk, "cancelled"),
            lambda what: credits_cancel(actor=None, account=holder, wanted=what, reason="Lost bet"),
        )  # fmt: skip

    @rule(receiver=HOLDERS, quantity_kg=st.integers(1, 8))
    def release_from_buffer(self, receiver, quantity_kg):
        receiver, actor = self.holders[receiver], self.actors[0]
        self.lowest(
            (self.pool.pk, "buffer"), quantity_kg, (receiver.pk, "active"),
            lambda what: buffer_release(
                actor=actor, pool=self.pool, to_account=receiver, wanted=what, reason="Calm years"
            ),
        )  # fmt: skip

    @rule(quantity_kg=st.integers(1, 8))
    def cancel_buffer(self, quantity_kg):
        self.lowest(
            (self.pool.pk, "buffer"), quantity_kg, (self.pool.pk, "cancelled"),
            lambda what: buffer_cancel(actor=self.actors[0], pool=self.pool, wanted=what, reason="Fire"),
        )  # fmt: skip

    @rule(which=st.integers(0, 40))
    def reverse(self, which):
        if not self.entries:
            return
        entry = self.entries[which % len(self.entries)]
        pk, batch, places, before, after, is_reversed = entry
        asker, approver = self.actors

        def act():
            return entry_reverse(requested_by=asker, approved_by=approver, entry_pk=pk, reason="Wrong account")

        if not is_reversed and all(self.kilograms[batch][place] == after for place in places):
            act()
            entry[5] = True
            for place in places:
                self.kilograms[batch][place] = before
        else:
            with pytest.raises(EntryNotReversible):
                act()

    @invariant()
    def blocks_are_the_kilograms(self):
        for batch, kilograms in zip(self.batches, self.kilograms, strict=True):
            blocks = list(Block.objects.filter(batch=batch).values_list("first_kg", "end_kg", "account_id", "state"))
            assert [end for _, end, _, _ in blocks][:-1] == [first for first, _, _, _ in blocks][1:]
            assert [(a, s) for first, end, a, s in blocks for _ in range(end - first)] == kilograms

    @invariant()
    def balances_and_figures_are_the_kilograms(self):
        counted = Counter(
            (batch.pk, *place)
            for batch, kilograms in zip(self.batches, self.kilograms, strict=True)
            for place in kilograms
        )
        written = {
            (row.batch_id, row.account_id, row.state): row.quantity_kg
            for row in Balance.objects.filter(quantity_kg__gt=0)
        }
        assert written == dict(counted)
        by_state = Counter()
        for (_, _, state), quantity_kg in counted.items():
            by_state[state] += quantity_kg
        figures = ProjectCredits.objects.get(project=self.project)
        assert [figures.issued_kg, figures.available_kg, *(getattr(figures, f"{s}_kg") for s in FIGURES[1:])] == [
            counted.total(), *(by_state[state] for state in FIGURES)
        ]  # fmt: skip

    def lowest(self, before, quantity_kg, after, act):
        """First in, first out: the lowest kilograms of the oldest batches, or a refusal."""
        held = [
            (number, place)
            for number, kilograms in enumerate(self.kilograms)
            for place, holder in enumerate(kilograms)
            if holder == before
        ][:quantity_kg]
        what = wanted(self.project, quantity_kg)
        if len(held) < quantity_kg:
            with pytest.raises(NotEnoughCredits):
                act(what)
            return
        places = {number: [place for _, place in group] for number, group in groupby(held, key=lambda pair: pair[0])}
        self.follow(act(what), places, after)

    def follow(self, moved, places, after):
        links = list(moved.entry_links.order_by("entry__batch_id").select_related("entry"))
        assert [link.entry.batch_id for link in links] == [self.batches[number].pk for number in sorted(places)]
        for link, number in zip(links, sorted(places), strict=True):
            before = self.kilograms[number][places[number][0]]
            for place in places[number]:
                self.kilograms[number][place] = after
            if link.entry.kind in {"transfer", "buffer_release"}:
                self.entries.append([link.entry_id, number, places[number], before, after, False])


@pytest.mark.django_db
def test_every_sequence_of_movements_agrees_with_a_model_of_single_kilograms():
    project = registered_project(buffer_percentage=10)
    Ledger.project = project
    Ledger.requests = [
        issuance_request(quantity_kg=kg, project=project, year=2021 + n) for n, kg in enumerate(QUANTITIES_KG)
    ]
    Ledger.people = [account(name) for name in ("Anna", "Boris", "Clara")]
    Ledger.actors = [person(SUPER_ADMIN), person(SUPER_ADMIN)]

    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=100,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
