"""The ledger's staff pages: what they show, whom they let act, and that no form edits what moves credits."""

import pytest
from django.db import connection
from django.urls import reverse

from accounts.roles import SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from tests.admin.ledger_day import ledger_day
from tests.admin.pages import read_page, text_of
from tests.factories import UserFactory
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, account_with, issued_batch, proceeds_of, wanted
from transactions.models import Block, CreditBatch, Transaction
from transactions.selectors.admin_blocks import batch_pieces, state_totals
from transactions.services import credits_transfer

pytestmark = pytest.mark.django_db

LISTS = [
    "registry_monitoringperiod", "transactions_issuancerequest", "transactions_creditbatch",
    "transactions_holdingaccount", "transactions_transaction", "transactions_paymentissue",
    "transactions_retirement", "transactions_creditprice", "transactions_ledgerentry",
    "transactions_ledgerverification", "transactions_checkpoint", "transactions_reversalrequest",
    "transactions_transferoffer",
]  # fmt: skip


def pages(day):
    """Return the address of every page of the day, by the kind of record."""
    records = [day.period, day.request, day.batch, day.account, day.unpaid, day.paid, day.issue, day.retirement,
               day.price, day.entry, day.moved, day.verification, day.checkpoint, day.reversal]  # fmt: skip
    return [reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]) for row in records]


def deeds(day):
    """Return the address of every page that asks for a deed on the day's records."""
    wanted = [(day.period, ("verify", "reject")), (day.request, ("approve", "reject")),
              (day.account, ("retire", "transfer", "cancel", "freeze", "close")),
              (day.unpaid, ("mark-paid", "cancel")), (day.paid, ("refund",)), (day.issue, ("resolve",)),
              (day.price, ("end",)), (day.moved, ("reverse",)), (day.reversal, ("approve", "reject"))]  # fmt: skip
    return [
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_deed", args=[row.pk, name])
        for row, names in wanted
        for name in names
    ]


FREE = [
    "/staff/registry/monitoringperiod/state/",
    "/staff/transactions/issuancerequest/ask/",
    "/staff/transactions/creditprice/set/",
]


def test_every_page_opens_without_inline_scripts_or_handlers(as_role):
    day = ledger_day()
    admin = as_role(SUPER_ADMIN)
    lists = [reverse(f"admin:{name}_changelist") for name in LISTS]
    more = ["/staff/", "/staff/transactions/transaction/analytics/", "/staff/transactions/transaction/export/"]

    for address in [*lists, *pages(day), *deeds(day), *FREE, *more]:
        response = admin.get(address)
        assert response.status_code == 200, address
        page = read_page(response)
        assert (page.inline_scripts, page.handlers) == ([], []), address


def test_who_may_only_look_sees_everything_and_can_do_nothing(as_role):
    # given a day's records
    day = ledger_day()
    reader = as_role(VIEWER)
    before = ledger_dump()

    # when somebody who may only look opens every page
    for address in [*(reverse(f"admin:{name}_changelist") for name in LISTS), *pages(day)]:
        response = reader.get(address)
        assert response.status_code == 200, address
        assert [link for link in read_page(response).links if "/do/" in link or link in FREE] == [], address

    # then no deed opens for them, nor is one done, and nothing has changed
    for address in [*deeds(day), *FREE]:
        assert reader.get(address).status_code == 403, address
        assert reader.post(address, {}).status_code == 403, address
    assert ledger_dump() == before


