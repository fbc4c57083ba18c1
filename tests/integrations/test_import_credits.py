"""Importing credits of other registries: what goes in, what is refused and why; a second run changes nothing."""

from datetime import date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import NumericRange

from accounts.models import User
from integrations.errors import ImportFileRefused
from integrations.models import ImportRun
from integrations.services import import_run_create
from integrations.tasks import import_run_job
from registry.models import Project, ProjectCredits
from tests.integrations.credit_rows import EXPORTS, projects_in, projects_of, run, vcu, vcu_list
from tests.integrations.test_credit_exports import REAL, real_files
from transactions.models import Block, OriginCredits
from transactions.selectors.origin_credits import OriginFigures, origin_figures

pytestmark = pytest.mark.django_db

FIRST = "19385-1-100-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-0"


def everything():
    return list(OriginCredits.objects.order_by("pk").values())


def counts(summary):
    return (summary.created, summary.changed, summary.unchanged, summary.rejected)


def test_issued_and_retired_credits_go_in_and_a_second_time_nothing_changes():
    projects_in("VCS", "VCS1340")
    rows = [vcu(1, 100, retired="2026-04-10", beneficiary="Acme Ltd"), vcu(101, 250)]

    first, _ = run(*rows)
    before = everything()
    second, _ = run(*rows)

    assert (counts(first), first.applied) == ((3, 0, 0, 0), True)
    assert counts(second) == (0, 0, 3, 0)
    assert everything() == before
    retired = OriginCredits.objects.get(kind="retirement")
    assert (retired.units, retired.quantity_kg) == (NumericRange(1, 101), 100_000)
    assert (retired.beneficiary, retired.ended_on) == ("Acme Ltd", date(2026, 4, 10))
    assert origin_figures(Project.objects.get().pk) == [OriginFigures("VCS", 250_000, 100_000, 0, 0)]


def test_they_are_not_ours_to_sell():
    projects_in("VCS", "VCS1340")

    run(vcu(1, 100))

    assert not Block.objects.exists()
    assert ProjectCredits.objects.get().issued_kg == 0


def test_a_later_export_shows_parts_of_what_was_issued_and_their_retirement():
    projects_in("VCS", "VCS1340")
    run(vcu(1, 100))

    later, _ = run(vcu(1, 40, retired="2026-05-01", beneficiary="Acme Ltd"), vcu(41, 100))

    assert counts(later) == (1, 0, 2, 0)
    assert origin_figures(Project.objects.get().pk) == [OriginFigures("VCS", 100_000, 40_000, 0, 0)]


def test_a_corrected_statement_about_the_same_credits_is_taken_over():
    projects_in("VCS", "VCS1340")
    run(vcu(1, 100, retired="2026-04-10", beneficiary="Acme"))

    later, _ = run(vcu(1, 100, retired="2026-04-10", beneficiary="Acme Ltd"))

    assert counts(later) == (0, 1, 1, 0)
    retired = OriginCredits.objects.get(kind="retirement")
    assert retired.beneficiary == "Acme Ltd"
    assert retired.changed_at is not None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            vcu(50, 150, retired="2026-04-11"),
            f"only some of these credits were issued before ({FIRST})",
        ),
        (
            vcu(10, 20, retired="2026-04-11"),
            f"some of these credits are retired here already ({FIRST})",
        ),
        (
            vcu(10, 20, project=1341),
            f"these credits are here as those of another project ({FIRST})",
        ),
        (vcu(900, 999, project=7), "there is no project VCS7 here; import the registry's project export first"),
    ],
)  # fmt: skip
def test_what_contradicts_the_credits_that_are_here_is_rejected_and_nothing_changes(row, reason):
    projects_in("VCS", "VCS1340", "VCS1341")
    run(vcu(1, 100, retired="2026-04-10"))
    before = everything()

    summary, rejects = run(vcu(500, 600), row)

    assert (counts(summary), summary.applied) == ((0, 0, 0, 1), False)
    assert rejects.splitlines()[1].startswith(f"3,{reason},") or f'3,"{reason}",' in rejects
    assert everything() == before


