"""`manage.py import_registry`: what it prints, the rejects file, and its exit codes."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from integrations.models import ImportRun
from registry.models import Project

ROOT = Path(__file__).resolve().parents[2]
HEADER = "ID,Name,Proponent,Project Type,Methodology,Status,Country/Area,Estimated Annual Emission Reductions"
GOOD = "1,Forest,Forest Co,Transport,VM0038,Registered,Kenya,1"
BAD = "2,Stoves,Stove Co,Transport,VM0038,Dreaming,Kenya,1"


@pytest.fixture
def export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(*rows, name="allprojects.csv"):
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        return str(path)

    return write


def run(*arguments):
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("import_registry", *arguments, stdout=out, stderr=err)
    except SystemExit as exit_:
        code = exit_.code
    return code, out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_a_good_file_goes_in_and_a_second_run_says_that_nothing_changed(export):
    path = export(GOOD)

    first = run("verra", path, "--publish")
    second = run("verra", path)

    assert first[0] == second[0] == 0
    assert "1 created, 0 changed, 0 unchanged, 0 skipped, 0 rejected." in first[1]
    assert "0 created, 0 changed, 1 unchanged, 0 skipped, 0 rejected." in second[1]
    assert Project.objects.get().published is True
    assert list(ImportRun.objects.values_list("entrance", "file_name")) == [("command", "allprojects.csv")] * 2


@pytest.mark.django_db
def test_a_file_with_a_rejected_row_exits_with_one_and_says_where_the_rows_are(export, tmp_path):
    code, out, _ = run("verra", export(GOOD, BAD))

    assert code == 1
    assert "Nothing was imported: 1 of 2 rows were rejected." in out
    assert "unknown statuses: Dreaming (1)" in out
    lines = (tmp_path / "allprojects.rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == f"line,reason,{HEADER}"
    assert lines[1] == f"3,the status 'Dreaming' is not known; nothing is guessed,{BAD}"
    assert Project.objects.count() == 0


@pytest.mark.django_db
def test_keep_going_imports_the_rest_and_still_exits_with_one(export, tmp_path):
    code, out, _ = run("verra", export(GOOD, BAD), "--keep-going", "--rejects", str(tmp_path / "r.csv"))

    assert code == 1
    assert "1 created, 0 changed, 0 unchanged, 0 skipped, 1 rejected." in out
    assert (tmp_path / "r.csv").is_file()
    assert Project.objects.count() == 1


@pytest.mark.django_db
def test_a_dry_run_says_so_and_changes_nothing(export):
    code, out, _ = run("verra", export(GOOD), "--dry-run")

    assert code == 0
    assert "Dry run, nothing was changed: 1 created" in out
    assert Project.objects.count() == 0


@pytest.mark.django_db
def test_one_refused_file_does_not_keep_the_next_from_being_imported(export, tmp_path):
    wrong = tmp_path / "other.csv"
    wrong.write_text("a,b\n1,2\n", encoding="utf-8")

    code, out, err = run("verra", str(wrong), export(GOOD))

    assert code == 1
    assert "other.csv: The header on line 1 has no column “ID”" in err or "No header row" in err
    assert "1 created" in out
    assert Project.objects.count() == 1


@pytest.mark.django_db
def test_wrong_usage_is_refused_before_anything_is_read(export):
    with pytest.raises(CommandError, match="No such file") as missing:
        call_command("import_registry", "verra", "nowhere.csv")
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_registry", "acme", export(GOOD))

    assert missing.value.returncode == 2
    assert ImportRun.objects.count() == 0


def test_wrong_usage_on_a_real_command_line_exits_with_two():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    finished = subprocess.run(
        [sys.executable, "manage.py", "import_registry", "acme", "x.csv"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert finished.returncode == 2
    assert "invalid choice: 'acme'" in finished.stderr
