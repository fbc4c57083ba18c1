"""Import and export on the staff pages: preview first, saved by services, nothing that a spreadsheet would run."""

import csv
import io
import json

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import REGISTRY_OFFICER
from carboncore.common.context import Entrance
from registry.models import Project, ProjectType
from tests.admin.pages import form_values, text_of
from tests.factories import ProjectFactory, ProjectTypeFactory, ready_project

pytestmark = pytest.mark.django_db
CSV, XLSX, JSON = "0", "1", "2"
TYPES = "/staff/registry/projecttype"
PROJECTS = "/staff/registry/project"


@pytest.fixture(autouse=True)
def _many_rows_in_one_request(settings):
    """Each imported row is looked up and saved for itself, on purpose: it goes through its service."""
    settings.ZEAL_ALLOWLIST = [
        {"model": "registry.*", "field": "*"},
    ]


def _upload(client, where, content, kind=CSV, name="rows.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(
        f"{where}/import/", {"import_file": SimpleUploadedFile(name, data), "format": kind, "resource": "0"}
    )


def _confirm(client, where, preview):
    return client.post(f"{where}/process_import/", form_values(preview), follow=True)


def _export(client, where, kind):
    response = client.post(f"{where}/export/", {"format": kind, "resource": "0"})
    assert response.status_code == 200, response.content[:500]
    return response.content


def test_a_preview_changes_nothing_and_its_confirmation_does(as_role):
    ProjectTypeFactory(code="FC", name="Old name")
    officer = as_role(REGISTRY_OFFICER)

    preview = _upload(officer, TYPES, "code,name,land_based\nfc,Forest conservation,1\nMG,Mangroves,1\n")

    text = text_of(preview)
    assert "1 new" in text
    assert "1 changed" in text
    assert "Old name → Forest conservation" in text
    assert ProjectType.objects.get().name == "Old name"

    done = _confirm(officer, TYPES, preview)

    assert "1 new, 1 updated" in text_of(done)
    assert dict(ProjectType.objects.values_list("code", "name")) == {"FC": "Forest conservation", "MG": "Mangroves"}
    row = ProjectType.objects.get(code="MG").history.get()
    assert (row.history_user, row.entrance) == (officer.user, Entrance.ADMIN)
    assert default_storage.listdir("waiting-imports")[1] == []


def test_a_second_import_of_the_same_file_changes_nothing_and_says_so(as_role):
    ProjectTypeFactory(code="MG", name="Mangroves", category="Coast")

    preview = _upload(as_role(REGISTRY_OFFICER), TYPES, "code,name,category\nMG,Mangroves,Coast\n")

    assert "1 unchanged" in text_of(preview)
    assert "No row differs" in text_of(preview)


def test_bad_rows_are_told_with_their_line_and_nothing_is_imported(as_role):
    officer = as_role(REGISTRY_OFFICER)

    preview = _upload(officer, TYPES, "code,name\nOK,Fine\nTOO-LONG-A-CODE,Bad\n,Nameless\n")

    text = text_of(preview)
    assert "Nothing was changed." in text
    assert "Row 3: code : Use up to ten letters" in text.replace("code:", "code :")
    assert "Row 4" in text
    assert not ProjectType.objects.exists()


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        ("name\nWithout code\n", CSV, "The column code is missing"),
        ("code,name,colour\nA,B,red\n", CSV, "Unknown columns: colour."),
        ("code;name\nA;Ü\n".encode("latin-1"), CSV, "not in UTF-8"),
        (b"code,name\nA\x00B,C\n", CSV, "not text"),
        (b"", CSV, "empty"),
        (b"PK but no workbook", XLSX, "not an Excel workbook"),
        (b"{", JSON, "not JSON"),
        (b'{"code": "A"}', JSON, "must be an array"),
        ("code,name\n" + "A,B\n" * 10_001, CSV, "up to 10,000 can be imported here"),
    ],
)
def test_a_file_that_cannot_be_read_is_explained(as_role, content, kind, reason):
    response = _upload(as_role(REGISTRY_OFFICER), TYPES, content, kind)

    assert response.status_code == 200
    assert reason in text_of(response)
    assert not ProjectType.objects.exists()


