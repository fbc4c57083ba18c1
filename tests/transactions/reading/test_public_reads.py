"""What anybody may read: serials, retirements, a project's credits, checkpoints."""

import hashlib
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from registry.models import Project
from tests.ledger_factories import issued_batch, registered_project
from transactions.models import Checkpoint, OriginCredits, Retirement
from transactions.selectors import serial_lookup
from transactions.selectors.certificates import certificate_of
from transactions.selectors.origin_credits import origin_figures
from transactions.services.checkpoints import checkpoint_make

pytestmark = pytest.mark.django_db


def test_a_serial_tells_batch_blocks_and_history(api, spring):
    # Retired are kilograms [0, 12,345): credit 13 is cut after 345 kg. The next 1,000 kg are cancelled.
    body = api.get(f"/api/v1/serials/{spring.root}-12-14").json()

    certificate = str(spring.retirement.public_id)
    assert (body["serial"], body["quantity"], body["complete"]) == (f"{spring.root}-12-14", "3.000", True)
    assert body["batch"] == {
        "serial_root": spring.root,
        "project_id": spring.batch.project_id,
        "project_name": "Floresta São João",
        "vintage": 2024,
        "standard": spring.batch.standard.code,
        "labels": [],
        "quantity": "1000.000",
        "issued_at": "2026-03-02T09:00:00+00:00",
    }
    nobody = {"holder": None, "beneficiary": None, "certificate": None}
    assert body["blocks"] == [
        {
            "serial": f"{spring.root}-12-13.345",
            "quantity": "1.345",
            "state": "retired",
            "holder": None,
            "beneficiary": "Harbour Bakery",
            "certificate": certificate,
        },
        {"serial": f"{spring.root}-13.346-14.345", "quantity": "1.000", "state": "cancelled", **nobody},
        {"serial": f"{spring.root}-14.346-14", "quantity": "0.655", "state": "active", **nobody},
    ]
    told = [(step["kind"], step["serial"].removeprefix(spring.root), step["to_state"]) for step in body["history"]]
    assert told == [
        ("issuance", "-12-14", "active"),
        ("transfer", "-12-14", "active"),
        ("retirement", "-12-13.345", "retired"),
        ("cancellation", "-13.346-14.345", "cancelled"),
        ("transfer", "-14.346-14", "active"),
    ]
    assert [step["certificate"] for step in body["history"]] == [None, None, certificate, None, None]


@pytest.mark.parametrize(
    ("asked", "states", "holders"),
    [
        ("-1", ["retired"], [None]),
        ("-1.001", ["retired"], [None]),
        ("-500", ["active"], ["Proceeds of Floresta São João"]),
        ("-1000", ["buffer"], ["Buffer pool"]),
        ("", ["retired", "cancelled", "active", "active", "active", "buffer"],
         [None, None, None, None, "Proceeds of Floresta São João", "Buffer pool"]),
    ],
)  # fmt: skip
def test_single_credits_kilograms_and_whole_batches_are_found(api, spring, asked, states, holders):
    blocks = api.get(f"/api/v1/serials/{spring.root.lower()}{asked}").json()["blocks"]
    assert ([block["state"] for block in blocks], [block["holder"] for block in blocks]) == (states, holders)


@pytest.mark.parametrize(
    "text",
    ["-1001", "-0", "-5-4", "-1-2-3", "-1-1000.1001", "x", "-99999999999999999999"],
)
def test_what_was_never_issued_is_not_found(api, spring, text):
    answer = api.get(f"/api/v1/serials/{spring.root}{text}")
    assert (answer.status_code, answer.json()["code"]) == (404, "serial_not_found")


def test_a_serial_takes_three_queries_and_names_no_hidden_beneficiary_or_project(api, spring):
    Retirement.objects.update(published=False)
    Project.objects.update(published=False)
    with CaptureQueriesContext(connection) as queries:
        answer = api.get(f"/api/v1/serials/{spring.root}")
    assert len(queries) == 3
    assert b"Harbour" not in answer.content
    assert answer.json()["batch"]["project_name"] is None


def test_a_history_is_the_same_by_index_and_along_the_chain(spring, monkeypatch):
    by_index = serial_lookup.serial_lookup(spring.root)["history"]
    monkeypatch.setattr(serial_lookup, "_FOUND_AT_ONCE", 0)
    with CaptureQueriesContext(connection) as queries:
        along_the_chain = serial_lookup.serial_lookup(spring.root)["history"]

    assert along_the_chain == by_index
    assert [step["position"] for step in by_index] == [1, 1, 2, 3, 4, 5]
    assert len(queries) == 4


