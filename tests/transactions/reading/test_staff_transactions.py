"""What staff read of transactions: the contract's columns, filters, totals worked out by hand, files."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from accounts.roles import ROLE_NAMES, TRANSACTIONS_OFFICER
from tests.ledger_factories import registered_project
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(staff):
    return staff(TRANSACTIONS_OFFICER)


def sale(project, quantity_kg, *, total, currency="EUR", status="completed", month=1, refund="0", **fields):
    with time_machine.travel(datetime(2026, month, 15, 12, tzinfo=UTC), tick=False):
        return Transaction.objects.create(
            transaction_type="purchase",
            status=status,
            project=project,
            quantity_kg=quantity_kg,
            price_per_credit=Decimal(10),
            total_amount=Decimal(total),
            currency=currency,
            refund_amount=Decimal(refund),
            completed_at=timezone.now() if status in {"completed", "refunded"} else None,
            **fields,
        )


@pytest.fixture
def two_projects():
    """First: 100 t for 1,000 EUR, 50 t for 600 USD, 10 t given back for 100 EUR, 5 t failed. Second: 20 t, 300 EUR."""
    first, second = registered_project(project_name="First"), registered_project(project_name="Second")
    sale(first, 100_000, total="1000.00", processing_time_seconds=Decimal("2.000"))
    sale(first, 50_000, total="600.00", currency="USD", month=2, processing_time_seconds=Decimal("5.000"))
    sale(first, 10_000, total="100.00", status="refunded", refund="100.00", month=2,
         processing_time_seconds=Decimal("3.000"))  # fmt: skip
    sale(first, 5_000, total="50.00", status="failed", month=2)
    sale(second, 20_000, total="300.00", refund="15.00", month=2, processing_time_seconds=Decimal("0.001"))
    with time_machine.travel("2026-02-01T00:00:00Z", tick=False):
        Transaction.objects.create(
            transaction_type="retirement",
            status="completed",
            project=second,
            quantity_kg=250,
            completed_at=timezone.now(),
        )
    return first, second


def test_a_transaction_has_every_column_of_the_contract(desk, exact, spring):
    Transaction.objects.filter(pk=spring.retirement.transaction_id).update(
        user_agent="Wallet/1.0", ip_address="203.0.113.7"
    )
    with CaptureQueriesContext(connection) as queries:
        rows = exact(desk.get("/admin/transactions?type=retirement"))

    kept = spring.retirement.transaction
    assert rows == [
        {
            "id": kept.pk,
            "public_id": str(kept.public_id),
            "transaction_type": "retirement",
            "status": "completed",
            "from_user_id": spring.anna.owner_id,
            "to_user_id": spring.anna.owner_id,
            "from_account": str(spring.anna.public_id),
            "to_account": str(spring.anna.public_id),
            "project_id": spring.batch.project_id,
            "project_name": "Floresta São João",
            "vintage": None,
            "quantity": Decimal("12.345"),
            "price_per_credit": None,
            "total_amount": None,
            "currency": None,
            "payment_method": None,
            "stripe_payment_intent_id": None,
            "guest_email": None,
            "retirement_certificate_url": f"http://localhost:8000/certificates/{spring.retirement.public_id}",
            "created_at": "2026-05-10T11:00:00+00:00",
            "expires_at": None,
            "completed_at": "2026-05-10T11:00:00+00:00",
            "processing_time_seconds": Decimal("0.000"),
            "user_agent": "Wallet/1.0",
            "ip_address": "203.0.113.7",
            "refund_amount": Decimal("0.00"),
            "refund_reason": None,
            "note": "",
        }
    ]
    assert len(queries) <= 4  # who asks and what they may; the rows are one


def test_the_list_is_newest_first_and_paged(desk, spring):
    first = desk.get("/admin/transactions?limit=3&fields=id,transaction_type&count=true")
    assert [row["transaction_type"] for row in first.json()] == ["transfer", "cancellation", "retirement"]
    assert first["X-Total-Count"] == "4"
    rest = desk.get(first["Link"].split(">")[0].removeprefix("<http://testserver"))
    assert [row["transaction_type"] for row in rest.json()] == ["transfer"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=transfer", 2), ("type=transfer&type=retirement", 3), ("status=completed", 4), ("status=failed", 0),
        ("project={project}", 4), ("project=999999", 0), ("account={anna}", 4), ("account={boris}", 1),
        ("from=2026-05-10", 3), ("to=2026-05-09", 1), ("from=2026-05-10&to=2026-05-10", 1),
    ],
)  # fmt: skip
def test_transactions_are_filtered(desk, spring, query, found):
    asked = query.format(project=spring.batch.project_id, anna=spring.anna.public_id, boris=spring.boris.public_id)
    assert len(desk.get(f"/admin/transactions?{asked}").json()) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [("type=gift", "type"), ("status=lost", "status"), ("project=-1", "project"), ("account=anna", "account"),
     ("from=5", "from"), ("colour=red", "colour")],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/admin/transactions", "/admin/transactions/analytics", "/admin/transactions.csv"])
def test_a_filter_that_makes_no_sense_is_refused_by_name(desk, address, query, field):
    answer = desk.get(f"{address}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def money(currency, total, refunded, net, average):
    return {"currency": currency, "total": total, "refunded": refunded, "net": net, "average_price": average}


def test_totals_by_type_status_project_and_month(desk, two_projects):
    first, second = two_projects
    with CaptureQueriesContext(connection) as queries:
        body = desk.get("/admin/transactions/analytics").json()

    # Done in EUR: 100 + 10 + 20 = 130 t for 1,400.00, of which 115.00 went back; 1,400 / 130 = 10.7692.
    euros = money("EUR", "1400.00", "115.00", "1285.00", "10.7692")
    dollars = money("USD", "600.00", "0.00", "600.00", "12.0000")
    # Settled in (2 + 5 + 3 + 0.001) / 4 = 2.50025 seconds.
    assert body["totals"] == {
        "count": 6, "quantity": "185.250", "completed_count": 5, "completed_quantity": "180.250",
        "average_processing_time_seconds": "2.500", "amounts": [euros, dollars],
    }  # fmt: skip
    assert body["by_type"] == [
        {"transaction_type": "purchase", "count": 5, "quantity": "185.000", "completed_count": 4,
         "completed_quantity": "180.000", "average_processing_time_seconds": "2.500", "amounts": [euros, dollars]},
        {"transaction_type": "retirement", "count": 1, "quantity": "0.250", "completed_count": 1,
         "completed_quantity": "0.250", "average_processing_time_seconds": None, "amounts": []},
    ]  # fmt: skip
    assert [(row["status"], row["count"], row["quantity"], row["completed_quantity"]) for row in body["by_status"]] == [
        ("completed", 4, "170.250", "170.250"),
        ("failed", 1, "5.000", "0.000"),
        ("refunded", 1, "10.000", "10.000"),
    ]
    projects = [(row["project_id"], row["project_name"], row["completed_quantity"]) for row in body["by_project"]]
    assert projects == [(first.pk, "First", "160.000"), (second.pk, "Second", "20.250")]
    assert body["by_project"][0]["amounts"] == [money("EUR", "1100.00", "100.00", "1000.00", "10.0000"), dollars]
    months = [(row["month"], row["count"], row["completed_quantity"], row["amounts"]) for row in body["by_month"]]
    assert months == [
        ("2026-01", 1, "100.000", [money("EUR", "1000.00", "0.00", "1000.00", "10.0000")]),
        ("2026-02", 5, "80.250", [money("EUR", "400.00", "115.00", "285.00", "13.3333"), dollars]),
    ]
    assert len(queries) <= 5


def test_totals_follow_the_filters_and_of_nothing_are_zero(desk, two_projects):
    february = desk.get(f"/admin/transactions/analytics?from=2026-02-01&project={two_projects[1].pk}").json()
    assert february["totals"]["completed_quantity"] == "20.250"
    nothing = desk.get("/admin/transactions/analytics?type=cancellation").json()
    assert nothing["totals"]["quantity"] == "0.000"
    assert nothing["by_project"] == []


def test_the_csv_has_all_rows_and_no_formulas(desk, two_projects):
    sale(two_projects[0], 1_000, total="1.00", refund_reason="=HYPERLINK(1)", user_agent="+1", note="@sum\nnext")
    answer = desk.get("/admin/transactions.csv?type=purchase")

    assert answer.streaming
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 6
    assert (rows[0]["refund_reason"], rows[0]["user_agent"], rows[0]["note"]) == (
        "'=HYPERLINK(1)",
        "'+1",
        "'@sum\nnext",
    )
    assert (rows[0]["quantity"], rows[0]["total_amount"], rows[0]["guest_email"]) == ("1.000", "1.00", "")


def test_the_workbook_has_numbers_as_numbers_and_no_formulas(desk, two_projects):
    sale(two_projects[0], 1_500, total="1.25", refund_reason="=1+1")
    answer = desk.get("/admin/transactions.xlsx?type=purchase")

    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    header, newest, *others = sheet.iter_rows(values_only=True)
    row = dict(zip(header, newest, strict=True))
    assert len(others) == 5
    assert (row["quantity"], row["total_amount"], row["refund_reason"]) == (1.5, 1.25, "'=1+1")


@pytest.mark.parametrize(
    "address",
    ["/admin/transactions", "/admin/transactions/analytics", "/admin/transactions.csv", "/admin/transactions.xlsx"],
)
def test_staff_alone_may_read_transactions(api, staff, address):
    assert api.get(address).status_code == 401
    assert {role: staff(role).get(address).status_code for role in ROLE_NAMES} == dict.fromkeys(ROLE_NAMES, 200)
    assert staff("").get(address).status_code == 403