def test_keep_going_takes_the_good_rows_and_no_half_of_a_bad_one():
    projects_in("VCS", "VCS1340")
    run(vcu(1, 100, retired="2026-04-10"))

    # The issuance of the bad row is known and its retirement is not possible; the good row stands after it.
    summary, _ = run(vcu(90, 100, retired="2026-04-12"), vcu(500, 600), keep_going=True)

    assert (counts(summary), summary.applied) == ((1, 0, 0, 1), True)
    assert summary.findings["reasons_of_rejection"] == {"overlap": 1}
    assert OriginCredits.objects.filter(kind="issuance").count() == 2


def test_credits_that_stand_twice_in_one_file_are_rejected_the_second_time():
    projects_in("VCS", "VCS1340")

    summary, rejects = run(vcu(1, 100), vcu(101, 200), vcu(100, 110), keep_going=True)

    assert counts(summary) == (2, 0, 0, 1)
    # Line 4 shares credit 100 with line 2 and 101 to 110 with line 3.
    assert rejects.splitlines()[1].startswith("4,line 3 states some of the same credits,")


def test_one_credit_shared_within_a_file_is_enough():
    projects_in("VCS", "VCS1340")

    summary, rejects = run(vcu(1, 100), vcu(100, 150), vcu(101, 120), keep_going=True)

    assert counts(summary) == (2, 0, 0, 1)
    assert rejects.splitlines()[1].startswith("3,line 2 states some of the same credits,")


def test_twice_in_one_file_is_seen_over_the_batches_too(monkeypatch):
    monkeypatch.setattr("integrations.services.import_credits.BATCH", 1)
    projects_in("VCS", "VCS1340")

    summary, rejects = run(vcu(1, 100), vcu(1, 100), keep_going=True)

    assert counts(summary) == (1, 0, 0, 1)
    assert "3,an earlier line of this file states the same credits" in rejects


def test_a_dry_run_counts_exactly_and_keeps_nothing():
    projects_in("VCS", "VCS1340")

    summary, _ = run(vcu(1, 100, retired="2026-04-10"), dry_run=True)

    assert (counts(summary), summary.applied) == ((2, 0, 0, 0), False)
    assert everything() == []


@real_files
@pytest.mark.parametrize(("source", "path", "rows", "stated"), REAL, ids=[path for _, path, _, _ in REAL])
def test_the_registries_own_files_go_in_whole_and_again_without_a_change(source, path, rows, stated):
    file = EXPORTS / f"{path}.csv"
    projects_of(source, file)

    with file.open("rb") as stream:
        first, rejects = run(source=source, stream=stream)
        again, _ = run(source=source, stream=stream)

    total = sum(count for count, _ in stated.values())
    assert rejects == ""
    assert (first.rows_read, counts(first)) == (rows, (total, 0, 0, 0))
    assert first.stated_kg == {kind: kilograms for kind, (_, kilograms) in stated.items()}
    assert counts(again) == (0, 0, total, 0)


@real_files
def test_issuances_and_retirements_of_one_block_stand_side_by_side():
    issued, retired = EXPORTS / "gold-standard/issuances.csv", EXPORTS / "gold-standard/retirements.csv"
    projects_of("gold-standard", issued)
    projects_of("gold-standard", retired)

    for path in (issued, retired):
        with path.open("rb") as stream:
            run(source="gold-standard", stream=stream)

    block = OriginCredits.objects.filter(block_key="GS1-1-KE-GS11603-16-2025-30256").order_by("kind")
    assert [(row.kind, row.units.lower, row.units.upper) for row in block] == [
        ("issuance", 1, 5486),
        ("retirement", 110, 5464),
    ]
    assert block[1].beneficiary == "Hilti Corporation"


# --- the database's own guards ---------------------------------------------------------------------------


