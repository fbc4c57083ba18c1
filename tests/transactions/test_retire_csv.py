"""Retiring from a CSV: every row or none, each fault named by its line, the same file once."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from carboncore.common.errors import InvalidInput
from tests.api_clients import Api
from tests.factories import person, staff_token
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account_with, issued_batch, proceeds_of, wanted
from tests.purchase_factories import assert_ledger_clean, blocks_of, held
from transactions.models import Retirement
from transactions.services import credits_retire_csv, credits_transfer

pytestmark = pytest.mark.django_db

HEADER = "project_id,quantity,beneficiary_name,purpose"


@pytest.fixture
def world():
    """Two batches of different projects, 4 t of the first and 2 t of the second in one account."""
    first, second = issued_batch(quantity_kg=10_000), issued_batch(quantity_kg=5_000)
    holder = account_with(first, 4_000)
    credits_transfer(
        actor=None,
        from_account=proceeds_of(second.project),
        to_account=holder,
        wanted=wanted(second.project, 2_000),
    )
    return first, second, holder


def csv_of(*lines, header=HEADER):
    return "\r\n".join((header, *lines)) + "\r\n"


def retire(holder, text):
    return credits_retire_csv(actor=holder.owner, account=holder, text=text)


def test_every_row_becomes_a_retirement_in_its_order(world):
    first, second, holder = world
    header = (
        "Quantity,project_id,beneficiary_name,purpose,vintage,serials,beneficiary_location,period_start,"
        "period_end,note,published"
    )
    text = "\ufeff" + csv_of(
        f'1.5,{second.project_id},"Mill, North",corsia,2024,,Porto,2024-01-01,2024-12-31,"two\nlines",no',
        f"2,{first.project_id},Harbour Bakery,other,,{first.serial_root}-2-2;{first.serial_root}-4-4,,,,,",
        "",
        f"0.001,{first.project_id},Ferry,compliance,,,,,,,yes",
        header=header,
    )

    mill, bakery, ferry = retire(holder, text)

    assert (mill.beneficiary_name, mill.beneficiary_location, mill.note, mill.published) == (
        "Mill, North",
        "Porto",
        "two\nlines",
        False,
    )
    assert (mill.period_start, mill.period_end) == (date(2024, 1, 1), date(2024, 12, 31))
    assert [row.transaction.quantity_kg for row in (mill, bakery, ferry)] == [1_500, 2_000, 1]
    assert [row.published for row in (bakery, ferry)] == [True, True]
    retired = [block[:2] for block in blocks_of(first) if block[3] == "retired"]
    assert retired == [(0, 1), (1_000, 2_000), (3_000, 4_000)]
    assert (held(holder), held(holder, "retired")) == (6_000 - 3_501, 3_501)
    assert_ledger_clean()


def test_every_wrong_line_is_named_and_nothing_is_retired(world):
    first, _, holder = world
    good = f"1,{first.project_id},Ferry,other"
    before = ledger_dump()

    with pytest.raises(InvalidInput) as refused:
        retire(
            holder,
            csv_of(
                good,
                f'"1,5",{first.project_id},Ferry,other',
                "1,x,Ferry,other",
                good.replace("Ferry", ""),
                good.replace("other", "fun"),
                "1,2",
                f"1,{10**9},Ferry,other",
                header="quantity,project_id,beneficiary_name,purpose",
            ),
        )

    errors = refused.value.errors
    assert set(errors) == {f"line {number}" for number in (3, 4, 5, 6, 7, 8)}
    assert errors["line 4"] == ["project_id: Give a project's id as a whole number."]
    assert errors["line 7"] == ["There are 2 cells, but 4 columns."]
    assert errors["line 8"] == ["project_id: There is no such project."]
    assert ledger_dump() == before


def test_a_row_that_the_ledger_refuses_undoes_those_before(world):
    first, second, holder = world
    before = ledger_dump()

    with pytest.raises(InvalidInput) as refused:
        retire(holder, csv_of(f"{first.project_id},4,Ferry,other", f"{second.project_id},2.001,Ferry,other"))

    assert set(refused.value.errors) == {"line 3"}
    assert "only 2.000 t are available" in refused.value.errors["line 3"][0]
    assert ledger_dump() == before


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "line 1"),
        (HEADER, "csv"),
        ("project_id,quantity,beneficiary_name", "line 1"),
        (HEADER + ",colour", "line 1"),
        (HEADER + ",quantity", "line 1"),
        (HEADER + '\n1,1,"Ferry,other', "line 2"),
        (HEADER + "\n" + "1,1,Ferry,fun\n" * 1_001, "csv"),
    ],
)
def test_what_is_no_list_of_retirements_is_refused(world, text, named):
    *_, holder = world

    with pytest.raises(InvalidInput) as refused:
        retire(holder, text)

    assert set(refused.value.errors) == {named}
    assert not Retirement.objects.exists()


def test_over_the_api_once_for_each_key(world):
    first, _, holder = world
    holder.owner.is_staff = True
    holder.owner.save()
    client = Api(str(staff_token(holder.owner)))
    stranger = Api(str(staff_token(person())))
    body = {"account": str(holder.public_id), "csv": csv_of(f"{first.project_id},1.25,Ferry,other")}

    answers = [client.post("/api/v1/retirements/csv", body, **{"Idempotency-Key": "list 7"}) for _ in range(2)]
    other = client.post("/retirements/csv", {**body, "csv": HEADER}, **{"Idempotency-Key": "list 7"})
    wrong = client.post("/retirements/csv", {**body, "csv": csv_of("1,2,3,4")}, **{"Idempotency-Key": "list 8"})

    made = Retirement.objects.get()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json() == {
        "success": True,
        "quantity": "1.250",
        "retirements": [
            {
                "retirement": str(made.public_id),
                "beneficiary_name": "Ferry",
                "project_id": first.project_id,
                "quantity": "1.250",
            }
        ],
    }
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"line 2"})
    assert stranger.post("/retirements/csv", body, **{"Idempotency-Key": "x"}).status_code == 404
    assert Api().post("/retirements/csv", body, **{"Idempotency-Key": "x"}).status_code == 401
    assert held(holder, "retired") == 1_250


def test_the_command_carries_a_file_out_once(world, tmp_path, capsys):
    first, _, holder = world
    file = tmp_path / "list.csv"
    file.write_text(csv_of(f"{first.project_id},1,Ferry,other", f"{first.project_id},1,Mill,other"), encoding="utf-8")
    ordered = ["retire_csv", str(file), "--account", str(holder.public_id), "--by", holder.owner.email]

    call_command(*ordered)
    call_command(*ordered)

    assert Decimal(held(holder, "retired")) == 2_000
    addresses = [f"/certificates/{row.public_id}" for row in Retirement.objects.order_by("pk")]
    assert capsys.readouterr().out.splitlines() == [*addresses, "2 retirements, 2.000 t."] * 2
    call_command(*ordered, "--key", "again")
    assert held(holder, "retired") == 4_000


def test_what_the_command_refuses(world, tmp_path, capsys):
    first, _, holder = world
    file = tmp_path / "list.csv"
    account, by = ["--account", str(holder.public_id)], ["--by", holder.owner.email]
    before = ledger_dump()

    for content, more, words in (
        (csv_of(f"{first.project_id},4.001,Ferry,other").encode(), [*account, *by], "Nothing was retired"),
        (HEADER.encode() + b"\n\xff", [*account, *by], "not UTF-8"),
        (HEADER.encode(), [*account, "--by", "nobody@example.org"], "no active account"),
        (HEADER.encode(), [*account, "--by", person().email], "Account not found"),
        (HEADER.encode(), ["--account", str(uuid.uuid4()), *by], "Account not found"),
    ):
        file.write_bytes(content)
        with pytest.raises(CommandError, match=words):
            call_command("retire_csv", str(file), *more)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("retire_csv", str(tmp_path / "none.csv"), *account, *by)

    assert "line 2: " in capsys.readouterr().err
    assert ledger_dump() == before