def test_the_lines_over_a_range_are_found_by_the_index(spring):
    # Enough lines of other batches that the planner chooses by their number, whatever it remembered of this table.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO transactions_ledgerline"
            " (entry_id, batch_id, at, first_kg, end_kg, from_account_id, to_account_id, from_state, to_state)"
            " SELECT l.entry_id, %s + n %% 100, l.at, 1000000 + n * 1000, 1001000 + n * 1000, NULL, l.to_account_id,"
            " '', 'active' FROM generate_series(1, 20000) n,"
            " (SELECT * FROM transactions_ledgerline ORDER BY id LIMIT 1) l",
            [spring.batch.pk + 1],
        )
        cursor.execute("ANALYZE transactions_ledgerline")
        cursor.execute(
            f"EXPLAIN {serial_lookup._HISTORY_BY_INDEX}", {"batch": spring.batch.pk, "first": 5, "end": 6, "most": 10}
        )
        plan = "\n".join(row for (row,) in cursor.fetchall())
    assert "transactions_line_range_idx" in plan, plan


def test_the_holder_is_found_by_the_index(spring):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT first_kg FROM transactions_block WHERE batch_id = %s AND first_kg <= 7 "
            "ORDER BY first_kg DESC LIMIT 1",
            [spring.batch.pk],
        )
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "transactions_block_first_once" in plan


def test_public_retirements_are_listed_without_hidden_names(api, exact, spring):
    with CaptureQueriesContext(connection) as queries:
        answer = api.get("/api/v1/retirements?count=true")

    assert exact(answer) == [
        {
            "certificate": str(spring.retirement.public_id),
            "certificate_url": f"http://localhost:8000/certificates/{spring.retirement.public_id}",
            "retired_at": "2026-05-10T11:00:00+00:00",
            "quantity": Decimal("12.345"),
            "project_id": spring.batch.project_id,
            "project_name": "Floresta São João",
            "project_type": "FC",
            "country": "BR",
            "vintages": [2024],
            "beneficiary": "Harbour Bakery",
            "beneficiary_location": "Ålesund",
            "purpose": "corporate_inventory",
            "period_start": None,
            "period_end": None,
            "inventory": "",
        }
    ]
    assert (answer["X-Total-Count"], len(queries)) == ("1", 2)

    Retirement.objects.update(published=False)
    hidden = api.get("/api/v1/retirements").json()[0]
    assert (hidden["beneficiary"], hidden["beneficiary_location"]) == (None, None)
    assert api.get("/api/v1/retirements?beneficiary=bakery").json() == []
    Project.objects.update(published=False)
    assert api.get("/api/v1/retirements").json() == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("beneficiary=harbour", 1), ("beneficiary=Tailor", 0), ("country=BR", 1), ("country=Brazil", 1),
        ("country=KE", 0), ("vintage=2024", 1), ("vintage=2023", 0), ("project={project}", 1), ("project=999999", 0),
        ("from=2026-05-10", 1), ("from=2026-05-11", 0), ("to=2026-05-10", 1), ("to=2026-05-09", 0),
        ("purpose=corporate_inventory", 1), ("purpose=corsia", 0),
    ],
)  # fmt: skip
def test_retirements_are_filtered(api, spring, query, found):
    answer = api.get(f"/api/v1/retirements?{query.format(project=spring.batch.project_id)}")
    assert (answer.status_code, len(answer.json())) == (200, found)


