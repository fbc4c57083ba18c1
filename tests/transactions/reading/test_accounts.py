"""Own accounts, balances and statements: every figure worked out by hand."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER, VIEWER
from tests.ledger_factories import account
from transactions.models import HoldingAccount

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(staff, spring):
    """A signed-in client to whom Anna's account belongs; the role gives no right to anybody's credits."""
    client = staff(REGISTRY_OFFICER)
    HoldingAccount.objects.filter(pk=spring.anna.pk).update(owner=client.user)
    return client


def holdings(rows):
    return {(row["batch"], row["state"]): row["quantity"] for row in rows}


def test_own_accounts_are_listed_and_opened(anna, spring):
    opened = anna.post("/api/v1/holding-accounts", {"name": " Second "})

    assert opened.status_code == 201
    listed = anna.get("/api/v1/holding-accounts").json()
    assert [(row["name"], row["kind"], row["state"]) for row in listed] == [
        ("Anna", "holding", "open"),
        ("Second", "holding", "open"),
    ]
    assert listed[0]["id"] == str(spring.anna.public_id)
    assert listed[0]["number"] == spring.anna.number


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 7}, {"name": "x" * 256}, {"name": "A", "owner": 1}])
def test_an_account_without_a_sensible_name_is_not_opened(anna, body):
    before = HoldingAccount.objects.count()
    answer = anna.post("/api/v1/holding-accounts", body)
    assert (answer.status_code, HoldingAccount.objects.count()) == (400, before)


def test_balances_now_and_then(anna, spring):
    address = f"/api/v1/holding-accounts/{spring.anna.public_id}/balances"
    with CaptureQueriesContext(connection) as queries:
        now = anna.get(address).json()

    root = spring.root
    assert len(queries) == 5  # who asks, their permissions (2), the account, its balances
    assert now["as_of"] is None
    assert now["totals"] == {"active": "76.655", "retired": "12.345", "cancelled": "1.000"}
    assert now["balances"][0] == {
        "project_id": spring.batch.project_id,
        "project": "Floresta São João",
        "vintage": 2024,
        "batch": root,
        "state": "active",
        "quantity": "76.655",
    }
    then = {
        "2026-03-31": {},
        "2026-04-01": {"active": "100.000"},
        "2026-05-10T10:59:59.999999Z": {"active": "100.000"},
        "2026-05-10T11:00:00Z": {"active": "87.655", "retired": "12.345"},
        "2026-05-10T13:00:00%2B02:00": {"active": "87.655", "retired": "12.345"},
        "2026-06-01": {"active": "86.655", "retired": "12.345", "cancelled": "1.000"},
        "2026-06-02": {"active": "76.655", "retired": "12.345", "cancelled": "1.000"},
    }
    assert {moment: anna.get(f"{address}?as_of={moment}").json()["totals"] for moment in then} == then


def statement_address(spring, query="from=2026-05-01&to=2026-06-01"):
    return f"/api/v1/holding-accounts/{spring.anna.public_id}/statement?{query}"


def test_a_statement_is_opening_movements_and_closing(anna, spring):
    with CaptureQueriesContext(connection) as queries:
        body = anna.get(statement_address(spring)).json()

    root = spring.root
    assert (body["from"], body["to"], body["account"]["name"]) == ("2026-05-01", "2026-06-01", "Anna")
    assert holdings(body["opening"]) == {(root, "active"): "100.000"}
    retired, cancelled = f"{root}-1-13.345", f"{root}-13.346-14.345"
    moved = [(row["at"], row["kind"], row["serial"], row["state"], row["quantity"]) for row in body["movements"]]
    assert moved == [
        ("2026-05-10T11:00:00Z", "retirement", retired, "active", "-12.345"),
        ("2026-05-10T11:00:00Z", "retirement", retired, "retired", "12.345"),
        ("2026-06-01T12:00:00Z", "cancellation", cancelled, "active", "-1.000"),
        ("2026-06-01T12:00:00Z", "cancellation", cancelled, "cancelled", "1.000"),
    ]
    assert body["movements"][0]["transaction"] == str(spring.retirement.transaction.public_id)
    assert holdings(body["closing"]) == {
        (root, "active"): "86.655",
        (root, "retired"): "12.345",
        (root, "cancelled"): "1.000",
    }
    assert len(queries) == 7


def test_the_first_and_the_last_day_count_and_the_next_does_not(anna, spring):
    one_day = anna.get(statement_address(spring, "from=2026-06-02&to=2026-06-02")).json()
    assert [(row["kind"], row["quantity"]) for row in one_day["movements"]] == [("transfer", "-10.000")]
    assert holdings(one_day["opening"])[spring.root, "active"] == "86.655"
    assert holdings(one_day["closing"])[spring.root, "active"] == "76.655"


def test_a_statement_as_csv(anna, spring):
    answer = anna.get(statement_address(spring) + "&format=csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    told = [(row["part"], row["state"], row["quantity"]) for row in rows]
    assert told == [
        ("opening", "active", "100.000"),
        ("movement", "active", "-12.345"),
        ("movement", "retired", "12.345"),
        ("movement", "active", "-1.000"),
        ("movement", "cancelled", "1.000"),
        ("closing", "active", "86.655"),
        ("closing", "cancelled", "1.000"),
        ("closing", "retired", "12.345"),
    ]


def test_a_statement_as_pdf(anna, spring):
    answer = anna.get(statement_address(spring) + "&format=pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-05-01", "to"), ("to=2026-05-01", "from"), ("from=2026-05-02&to=2026-05-01", "to"),
        ("from=1.5.2026&to=2026-05-01", "from"), ("from=2026-05-01&to=2026-05-02&format=xml", "format"),
        ("from=2026-05-01&to=2026-05-02&colour=red", "colour"),
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_refused_by_name(anna, spring, query, field):
    answer = anna.get(statement_address(spring, query))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-13-01", "2026-05-10T11:00:00", "0001-01-01", "2026-05-10T99:00:00Z"]
)
def test_a_moment_that_makes_no_sense_is_refused(anna, spring, text):
    answer = anna.get(f"/api/v1/holding-accounts/{spring.anna.public_id}/balances?as_of={text}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["as_of"])


PRIVATE = [
    "/api/v1/holding-accounts/{account}/balances",
    "/api/v1/holding-accounts/{account}/statement?from=2026-05-01&to=2026-06-01",
    "/api/v1/holding-accounts/{account}/statement?from=2026-05-01&to=2026-06-01&format=csv",
    "/api/v1/holding-accounts/{account}/statement?from=2026-05-01&to=2026-06-01&format=pdf",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_foreign_account_is_as_unknown_as_one_that_is_not_there(api, anna, staff, spring, address):
    theirs = address.format(account=account("Theirs").public_id)
    nobodys = address.format(account="00000000-0000-4000-8000-000000000000")
    own = address.format(account=spring.anna.public_id)

    assert api.get(own).status_code == 401
    assert anna.get(own).status_code == 200
    assert anna.get(theirs).status_code == 404
    assert anna.get(theirs).json() == anna.get(nobodys).json()
    assert staff(VIEWER).get(own).status_code == 404
    assert staff(TRANSACTIONS_OFFICER).get(own).status_code == 200


def test_whoever_is_not_signed_in_has_no_accounts(api):
    assert api.get("/api/v1/holding-accounts").status_code == 401
    assert api.post("/api/v1/holding-accounts", {"name": "A"}).status_code == 401
    assert not HoldingAccount.objects.filter(name="A").exists()