def stored(**fields):
    units = fields.pop("units", (1, 101))
    return OriginCredits.objects.create(
        **{
            "project": Project.objects.get(),
            "origin_registry": "VCS",
            "kind": "issuance",
            "block_key": "VCU-VER",
            "units": units and NumericRange(*units),
            "quantity_kg": 100_000,
            "digest": "0" * 64,
            "imported_at": datetime(2026, 4, 14, tzinfo=ZoneInfo("UTC")),
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("here", "second", "constraint"),
    [
        ({}, {"units": (100, 200)}, "transactions_origincredits_issued_once"),
        ({"kind": "retirement"}, {"kind": "retirement"}, "transactions_origincredits_ended_once"),
        ({"kind": "retirement"}, {"kind": "cancellation"}, "transactions_origincredits_ended_once"),
        ({"units": None}, {"units": None}, "transactions_origincredits_statement_once"),
        ({}, {"units": (200, 301)}, "transactions_origincredits_length_is_quantity"),
        ({}, {"units": (-100, 0)}, "transactions_origincredits_length_is_quantity"),
        ({}, {"units": None, "quantity_kg": 0}, "transactions_origincredits_quantity_positive"),
        ({}, {"units": (200, 300), "buffer_kg": 100_001}, "transactions_origincredits_quantity_positive"),
    ],
)
def test_the_database_refuses_by_name_what_the_services_would_not_write(here, second, constraint):
    projects_in("VCS", "VCS1340")
    stored(**here)

    # (100, 200) is a hundred credits, as the quantity says.
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        stored(**second)

    assert OriginCredits.objects.count() == 1


@pytest.mark.parametrize(
    "second",
    [{"units": (101, 201)}, {"kind": "retirement"}, {"block_key": "VCU-MER"}, {"origin_registry": "GLD"}],
)
def test_other_credits_and_the_other_end_of_the_same_ones_are_let_in(second):
    projects_in("VCS", "VCS1340")
    stored()

    stored(**second)

    assert OriginCredits.objects.count() == 2


# --- the ways in -----------------------------------------------------------------------------------------


def test_the_command_tells_credits_from_projects_by_the_header(tmp_path, capsys):
    projects_in("VCS", "VCS1340")
    path = tmp_path / "vcus.csv"
    path.write_bytes(vcu_list(vcu(1, 100, retired="2026-04-10")).getvalue())

    call_command("import_registry", "verra", str(path))

    assert ImportRun.objects.get().kind == "credits"
    out = capsys.readouterr().out
    assert "2 created, 0 changed, 0 unchanged, 0 skipped, 0 rejected." in out
    assert "kilograms stated: retirement (100,000)" in out
    assert "published" not in out


def test_puros_issuances_give_projects_unless_credits_are_asked_for(tmp_path):
    projects_in("PUR", "PUR577166")
    path = tmp_path / "puro.csv"
    path.write_text(
        "issued_date,issued_qty,project_name,supplier,methodology,project_id,country\n"
        '01 Jun 2026,100,Biochar,Char Co,"Biochar, 2022",577166,Finland\n'
    )

    call_command("import_registry", "puro", str(path))
    call_command("import_registry", "puro", str(path), "--kind", "credits")

    assert list(ImportRun.objects.order_by("pk").values_list("kind", flat=True)) == ["projects", "credits"]
    assert OriginCredits.objects.get().quantity_kg == 100_000


def test_an_upload_is_imported_by_the_job():
    projects_in("VCS", "VCS1340")
    officer = User.objects.create_user(email="officer@example.org", password=None)
    upload = SimpleUploadedFile("vcus.csv", vcu_list(vcu(1, 100), vcu(200, 299, project=7)).getvalue())

    queued = import_run_create(
        actor=officer, source="verra", upload=upload, dry_run=False, keep_going=True, publish=False
    )
    import_run_job(run_id=queued.pk)

    done = ImportRun.objects.get()
    assert (done.kind, done.state, done.created_count, done.rejected_count) == ("credits", "done", 1, 1)
    assert done.findings["reasons_of_rejection"] == {"unknown_project": 1}
    assert done.findings["kilograms_stated"] == {"issuance": 100_000}


def test_a_file_that_is_no_export_is_refused_and_nothing_changes():
    with pytest.raises(ImportFileRefused, match="none of this registry's credit exports"):
        run(stream=BytesIO(b"a,b\n1,2\n"))
    assert everything() == []
