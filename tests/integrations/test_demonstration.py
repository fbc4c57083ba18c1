"""The demonstration that `seed` adds: by the services, named for what it is, once, and never beside real credits."""

import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Sum

from accounts.models import User
from carboncore.mail.models import OutgoingMail
from integrations.services.demonstration import Demonstration, demonstration_seed, plan
from registry.models import Project, ProjectCredits
from registry.services.catalogue_seed import project_types_seed
from tests.ledger_factories import issued_batch
from tests.purchase_factories import assert_ledger_clean
from transactions.models import (
    Checkpoint,
    CreditBatch,
    LedgerEntry,
    LedgerVerification,
    PaymentRefund,
    Retirement,
    Transaction,
)
from transactions.selectors.certificates import certificate_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown():
    project_types_seed()
    return demonstration_seed()


def figures(name):
    row = ProjectCredits.objects.get(project__project_name=f"Demonstration: {name}")
    return {
        "issued": row.issued_kg,
        "available": row.available_kg,
        "reserved": row.reserved_kg,
        "buffer": row.buffer_kg,
        "retired": row.retired_kg,
        "cancelled": row.cancelled_kg,
    }


def test_the_first_look_shows_every_kind_of_figure(shown):
    assert shown == Demonstration(projects=5, batches=10, retirements=8)
    # 12,000 + 13,500 + 14,200 t; 18 % of each to the buffer, of which 320 t were cancelled for a reversal.
    assert figures("Mangrove restoration") == {
        "issued": 39_700_000, "available": 28_554_000, "reserved": 0, "buffer": 6_826_000, "retired": 4_000_000,
        "cancelled": 320_000,
    }  # fmt: skip
    # 2,500 t wait for an invoice that nobody pays; 9,000 t are retired; the rest is held by somebody.
    assert figures("Wind farm") == {
        "issued": 35_500_000, "available": 24_000_000, "reserved": 2_500_000, "buffer": 0, "retired": 9_000_000,
        "cancelled": 0,
    }  # fmt: skip
    assert figures("Biochar in vineyards")["retired"] == 42_375
    assert figures("Landfill gas capture")["cancelled"] == 100_000


def test_sales_and_refunds_are_there_at_their_price(shown):
    statuses = Transaction.objects.filter(transaction_type="purchase").order_by("pk").values_list("status", flat=True)

    assert list(statuses) == ["completed", "completed", "completed", "completed", "completed", "refunded",
                              "completed", "reserved"]  # fmt: skip
    refunds = PaymentRefund.objects.order_by("pk").values_list("quantity_kg", "amount", "currency")
    # 500 t at 9.80 and 300 t at 145.00.
    assert [(kg, str(amount), currency) for kg, amount, currency in refunds] == [
        (500_000, "4900.00", "EUR"), (300_000, "43500.00", "EUR"),
    ]  # fmt: skip


def test_the_ledger_is_clean_checkpointed_and_every_certificate_valid(shown):
    assert_ledger_clean()

    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.batches, checkpoint.entries) == (10, LedgerEntry.objects.count())
    assert Retirement.objects.filter(published=True).count() == 7
    for retirement in Retirement.objects.all():
        assert certificate_of(retirement.public_id).is_valid


@pytest.mark.django_db(transaction=True)
def test_real_projects_get_no_credits_and_all_that_has_some_says_what_it_is():
    out = StringIO()
    call_command("seed", stdout=out)

    told = out.getvalue().splitlines()
    assert told[-3:-1] == [
        "demonstration: 5 projects, 10 batches, 8 retirements added",
        f"ledger: {LedgerEntry.objects.count()} entries of 10 batches verified, clean",
    ]
    assert told[-1].startswith("audit trail: ")
    assert told[-1].endswith(" events verified, clean")
    assert LedgerVerification.objects.get().problems == 0
    names = Project.objects.filter(credits__issued_kg__gt=0).values_list("project_name", flat=True)
    assert len(names) == 5
    assert all(name.startswith("Demonstration: ") for name in names)
    assert ProjectCredits.objects.exclude(project__project_name__in=names).aggregate(t=Sum("issued_kg"))["t"] == 0
    assert all("demonstration" in row.beneficiary_name for row in Retirement.objects.all())


def test_nobody_can_be_one_of_its_people(shown):
    people = User.objects.filter(email__endswith="@demonstration.invalid")

    assert people.count() == 4 + len(plan.BUYERS)
    for person in people:
        assert (person.is_active, person.is_staff, person.is_superuser) == (False, False, False)
        assert not person.has_usable_password()
        assert not person.groups.exists()


def test_nobody_is_mailed_about_it(shown):
    assert Retirement.objects.count() == 8
    assert not OutgoingMail.objects.exists()


def test_a_second_time_adds_nothing(shown):
    entries, people = LedgerEntry.objects.count(), User.objects.count()

    assert demonstration_seed() == Demonstration()
    assert (LedgerEntry.objects.count(), User.objects.count()) == (entries, people)
    assert Checkpoint.objects.count() == 1


def test_it_is_left_out_where_credits_were_issued():
    project_types_seed()
    issued_batch(quantity_kg=1_000)

    made = demonstration_seed()

    assert made.left_out
    assert CreditBatch.objects.count() == 1
    assert not Project.objects.filter(project_name__startswith="Demonstration").exists()


def test_a_registry_in_real_use_can_leave_it_out():
    out = StringIO()
    call_command("seed", "--catalogue-only", stdout=out)

    assert "demonstration" not in out.getvalue()
    assert not CreditBatch.objects.exists()


def test_where_cards_are_charged_nothing_is_charged(settings):
    settings.PAYMENT_MODE = "stripe"
    project_types_seed()

    demonstration_seed()

    assert not Transaction.objects.filter(transaction_type="purchase").exists()
    assert Retirement.objects.count() == 8
    assert_ledger_clean()


def test_it_is_quick():
    project_types_seed()
    started = time.perf_counter()

    demonstration_seed()

    assert time.perf_counter() - started < 10