@pytest.mark.parametrize(
    ("query", "field"),
    [("country=Atlantis", "country"), ("vintage=24", "vintage"), ("project=x", "project"), ("from=2026-02-30", "from"),
     ("to=yesterday", "to"), ("purpose=fun", "purpose"), ("colour=red", "colour"), ("project=1&project=2", "project")],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused_by_name(api, spring, query, field):
    answer = api.get(f"/api/v1/retirements?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_a_projects_credits_in_all_and_by_vintage(api, exact, spring):
    issued_batch(quantity_kg=2_500, project=spring.batch.project, year=2023)
    with CaptureQueriesContext(connection) as queries:
        body = exact(api.get(f"/projects/{spring.batch.project_id}/credits"))

    # 2023: 2.5 t, of which a tenth, 0.25 t, is in the buffer.
    older = {"vintage": 2023, "issued": Decimal("2.500"), "available": Decimal("2.250"), "buffer": Decimal("0.250")}
    newer = {"vintage": 2024, "issued": Decimal("1000.000"), "available": Decimal("886.655"),
             "buffer": Decimal("100.000"), "retired": Decimal("12.345"), "cancelled": Decimal("1.000")}  # fmt: skip
    nothing = dict.fromkeys(("reserved", "retired", "cancelled", "bridged"), Decimal("0.000"))
    assert body == {
        "project_id": spring.batch.project_id,
        "project_name": "Floresta São João",
        "issued": Decimal("1002.500"),
        "available": Decimal("888.905"),
        "reserved": Decimal("0.000"),
        "buffer": Decimal("100.250"),
        "retired": Decimal("12.345"),
        "cancelled": Decimal("1.000"),
        "bridged": Decimal("0.000"),
        "by_vintage": [nothing | older, nothing | newer],
        "elsewhere": [],
    }
    assert len(queries) == 1


def test_what_other_registries_state_stands_beside_a_projects_credits_and_adds_to_none(api, exact, spring):
    # given 250 t issued at one registry (30 t to its buffer) of which 100.5 t are retired, and 7 t cancelled at another
    stated = [
        ("VCS", "issuance", 250_000, 30_000), ("VCS", "retirement", 100_000, 0), ("VCS", "retirement", 500, 0),
        ("ACR", "cancellation", 7_000, 0),
    ]  # fmt: skip
    for number, (registry, kind, quantity_kg, buffer_kg) in enumerate(stated):
        OriginCredits.objects.create(
            project=spring.batch.project, origin_registry=registry, kind=kind, block_key=str(number),
            quantity_kg=quantity_kg, buffer_kg=buffer_kg, imported_at=timezone.now(),
        )  # fmt: skip

    with CaptureQueriesContext(connection) as queries:
        body = exact(api.get(f"/projects/{spring.batch.project_id}/credits"))

    zero = Decimal("0.000")
    assert body["elsewhere"] == [
        {"registry": "ACR", "issued": zero, "retired": zero, "cancelled": Decimal("7.000"), "buffer": zero},
        {"registry": "VCS", "issued": Decimal("250.000"), "retired": Decimal("100.500"), "cancelled": zero,
         "buffer": Decimal("30.000")},
    ]  # fmt: skip
    assert body["issued"] == Decimal("1000.000")
    assert [(row.registry, row.issued_kg, row.retired_kg, row.cancelled_kg, row.buffer_kg)
            for row in origin_figures(spring.batch.project_id)] == [
        ("ACR", 0, 0, 7_000, 0), ("VCS", 250_000, 100_500, 0, 30_000),
    ]  # fmt: skip
    assert len(queries) == 1


def test_a_project_that_is_not_public_has_no_public_credits(api):
    project = registered_project()
    assert api.get(f"/api/v1/projects/{project.pk}/credits").status_code == 404


def test_checkpoints_are_answered_as_they_were_signed(api, spring):
    assert api.get("/api/v1/ledger/checkpoint").json()["code"] == "checkpoint_not_found"
    for _ in range(2):
        checkpoint_make()

    latest, first = (api.get(f"/api/v1/ledger/checkpoint{query}").json() for query in ("", "?number=1"))
    listed = api.get("/api/v1/ledger/checkpoints").json()

    assert listed == [latest, first]
    assert latest["statement"]["previous"] == first["digest"]
    text = json.dumps(latest["statement"], sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == latest["digest"]
    assert certificate_of(spring.retirement.public_id).proof["checkpoint"] == first
    assert api.get("/api/v1/ledger/checkpoint?number=3").status_code == 404
    assert api.get("/api/v1/ledger/checkpoint?number=0").status_code == 400
    assert [row["statement"]["number"] for row in api.get("/api/v1/ledger/checkpoints?limit=1").json()] == [2]


@pytest.mark.parametrize(
    ("role", "status", "made"),
    [
        (None, 401, 0),
        (VIEWER, 403, 0),
        (REGISTRY_OFFICER, 403, 0),
        (TRANSACTIONS_OFFICER, 201, 1),
        (SUPER_ADMIN, 201, 1),
    ],
)
def test_only_those_who_work_transactions_make_a_checkpoint(api, staff, role, status, made):
    answer = (staff(role) if role else api).post("/admin/ledger/checkpoints")
    assert (answer.status_code, Checkpoint.objects.count()) == (status, made)
