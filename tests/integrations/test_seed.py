"""The seeded catalogue and projects: how many, how varied, whose names, and a second run."""

import csv
import io
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

import registry
from integrations.registry_exports import SourceCode
from integrations.services.import_projects import projects_import_file
from registry.choices import PUBLIC_STATUSES
from registry.models import (
    BoundaryOverlap,
    Methodology,
    Project,
    ProjectType,
    Standard,
    StandardValidator,
    ValidatorAccreditation,
)
from registry.services import project_update

DATA = Path(registry.__file__).parent / "data"


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def seed():
    out = StringIO()
    call_command("seed", "--catalogue-only", stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.django_db
def test_the_seed_fills_an_empty_registry_and_a_second_run_adds_nothing():
    first = seed()
    before = list(Project.objects.order_by("pk").values())
    second = seed()

    assert first == [
        "project types: 38 added",
        "standards: 17 added",
        "methodologies: 158 added",
        "verification bodies: 36 added",
        "integrations: 19 added",
        "factor sets: 14 added",
        "projects: 249 added",
    ]
    assert all(line.endswith("nothing to add") for line in second)
    assert list(Project.objects.order_by("pk").values()) == before
    assert Project.objects.values("country").distinct().count() == 96
    assert Project.objects.values("project_type").distinct().count() == 35
    assert Project.objects.public().count() == 239
    assert Project.objects.filter(published=True).exclude(status__in=PUBLIC_STATUSES).count() == 0
    assert ProjectType.objects.count() == 38
    assert Standard.objects.count() == 17
    assert Methodology.objects.count() == 158
    assert StandardValidator.objects.count() == 36
    assert set(ValidatorAccreditation.objects.values_list("scope", flat=True)) == {
        "Named in this programme's public project list; accreditation not checked"
    }


@pytest.mark.django_db
def test_seeded_boundaries_are_measured_and_a_real_overlap_is_found():
    seed()

    drawn = Project.objects.exclude(coordinates=None)
    assert drawn.count() == 8
    # Costa Rica's outline at 1:110 million; the country has 51,100 km² of land.
    costa_rica = drawn.get(origin_id="ART126")
    assert 4_500_000 < costa_rica.area_ha < 6_000_000
    overlap = BoundaryOverlap.objects.get()
    assert {overlap.first.origin_id, overlap.second.origin_id} == {"ART101", "ART126"}
    assert overlap.share_of_first == overlap.share_of_second == 1


@pytest.mark.django_db
def test_the_seed_leaves_what_is_here_as_it_is():
    seed()
    project = Project.objects.get(origin_id="VCS902")
    project_update(actor=None, pk=project.pk, fields={"project_name": "Kariba"})
    Project.objects.get(origin_id="VCS902").certifications.all().delete()

    seed()

    assert Project.objects.get(origin_id="VCS902").project_name == "Kariba"


@pytest.mark.django_db
def test_the_seed_neither_takes_back_a_newer_import_nor_redraws_a_boundary_that_was_taken_away():
    seed()
    project_update(actor=None, pk=Project.objects.get(origin_id="VCS999").pk, fields={"coordinates": None})
    newer = (
        "Program ID,Sovereign Program Developer,Program Name,Crediting Program and Standard,Program Type,Status,"
        "Program Country\nART102,Guyana Forestry Commission,Guyana's Forests,TREES,Forest Carbon,Completed,GUYANA\n"
    )
    projects_import_file(
        source=SourceCode.ART_TREES,
        stream=io.BytesIO(newer.encode()),
        dry_run=False,
        keep_going=False,
        publish=False,
        rejects=StringIO(),
    )

    seed()

    guyana = Project.objects.get(origin_id="ART102")
    assert (guyana.project_name, guyana.status) == ("Guyana's Forests", "completed")
    assert Project.objects.get(origin_id="VCS999").coordinates is None


def test_nothing_seeded_names_a_private_person_or_lacks_its_source():
    projects = rows("projects.csv")

    assert len({(row["origin_registry"], row["origin_id"]) for row in projects}) == len(projects) == 249
    assert {row["source"] for row in projects} == {"berkeley", "art-trees", "cercarbono", "isometric"}
    assert not [row for row in projects if re.search(r"\b(Mr|Mrs|Ms|Dr)\b\.?|@", row["initiator"] + row["name"])]
    assert all(row["initiator"] and row["country"] and row["type"] for row in projects)
    text = (DATA / "projects.csv").read_text(encoding="utf-8")
    assert "CC BY-SA 4.0" in text
    assert not re.search(r"Ã|â€|‚Ä|√|�", text)


def test_every_reference_in_the_seed_files_exists():
    methodologies = {row["code"]: row["standard"] for row in rows("methodologies.csv")}
    standards = {row["code"] for row in rows("standards.csv")}
    validators = {row["name"] for row in rows("validators.csv")}
    types = {row["code"] for row in rows("project_types.csv")}

    assert set(methodologies.values()) <= standards
    for row in rows("projects.csv"):
        assert set(row["methodologies"].split()) <= methodologies.keys()
        assert row["verification_body"] in validators | {""}
        assert row["type"] in types
