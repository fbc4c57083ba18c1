"""Every refusal of the services: its error, a sentence that helps, and not one row of the ledger changed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from carboncore.common.errors import InvalidInput, NotFound, RegistryError, StateConflict
from registry.choices import ProjectStatus
from registry.errors import MonitoringNotAllowed, MonitoringNotPossible, MonitoringPeriodNotFound
from registry.services import (
    accreditation_save,
    monitoring_period_create,
    monitoring_period_reject,
    monitoring_period_submit,
    monitoring_period_verify,
    project_move,
    validator_save,
)
from tests.factories import StandardFactory, ValidatorFactory, person, project_in
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import (
    account,
    account_with,
    buffer_pool,
    freeze,
    issuance_request,
    issued_batch,
    proceeds_of,
    registered_project,
    submitted_period,
    unfreeze,
    verified_period,
    wanted,
)
from transactions.errors import (
    AccountNotFound,
    AccountNotUsable,
    CreditsNotMovable,
    EntryNotReversible,
    IssuanceNotPossible,
    NotEnoughCredits,
    QuantityRefused,
    SecondPersonNeeded,
)
from transactions.models import HoldingAccount, LedgerEntry
from transactions.services import (
    RetirementDetails,
    buffer_cancel,
    buffer_release,
    credits_cancel,
    credits_retire,
    credits_transfer,
    entry_reverse,
    holding_account_close,
    holding_account_open,
    issuance_request_approve,
    issuance_request_create,
    issuance_request_reject,
)

pytestmark = pytest.mark.django_db
FOR_THE_BAKERY = RetirementDetails(beneficiary_name="Harbour Bakery", purpose="environmental_benefit")


@pytest.fixture
def batch():
    """10,000 kg: the first 4,000 Anna's, 5,000 the project's, 1,000 in the buffer."""
    return issued_batch(quantity_kg=10_000, buffer=10)


@pytest.fixture
def anna(batch):
    return account_with(batch, 4_000, name="Anna")


def refused(error, action, *, because=""):
    """Run the action; it must raise just this error and leave every row of the ledger as it was."""
    before = ledger_dump()
    with pytest.raises(error) as caught:
        action()
    assert type(caught.value) is error
    assert because in (f"{caught.value.message} {getattr(caught.value, 'errors', '')}")
    assert len(caught.value.message) > 10
    assert ledger_dump() == before
    return caught.value


def transfer(giver, receiver, what):
    return lambda: credits_transfer(actor=None, from_account=giver, to_account=receiver, wanted=what)


def test_a_dump_does_see_a_movement(batch, anna):
    before = ledger_dump()

    transfer(anna, account(), wanted(batch.project, 1))()

    changed = {table for table, rows in ledger_dump().items() if rows != before[table]}
    assert changed == {
        "transactions_holdingaccount",
        "transactions_balance",
        "transactions_dailychange",
        "transactions_creditbatch",
        "transactions_block",
        "transactions_ledgerentry",
        "transactions_ledgerline",
        "transactions_transaction",
        "transactions_transactionentry",
    }


def test_more_than_the_account_holds(batch, anna):
    boris = account()
    error = refused(NotEnoughCredits, transfer(anna, boris, wanted(batch.project, 4_001)), because="only 4.000 t")
    assert error.code == "not_enough_credits"

    refused(
        NotEnoughCredits,
        lambda: credits_retire(actor=None, account=anna, wanted=wanted(batch.project, 10**12), details=FOR_THE_BAKERY),
    )
    refused(
        NotEnoughCredits,
        lambda: credits_cancel(actor=None, account=boris, wanted=wanted(batch.project, 1), reason="Mistake"),
        because="only 0.000 t",
    )
    refused(NotEnoughCredits, transfer(anna, boris, wanted(batch.project, 1, vintage=2019)))


def test_more_than_two_batches_hold_together_leaves_the_first_untouched():
    project = registered_project()
    for year in (2021, 2022):
        issued_batch(quantity_kg=1_000, project=project, year=year)
    proceeds, receiver = proceeds_of(project), account()

    refused(NotEnoughCredits, transfer(proceeds, receiver, wanted(project, 2_001)), because="only 2.000 t")


def test_credits_that_are_retired_or_in_the_buffer_do_not_move(batch, anna):
    boris, root = account(), batch.serial_root
    credits_retire(actor=None, account=anna, wanted=wanted(batch.project, 1_000), details=FOR_THE_BAKERY)

    refused(NotEnoughCredits, transfer(anna, boris, wanted(batch.project, 3_001)))
    refused(CreditsNotMovable, transfer(anna, boris, wanted(batch.project, 1_000, f"{root}-1")))
    refused(CreditsNotMovable, transfer(anna, boris, wanted(batch.project, 2_000, f"{root}-1-2")))
    refused(NotEnoughCredits, transfer(buffer_pool(), boris, wanted(batch.project, 1)))
    refused(CreditsNotMovable, transfer(buffer_pool(), boris, wanted(batch.project, 1_000, f"{root}-10")))


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_or_closed_account_neither_gives_nor_receives(batch, anna, frozen):
    if frozen:
        freeze(anna.pk)
        target, word = anna, "frozen"
    else:
        target, word = account(), "closed"
        holding_account_close(actor=person(TRANSACTIONS_OFFICER), pk=target.pk)
    project, boris = batch.project, account()

    refused(AccountNotUsable, transfer(target, boris, wanted(project, 1)), because=word)
    refused(AccountNotUsable, transfer(proceeds_of(project), target, wanted(project, 1)), because=word)
    refused(
        AccountNotUsable,
        lambda: credits_retire(actor=None, account=target, wanted=wanted(project, 1), details=FOR_THE_BAKERY),
    )
    refused(
        AccountNotUsable,
        lambda: credits_cancel(actor=None, account=target, wanted=wanted(project, 1), reason="Mistake"),
    )
    refused(
        AccountNotUsable,
        lambda: buffer_release(
            actor=person(TRANSACTIONS_OFFICER),
            pool=buffer_pool(),
            to_account=target,
            wanted=wanted(project, 1),
            reason="Calm years",
        ),
    )


def test_a_frozen_account_may_be_opened_again_and_then_gives(batch, anna):
    freeze(anna.pk)
    unfreeze(anna.pk)

    assert transfer(anna, account(), wanted(batch.project, 1))().quantity_kg == 1


def test_an_account_that_is_not_there(batch, anna):
    ghost = HoldingAccount(pk=10**9, name="Ghost")

    refused(AccountNotFound, transfer(anna, ghost, wanted(batch.project, 1)))
    refused(AccountNotFound, lambda: freeze(10**9))


def test_an_account_with_credits_is_not_closed_nor_a_closed_one_frozen(anna):
    empty = account()
    officer = person(TRANSACTIONS_OFFICER)
    holding_account_close(actor=officer, pk=empty.pk)

    refused(StateConflict, lambda: holding_account_close(actor=officer, pk=anna.pk), because="still holds")
    refused(StateConflict, lambda: freeze(empty.pk), because="closed")


@pytest.mark.parametrize("name", ["", "   ", "x" * 256, "two\nlines"])
def test_an_account_without_a_proper_name(name):
    owner = person()
    refused(InvalidInput, lambda: holding_account_open(owner=owner, name=name))


@pytest.mark.parametrize("quantity_kg", [0, -1, -(10**18), 10**12 + 1, 10**19])
def test_a_quantity_that_is_none(batch, anna, quantity_kg):
    boris = account()

    error = refused(QuantityRefused, transfer(anna, boris, wanted(batch.project, quantity_kg)))
    assert error.code == "quantity_invalid"
    refused(
        QuantityRefused,
        lambda: credits_retire(
            actor=None, account=anna, wanted=wanted(batch.project, quantity_kg), details=FOR_THE_BAKERY
        ),
    )


def test_serials_of_another_project_overlapping_or_wrong(batch, anna):
    other = issued_batch(quantity_kg=10_000)
    boris, project, root = account(), batch.project, batch.serial_root

    def named(quantity_kg, *serials):
        return transfer(anna, boris, wanted(project, quantity_kg, *serials))

    refused(InvalidInput, named(1_000, f"{other.serial_root}-1"), because="no such batch")
    refused(InvalidInput, named(1_000, "CC-BR-FC-999999-2024-01-1"), because="no such batch")
    refused(InvalidInput, named(1_000, "VCS-1-2"), because="not a serial number")
    refused(InvalidInput, named(3_000, f"{root}-1-2", f"{root}-2"), because="named twice")
    refused(InvalidInput, named(2_000, f"{root}-1", f"{root}-1"), because="named twice")
    refused(InvalidInput, named(1_001, f"{root}-1"), because="1.000 t")
    refused(CreditsNotMovable, named(10_000, root))
    refused(CreditsNotMovable, named(5_000, f"{root}-1-5"))
    refused(CreditsNotMovable, named(1_000, f"{root}-9999999"), because="ends at 10.000 t")


def test_an_account_to_itself_and_into_the_buffer_pool(batch, anna):
    refused(InvalidInput, transfer(anna, anna, wanted(batch.project, 1)), because="another account")
    refused(InvalidInput, transfer(anna, buffer_pool(), wanted(batch.project, 1)), because="buffer pool")
    refused(
        InvalidInput,
        lambda: buffer_release(
            actor=person(TRANSACTIONS_OFFICER),
            pool=buffer_pool(),
            to_account=buffer_pool(),
            wanted=wanted(batch.project, 1),
            reason="x",
        ),
        because="buffer pool",
    )


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1001, "nu\x00l", "half \ud800"])
def test_what_needs_a_reason_and_has_none(batch, anna, reason):
    actor, pool, boris, one = person(TRANSACTIONS_OFFICER), buffer_pool(), account(), wanted(batch.project, 1)
    entry = LedgerEntry.objects.get(kind="transfer")

    refused(InvalidInput, lambda: credits_cancel(actor=None, account=anna, wanted=one, reason=reason))
    refused(InvalidInput, lambda: buffer_release(actor=actor, pool=pool, to_account=boris, wanted=one, reason=reason))
    refused(InvalidInput, lambda: buffer_cancel(actor=actor, pool=pool, wanted=one, reason=reason))
    other = person()
    refused(
        InvalidInput,
        lambda: entry_reverse(requested_by=actor, approved_by=other, entry_pk=entry.pk, reason=reason),
    )


def test_an_account_that_is_no_buffer_pool(batch, anna):
    actor, one = person(TRANSACTIONS_OFFICER), wanted(batch.project, 1)

    refused(InvalidInput, lambda: buffer_cancel(actor=actor, pool=anna, wanted=one, reason="Fire"), because="pool")
    refused(
        NotEnoughCredits,
        lambda: buffer_cancel(actor=actor, pool=buffer_pool(), wanted=wanted(batch.project, 1_001), reason="Fire"),
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"beneficiary_name": " "}, "beneficiary_name"),
        ({"beneficiary_name": "x" * 256}, "beneficiary_name"),
        ({"beneficiary_name": "nu\x00l"}, "beneficiary_name"),
        ({"beneficiary_location": "x" * 256}, "beneficiary_location"),
        ({"purpose": "fun"}, "purpose"),
        ({"period_start": date(2024, 2, 1), "period_end": date(2024, 1, 31)}, "period_end"),
        ({"note": "x" * 1001}, "note"),
    ],
)
def test_a_retirement_that_does_not_say_properly_for_whom(batch, anna, changes, field):
    details = RetirementDetails(**{"beneficiary_name": "Harbour Bakery", "purpose": "corsia", **changes})

    error = refused(
        InvalidInput,
        lambda: credits_retire(actor=None, account=anna, wanted=wanted(batch.project, 1), details=details),
    )

    assert list(error.errors) == [field]


def test_a_correction_by_one_person_of_the_wrong_kind_or_too_late(batch, anna):
    one, two, boris = person(), person(), account()
    entry = {entry.kind: entry for entry in LedgerEntry.objects.filter(batch=batch)}

    def reverse(pk, by=two):
        return lambda: entry_reverse(requested_by=one, approved_by=by, entry_pk=pk, reason="Wrong account")

    refused(SecondPersonNeeded, reverse(entry["transfer"].pk, by=one))
    refused(NotFound, reverse(10**9))
    refused(EntryNotReversible, reverse(entry["issuance"].pk))
    transfer(anna, boris, wanted(batch.project, 1))()
    refused(EntryNotReversible, reverse(entry["transfer"].pk), because="moved on")


def test_a_correction_comes_only_once(batch, anna):
    one, two = person(), person()
    entry = LedgerEntry.objects.get(kind="transfer")
    reversal = entry_reverse(requested_by=one, approved_by=two, entry_pk=entry.pk, reason="Wrong account")

    def reverse(pk):
        return lambda: entry_reverse(requested_by=one, approved_by=two, entry_pk=pk, reason="Wrong account")

    refused(EntryNotReversible, reverse(entry.pk), because="before")
    refused(EntryNotReversible, reverse(reversal.pk))


def test_retired_credits_do_not_come_back_by_correction(batch, anna):
    one, two = person(), person()
    credits_retire(actor=None, account=anna, wanted=wanted(batch.project, 1), details=FOR_THE_BAKERY)

    for entry in LedgerEntry.objects.filter(kind__in=["transfer", "retirement"]):
        refused(
            EntryNotReversible,
            lambda pk=entry.pk: entry_reverse(requested_by=one, approved_by=two, entry_pk=pk, reason="Regret"),
        )


def test_an_issuance_is_not_decided_by_whoever_asked_nor_twice():
    asker, other = person(SUPER_ADMIN), person(SUPER_ADMIN)
    request = issuance_request(quantity_kg=1_000, project=registered_project(), actor=asker)

    refused(SecondPersonNeeded, lambda: issuance_request_approve(actor=asker, pk=request.pk))
    refused(SecondPersonNeeded, lambda: issuance_request_reject(actor=asker, pk=request.pk, note="No"))
    refused(InvalidInput, lambda: issuance_request_reject(actor=other, pk=request.pk, note=" "))
    refused(NotFound, lambda: issuance_request_approve(actor=other, pk=10**9))
    issuance_request_reject(actor=other, pk=request.pk, note="Wrong year")
    refused(IssuanceNotPossible, lambda: issuance_request_approve(actor=other, pk=request.pk), because="rejected")


def test_an_issuance_to_a_project_that_is_not_registered():
    project = registered_project()
    request = issuance_request(quantity_kg=1_000, project=project)
    project_move(actor=person(SUPER_ADMIN), pk=project.pk, move="suspend", comment="Under review")
    other = person(SUPER_ADMIN)

    refused(
        IssuanceNotPossible, lambda: issuance_request_approve(actor=other, pk=request.pk), because="registered project"
    )


def test_an_issuance_by_a_body_that_was_not_accredited_for_the_standard_on_the_day():
    project, other = registered_project(), person(SUPER_ADMIN)
    request = issuance_request(quantity_kg=1_000, project=project)
    day = request.monitoring_period.verified_on
    validator = project.certifications.get().validator
    accreditation_save(
        validator=validator,
        pk=validator.accreditations.get().pk,
        fields={"valid_to": day - timedelta(days=1)},
    )

    refused(IssuanceNotPossible, lambda: issuance_request_approve(actor=other, pk=request.pk), because="accredited")


def test_an_issuance_under_another_standard_than_the_body_is_accredited_for():
    project, other = registered_project(), person(SUPER_ADMIN)
    foreign = issuance_request(quantity_kg=1_000, project=project, standard=StandardFactory())

    refused(IssuanceNotPossible, lambda: issuance_request_approve(actor=other, pk=foreign.pk), because="accredited")


def test_an_issuance_without_period_standard_or_verification():
    project, other, asker = registered_project(), person(SUPER_ADMIN), person(REGISTRY_OFFICER)
    open_request = issuance_request_create(actor=asker, project=project, vintage=2024, quantity_kg=1_000)
    submitted = submitted_period(project, year=2023, claimed_kg=5_000)
    unverified = issuance_request_create(
        actor=asker, project=project, vintage=2023, quantity_kg=1_000, period=submitted
    )
    period = verified_period(project, year=2024, verified_kg=5_000)

    refused(IssuanceNotPossible, lambda: issuance_request_approve(actor=other, pk=open_request.pk), because="verified")
    refused(IssuanceNotPossible, lambda: issuance_request_approve(actor=other, pk=unverified.pk), because="verified")
    refused(
        IssuanceNotPossible,
        lambda: issuance_request_approve(actor=other, pk=open_request.pk, period=period),
        because="standard",
    )


def test_more_than_was_verified_outside_the_period_or_of_another_project():
    project, asker = registered_project(), person(REGISTRY_OFFICER)
    period = verified_period(project, year=2024, verified_kg=5_000)
    foreign = verified_period(registered_project(), year=2024, verified_kg=5_000)

    def ask(quantity_kg=1_000, vintage=2024, of=period, **more):
        return lambda: issuance_request_create(
            actor=asker, project=project, vintage=vintage, quantity_kg=quantity_kg, period=of, **more
        )

    refused(InvalidInput, ask(5_001), because="Only 5.000 t")
    refused(InvalidInput, ask(0), because="more than 0")
    refused(InvalidInput, ask(-1), because="more than 0")
    refused(InvalidInput, ask(10**12 + 1, of=None), because="thousand million")
    refused(InvalidInput, ask(vintage=2023), because="2024-01-01 to 2024-12-31")
    refused(InvalidInput, ask(vintage=99_999, of=None), because="1980 to 2100")
    refused(InvalidInput, ask(of=foreign), because="another project")
    refused(InvalidInput, ask(labels=("x" * 101,)), because="label")
    refused(InvalidInput, ask(justification="x" * 4_001), because="characters")
    ask(4_999)()
    refused(InvalidInput, ask(2), because="Only 0.001 t")
    refused(IssuanceNotPossible, ask(1), because="already")


def test_more_than_the_stated_absorption_explains_needs_a_justification():
    # 365,000 kg a year over the 366 days of 2024 are 366,000 kg; a tenth more, 402,600 kg, is still plausible.
    project, asker = registered_project(co2_absorption=Decimal("365000.00")), person(REGISTRY_OFFICER)
    period = verified_period(project, year=2024, verified_kg=10**6)

    def ask(quantity_kg, justification=""):
        return lambda: issuance_request_create(
            actor=asker,
            project=project,
            vintage=2024,
            quantity_kg=quantity_kg,
            period=period,
            justification=justification,
        )

    refused(InvalidInput, ask(402_601), because="at most 402.600 t")
    refused(InvalidInput, ask(402_601, "   "), because="at most 402.600 t")
    assert ask(402_601, "New plots since June")().justification == "New plots since June"


def test_exactly_what_is_plausible_needs_none():
    project = registered_project(co2_absorption=Decimal("365000.00"))

    assert issued_batch(quantity_kg=402_600, project=project).quantity_kg == 402_600


def test_monitoring_periods_that_cannot_be():
    project, officer = registered_project(), person(REGISTRY_OFFICER)
    today = timezone.localdate()
    viewer = person(VIEWER)

    def create(first, last, claimed_kg=1_000, by=officer):
        return lambda: monitoring_period_create(
            actor=by, project=project, starts_on=first, ends_on=last, claimed_kg=claimed_kg
        )

    refused(MonitoringNotAllowed, create(date(2024, 1, 1), date(2024, 12, 31), by=viewer))
    refused(InvalidInput, create(date(2024, 1, 2), date(2024, 1, 1)), because="ends before it begins")
    refused(InvalidInput, create(today, today + timedelta(days=1)), because="not over yet")
    refused(InvalidInput, create(date(2024, 1, 1), date(2024, 12, 31), claimed_kg=0), because="more than 0")
    first = create(date(2024, 1, 1), date(2024, 12, 31))()
    refused(InvalidInput, create(date(2024, 12, 31), date(2025, 6, 30)), because="2024-01-01 to 2024-12-31")
    reviewer = person(SUPER_ADMIN)
    monitoring_period_submit(actor=officer, pk=first.pk)
    monitoring_period_reject(actor=reviewer, pk=first.pk, reason="No report")
    assert first.history.first().history_change_reason == "No report"
    assert create(date(2024, 12, 31), date(2025, 6, 30))().status == "draft"


def test_monitoring_is_verified_by_a_second_person_with_the_right_once_and_for_what_was_claimed():
    project, submitter, verifier = registered_project(), person(SUPER_ADMIN), person(SUPER_ADMIN)
    validator = project.certifications.get().validator
    period = monitoring_period_create(
        actor=submitter, project=project, starts_on=date(2023, 1, 1), ends_on=date(2023, 12, 31), claimed_kg=9_000
    )

    def verify(by=verifier, verified_kg=8_000, body=validator, day=date(2024, 2, 1), pk=period.pk):
        return lambda: monitoring_period_verify(
            actor=by, pk=pk, verified_kg=verified_kg, validator=body, verified_on=day
        )

    officer, stranger, retired = person(TRANSACTIONS_OFFICER), ValidatorFactory(), ValidatorFactory()
    validator_save(pk=retired.pk, fields={"is_active": False})
    retired.refresh_from_db()
    refused(MonitoringNotPossible, verify(), because="draft")
    monitoring_period_submit(actor=submitter, pk=period.pk)
    refused(MonitoringNotPossible, lambda: monitoring_period_submit(actor=submitter, pk=period.pk))
    refused(MonitoringNotAllowed, verify(by=submitter), because="second person")
    refused(MonitoringNotAllowed, verify(by=officer), because="role")
    refused(MonitoringNotAllowed, lambda: monitoring_period_reject(actor=submitter, pk=period.pk, reason="No"))
    refused(MonitoringPeriodNotFound, verify(pk=10**9))
    refused(InvalidInput, verify(verified_kg=9_001), because="9.000 t claimed")
    refused(InvalidInput, verify(verified_kg=0), because="above 0")
    refused(InvalidInput, verify(day=date(2023, 12, 30)), because="2023-12-31")
    refused(InvalidInput, verify(day=timezone.localdate() + timedelta(days=1)), because="today")
    refused(InvalidInput, verify(body=stranger), because="not accredited")
    refused(InvalidInput, verify(body=retired), because="no longer active")
    accreditation_save(
        validator=validator, pk=validator.accreditations.get().pk, fields={"valid_from": date(2024, 2, 2)}
    )
    refused(InvalidInput, verify(), because="not accredited on 2024-02-01")
    verified = verify(day=date(2024, 2, 2))()
    assert (verified.status, verified.verified_kg, verified.verified_by) == ("verified", 8_000, verifier)
    refused(MonitoringNotPossible, verify(), because="verified")
    refused(MonitoringNotPossible, lambda: monitoring_period_reject(actor=verifier, pk=period.pk, reason="No"))


def test_a_draft_project_has_no_accounts_of_credits():
    project = project_in(ProjectStatus.DRAFT)
    giver, receiver = account(), account()

    error = refused(NotEnoughCredits, transfer(giver, receiver, wanted(project, 1)))
    assert isinstance(error, RegistryError)