def test_nothing_of_the_ledger_is_edited_added_or_deleted_in_a_form(as_role):
    day = ledger_day()
    admin = as_role(SUPER_ADMIN)
    before = ledger_dump()

    for address in pages(day):
        assert admin.post(address, {"quantity_kg": "1", "state": "active"}).status_code == 403, address
        assert admin.post(address.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403, address
    for name in LISTS:
        assert admin.get(f"{reverse(f'admin:{name}_changelist')}add/").status_code in (403, 404), name

    assert ledger_dump() == before


def test_a_person_without_a_role_sees_none_of_it(as_role):
    day = ledger_day()
    nobody = as_role()

    for address in [*(reverse(f"admin:{name}_changelist") for name in LISTS), *pages(day), *deeds(day), *FREE]:
        assert nobody.get(address).status_code == 403, address
    assert nobody.get("/staff/transactions/transaction/analytics/").status_code == 403


def test_the_navigation_counts_what_waits_for_the_officer(as_role):
    ledger_day()

    page = text_of(as_role(SUPER_ADMIN).get("/staff/"))

    assert "1 issuances to approve" in page
    assert "1 monitoring periods to verify" in page
    assert "1 payments needing attention" in page
    assert "1 invoices not paid yet" in page
    assert "1 reversals to approve" in page
    assert "7 entries of 1 batches were replayed." in page
    assert "100 t issued" in page


def test_the_links_lead_from_entry_to_transaction_batch_and_retirement_and_back(as_role):
    day = ledger_day()
    officer = as_role(TRANSACTIONS_OFFICER)
    entry = day.retirement.transaction.entry_links.get().entry
    address = {row: reverse(f"admin:transactions_{row._meta.model_name}_change", args=[row.pk])
               for row in (entry, day.retirement, day.retirement.transaction, day.batch, day.account)}  # fmt: skip

    def links(row):
        return set(read_page(officer.get(address[row])).links)

    assert {address[day.batch], address[day.retirement.transaction], address[day.retirement],
            address[day.account]} <= links(entry)  # fmt: skip
    assert {address[entry], address[day.batch], address[day.retirement]} <= links(day.retirement.transaction)
    assert {address[entry], address[day.batch], address[day.account],
            f"/certificates/{day.retirement.public_id}"} <= links(day.retirement)  # fmt: skip
    assert {address[entry], address[day.account]} <= links(day.batch)
    assert {address[entry], address[day.batch]} <= links(day.account)


def test_a_projects_page_shows_its_credits_and_periods_and_leads_to_their_lists(as_role):
    day = ledger_day()
    officer = as_role(TRANSACTIONS_OFFICER)
    own = reverse("admin:registry_project_change", args=[day.batch.project_id])
    other = reverse("admin:registry_project_change", args=[day.period.project_id])

    page = read_page(officer.get(own))
    told, waits = text_of(officer.get(own)), text_of(officer.get(other))

    assert "100 t issued" in told
    assert "2024-01-01 to 2024-12-31 Verified 100 100" in told
    assert "2023-01-01 to 2023-12-31 Submitted 7" in waits
    assert "Issuance to approve (1)" in waits
    lists = [link for link in page.links if f"project__id__exact={day.batch.project_id}" in link]
    assert len(lists) == 3
    for address in lists:
        assert officer.get(address).status_code == 200, address
    batches = next(link for link in lists if "creditbatch" in link)
    assert day.batch.serial_root in text_of(officer.get(batches))


def test_the_picture_shows_each_block_of_a_small_batch():
    # given 100 t, of which 25 were given to one account and 10 of the rest to another
    batch = issued_batch(quantity_kg=100_000, buffer=10)
    account_with(batch, 25_000)
    batch.refresh_from_db()

    totals = state_totals(batch=batch)
    pieces = batch_pieces(batch=batch, blocks=3)

    assert [(total.state.value, total.quantity_kg, total.blocks) for total in totals] == [
        ("active", 90_000, 2),
        ("buffer", 10_000, 1),
    ]
    assert [(p.state, p.first_kg, p.end_kg, p.top, p.bottom) for p in pieces] == [
        ("active", 0, 25_000, 0, 1),
        ("active", 25_000, 90_000, 0, 1),
        ("buffer", 90_000, 100_000, 0, 1),
    ]


def test_the_picture_of_ten_thousand_blocks_is_a_few_hundred_pieces_that_add_up(django_assert_num_queries):
    # given a batch cut into 10,000 blocks of 24 kg, every third of them retired
    batch = issued_batch(quantity_kg=240_000)
    holder = proceeds_of(batch.project)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # in place of 10,000 movements
    Block.objects.filter(batch=batch).delete()
    Block.objects.bulk_create(
        Block(batch=batch, batch_kg=240_000, first_kg=n * 24, end_kg=(n + 1) * 24, account=holder,
              state="retired" if n % 3 == 0 else "active")
        for n in range(10_000)
    )  # fmt: skip

    with django_assert_num_queries(2):
        totals = state_totals(batch=batch)
        pieces = batch_pieces(batch=batch, blocks=sum(total.blocks for total in totals))

    assert [(total.quantity_kg, total.blocks) for total in totals] == [(159_984, 6_666), (80_016, 3_334)]
    assert len(pieces) == 480
    by_state = {
        state: sum((p.end_kg - p.first_kg) * (p.bottom - p.top) for p in pieces if p.state == state)
        for state in ("active", "retired")
    }
    assert {state: round(kg) for state, kg in by_state.items()} == {"active": 159_984, "retired": 80_016}
    assert max(p.bottom for p in pieces) == pytest.approx(1)


def test_a_batch_pages_through_its_blocks(as_role):
    batch = issued_batch(quantity_kg=100_000)
    source = proceeds_of(batch.project)
    receiver = account_with(batch, 100)
    for _ in range(60):
        credits_transfer(actor=None, from_account=source, to_account=receiver, wanted=wanted(batch.project, 10))
        credits_transfer(actor=None, from_account=receiver, to_account=source, wanted=wanted(batch.project, 1))
    blocks = Block.objects.filter(batch=batch).count()
    assert blocks > 50
    viewer = as_role(VIEWER)
    address = reverse("admin:transactions_creditbatch_change", args=[batch.pk])

    first, second = text_of(viewer.get(address)), text_of(viewer.get(f"{address}?blocks=2"))

    assert f"1 to 50 of {blocks}." in first
    assert f"51 to {min(blocks, 100)} of {blocks}." in second
    assert viewer.get(f"{address}?blocks=nonsense").status_code == 200


def test_an_export_is_safe_for_a_spreadsheet_and_honours_the_filter(as_role):
    # given a transfer whose note would be a formula, and a retirement
    day = ledger_day()
    credits_transfer(
        actor=None,
        from_account=day.account,
        to_account=proceeds_of(day.batch.project),
        wanted=wanted(day.batch.project, 1_500),
        note='=HYPERLINK("http://example.org")',
    )
    officer = as_role(TRANSACTIONS_OFFICER)
    address = "/staff/transactions/transaction/export/?transaction_type__exact=transfer"

    # when only the transfers are exported as CSV
    page = read_page(officer.get(address))
    form = next(fields for fields in page.forms.values() if "format" in fields)
    response = officer.post(address, {**form, "format": "0"})

    # then the note begins with an apostrophe, and quantities are tonnes
    assert response["Content-Type"].startswith("text/csv")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + Transaction.objects.filter(transaction_type="transfer").count()
    assert """"'=HYPERLINK""" in response.content.decode()
    assert ",1.500," in response.content.decode()
    assert "retirement" not in "".join(lines[1:])


def test_an_account_is_found_by_its_number_and_its_owners_mail(as_role):
    batch = issued_batch(quantity_kg=10_000)
    owner = UserFactory(is_staff=False, email="keeper@example.org")
    kept = account("Kept", owner=owner)
    viewer = as_role(VIEWER)
    address = reverse("admin:transactions_holdingaccount_changelist")

    for term in (kept.number, "keeper@example", "Kept"):
        page = text_of(viewer.get(address, {"q": term}))
        assert kept.number in page, term
        assert proceeds_of(batch.project).number not in page, term
    assert CreditBatch.objects.count() == 1