def test_projects_are_imported_by_public_id_by_origin_and_as_new_ones(as_role):
    ProjectTypeFactory(code="FC")
    known = ProjectFactory(project_name="Known", region="Acre")
    foreign = ProjectFactory(project_name="Foreign", origin_registry="VCS", origin_id="VCS77")
    officer = as_role(REGISTRY_OFFICER)
    columns = (
        "public_id,project_name,project_initiator,project_type,country,region,vintage_year,origin_registry,"
        "origin_id,tree_types\n"
    )
    rows = (
        f"{known.public_id},Known,Somebody,FC,BR,Pará,2020,,,oak; ash\n"
        ",Foreign renamed,Somebody,FC,Brazil,Acre,2020,VCS,VCS77,\n"
        ",Brand new,Somebody,FC,Viet Nam,Ca Mau,2021,,,\n"
    )

    done = _confirm(officer, PROJECTS, _upload(officer, PROJECTS, columns + rows))

    assert "1 new, 2 updated" in text_of(done)
    known.refresh_from_db()
    foreign.refresh_from_db()
    assert (known.region, known.tree_types) == ("Pará", ["oak", "ash"])
    assert foreign.project_name == "Foreign renamed"
    new = Project.objects.get(project_name="Brand new")
    assert (new.country_id, new.status, new.history.get().entrance) == ("VN", "draft", Entrance.ADMIN)
    assert new.credits.issued_kg == 0


def test_more_projects_than_one_request_can_save_are_sent_elsewhere(as_role):
    response = _upload(as_role(REGISTRY_OFFICER), PROJECTS, "project_name\n" + "A\n" * 1_001)

    assert "up to 1,000 can be imported here" in text_of(response)
    assert "manage.py import_registry" in text_of(response)


def test_unknown_codes_countries_and_boundaries_are_row_errors(as_role):
    ProjectTypeFactory(code="FC")
    columns = "project_name,project_initiator,project_type,country,vintage_year,coordinates\n"
    rows = 'A,I,XX,BR,2020,\nB,I,FC,Atlantis,2020,\nC,I,FC,BR,2020,"[[[500,0],[501,1],[501,0],[500,0]]]"\n'

    text = text_of(_upload(as_role(REGISTRY_OFFICER), PROJECTS, columns + rows))

    assert "“XX” is not among the project types. Add it first." in text
    assert "“Atlantis” is not a country." in text
    assert "Row 4" in text
    assert not Project.objects.exists()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_exported_cell_is_a_formula_to_a_spreadsheet(as_role, start, kind):
    ProjectTypeFactory(code="A", name="harmless", category=f"{start}cmd|' /C calc'!A0")

    content = _export(as_role(REGISTRY_OFFICER), TYPES, kind)

    if kind == CSV:
        cell = next(csv.DictReader(io.StringIO(content.decode(), newline="")))["category"]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        values = [[c.value for c in row] for row in sheet.iter_rows()]
        cell = values[1][values[0].index("category")]
    assert cell.startswith("'")
    assert cell[1:].lstrip() == f"{start}cmd|' /C calc'!A0".lstrip() or cell == f"'{start}cmd|' /C calc'!A0"


def test_json_keeps_values_exactly(as_role):
    ProjectTypeFactory(code="A", name="=1+1")

    assert json.loads(_export(as_role(REGISTRY_OFFICER), TYPES, JSON))[0]["name"] == "=1+1"


@pytest.mark.parametrize(("kind", "name"), [(CSV, "p.csv"), (XLSX, "p.xlsx"), (JSON, "p.json")])
def test_what_is_exported_can_be_imported_again_and_changes_nothing(as_role, kind, name):
    ready_project(project_name="-Odd name", tree_types=["oak", "ash"], sdg_goals=[13, 15])
    officer = as_role(REGISTRY_OFFICER)

    preview = _upload(officer, PROJECTS, _export(officer, PROJECTS, kind), kind, name)

    assert "1 unchanged" in text_of(preview)


def test_a_waiting_file_is_named_by_nobody_but_the_program(as_role):
    default_storage.save("documents/secret", SimpleUploadedFile("x", b"code,name\nA,B\n"))
    officer = as_role(REGISTRY_OFFICER)

    for name in ("../documents/secret", "secret", "0" * 32):
        response = officer.post(
            f"{TYPES}/process_import/",
            {"import_file_name": name, "original_file_name": "x.csv", "format": CSV, "resource": "0"},
            follow=True,
        )
        assert "no longer there" in text_of(response)
    assert default_storage.exists("documents/secret")
    assert not ProjectType.objects.exists()
