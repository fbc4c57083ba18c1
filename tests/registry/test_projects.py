"""Creating, changing, publishing and deleting projects; above all what is refused, and that nothing changed then."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction

from accounts.roles import REGISTRY_OFFICER
from carboncore.common.context import Entrance, acting
from carboncore.common.errors import InvalidInput, StateConflict
from registry.choices import OriginRegistry, ProjectStatus
from registry.errors import BoundaryInvalid, ProjectChangedMeanwhile, ProjectHasCredits, ProjectNotFound
from registry.models import BoundaryOverlap, Document, Project, ProjectCredits, ProjectStandard, SearchWord
from registry.services import project_create, project_delete, project_publish, project_update
from registry.services.projects import ESSENTIAL_ONCE_REGISTERED
from tests.factories import (
    DocumentFactory,
    ProjectFactory,
    ProjectTypeFactory,
    StandardFactory,
    country,
    person,
    project_in,
    ready_project,
    square,
)

pytestmark = pytest.mark.django_db


def basics(**fields):
    return {
        "project_name": "Rio Alto",
        "project_initiator": "Rio Initiators",
        "project_type": ProjectTypeFactory(),
        "country": country("BR"),
        "region": "Acre",
        "vintage_year": 2020,
        **fields,
    }


def refusal_of_create(error=InvalidInput, **fields):
    """The reasons by field with which a project of these fields is refused; nothing is left of it."""
    given = basics(**fields)
    with pytest.raises(error) as caught:
        project_create(actor=None, fields=given)
    assert not Project.objects.exists()
    assert not ProjectCredits.objects.exists()
    assert not Project.history.exists()
    return caught.value.errors


# --- creating -----------------------------------------------------------------------------------------


def test_a_project_starts_as_an_unpublished_draft_with_empty_credit_figures():
    project = project_create(actor=None, fields=basics())

    stored = Project.objects.get()
    assert (stored.pk, stored.status, stored.published, stored.version) == (project.pk, "draft", False, 1)
    assert stored.registry_code == f"{project.pk:06d}"
    figures = ProjectCredits.objects.get(project=project)
    assert {getattr(figures, f.name) for f in figures._meta.fields if f.name.endswith("_kg")} == {0}
    assert stored.area_ha is None


def test_the_boundary_is_kept_normalised_with_its_figures():
    clockwise = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]}

    project = project_create(
        actor=None, fields=basics(coordinates={"type": "Feature", "properties": {}, "geometry": clockwise})
    )

    project.refresh_from_db()
    assert project.area_ha == Decimal("1230846.3894")  # one degree at the equator, by PROJ
    assert (project.bbox_west, project.bbox_south, project.bbox_east, project.bbox_north) == (0, 0, 1, 1)
    assert project.coordinates["type"] == "Polygon"
    assert sorted(project.coordinates["coordinates"][0]) == sorted([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])


def test_text_is_trimmed_and_lists_lose_repeats_and_blanks():
    project = project_create(
        actor=None,
        fields=basics(
            project_name="  Rio Alto ",
            tree_types=["oak", " oak ", "", "Pinus"],
            sdg_goals=[15, 13, 15],
            labels=[" CCB "],
        ),
    )

    assert project.project_name == "Rio Alto"
    assert project.tree_types == ["oak", "Pinus"]
    assert project.sdg_goals == [13, 15]
    assert project.labels == ["CCB"]


def test_quantities_are_kept_exactly():
    project = project_create(
        actor=None,
        fields=basics(
            total_area="9999999999.99",
            estimated_annual_reductions=Decimal("999999999999999.999"),
            co2_absorption="0.10",
            minimum_purchase_volume="0.001",
        ),
    )

    project.refresh_from_db()
    assert project.total_area == Decimal("9999999999.99")
    assert project.estimated_annual_reductions == Decimal("999999999999999.999")
    assert project.co2_absorption == Decimal("0.10")
    assert project.minimum_purchase_volume == Decimal("0.001")


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_kept_as_nothing_whichever_way_it_is_sent(nothing):
    project = project_create(
        actor=None,
        fields=basics(
            region=nothing, website=nothing, total_area=nothing, validation_date=nothing, tree_types=None,
            notes=nothing, coordinates=nothing, methodology=None,
        ),
    )  # fmt: skip

    project.refresh_from_db()
    assert (project.region, project.website, project.notes) == ("", "", "")
    assert (project.total_area, project.validation_date, project.coordinates) == (None, None, None)
    assert project.tree_types == []


BAD_FIELDS = {
    "no name": ({"project_name": "  "}, {"project_name"}),
    "name of nothing": ({"project_name": None}, {"project_name"}),
    "name too long": ({"project_name": "x" * 256}, {"project_name"}),
    "name no text": ({"project_name": ["a"]}, {"project_name"}),
    "number as text": ({"region": 5}, {"region"}),
    "null byte": ({"project_name": "Rio\x00Alto", "notes": "a\x00"}, {"project_name", "notes"}),
    "null byte in a list": ({"tree_types": ["oak", "pi\x00ne"]}, {"tree_types"}),
    "half a character": ({"description": "\ud83d"}, {"description"}),
    "no type": ({"project_type": None}, {"project_type"}),
    "type as number": ({"project_type": 999_999}, {"project_type"}),
    "country as code": ({"country": "BR"}, {"country"}),
    "no country": ({"country": None}, {"country"}),
    "no vintage": ({"vintage_year": None}, {"vintage_year"}),
    "vintage 1979": ({"vintage_year": 1979}, {"vintage_year"}),
    "vintage 2101": ({"vintage_year": 2101}, {"vintage_year"}),
    "vintage 10^30": ({"vintage_year": 10**30}, {"vintage_year"}),
    "vintage in words": ({"vintage_year": "soon"}, {"vintage_year"}),
    "vintages": ({"vintage_year": [2020]}, {"vintage_year"}),
    "area NaN": ({"total_area": float("nan")}, {"total_area"}),
    "area NaN as text": ({"total_area": "NaN"}, {"total_area"}),
    "area infinite": ({"total_area": float("inf")}, {"total_area"}),
    "area signalling NaN": ({"total_area": Decimal("sNaN")}, {"total_area"}),
    "area 1e30": ({"total_area": Decimal("1e30")}, {"total_area"}),
    "area 1e999999": ({"total_area": "1e999999"}, {"total_area"}),
    "area negative": ({"total_area": "-0.01"}, {"total_area"}),
    "area too exact": ({"total_area": "1.001"}, {"total_area"}),
    "reductions of a dict": ({"estimated_annual_reductions": {"t": 5}}, {"estimated_annual_reductions"}),
    "a 17th and an 18th goal": ({"sdg_goals": [17, 18]}, {"sdg_goals"}),
    "goal as text": ({"sdg_goals": ["13"]}, {"sdg_goals"}),
    "goal true": ({"sdg_goals": [True]}, {"sdg_goals"}),
    "species in one text": ({"tree_types": "oak, pine"}, {"tree_types"}),
    "species as numbers": ({"tree_types": [1]}, {"tree_types"}),
    "species too long": ({"tree_types": ["x" * 121]}, {"tree_types"}),
    "201 species": ({"tree_types": [f"s{n}" for n in range(201)]}, {"tree_types"}),
    "description too long": ({"description": "x" * 20_001}, {"description"}),
    "notes too long": ({"notes": "x" * 20_001}, {"notes"}),
    "address that runs": ({"website": "javascript:alert(1)"}, {"website"}),
    "date that is none": ({"validation_date": "2021-02-30"}, {"validation_date"}),
    "origin id alone": ({"origin_id": "VCS1"}, {"non_field_errors"}),
    "origin registry alone": ({"origin_registry": "VCS"}, {"non_field_errors"}),
    "origin registry unknown": ({"origin_registry": "XYZ", "origin_id": "1"}, {"origin_registry"}),
    "period backwards": (
        {"crediting_period_start": date(2030, 1, 1), "crediting_period_end": date(2029, 12, 31)},
        {"non_field_errors"},
    ),
    "unknown field": ({"colour": "green"}, {"colour"}),
    "the status": ({"status": "registered"}, {"status"}),
    "published": ({"published": True}, {"published"}),
    "computed area": ({"area_ha": 1}, {"area_ha"}),
    "the key": ({"id": 7, "pk": 7}, {"id", "pk"}),
    "the second person": ({"registered_by": None}, {"registered_by"}),
}


@pytest.mark.parametrize("case", BAD_FIELDS)
def test_what_cannot_be_accepted_is_named_by_field_and_nothing_is_created(case):
    fields, named = BAD_FIELDS[case]

    errors = refusal_of_create(**fields)

    assert set(errors) == named
    assert all(reason.endswith(".") for reasons in errors.values() for reason in reasons), errors


def test_every_fault_is_told_at_once_the_boundary_included():
    errors = refusal_of_create(
        project_name="",
        vintage_year=1700,
        total_area="NaN",
        tree_types="oak",
        colour="green",
        coordinates={"type": "Polygon", "coordinates": [[[500, 0], [1, 0], [1, 1], [500, 0]]]},
    )

    assert set(errors) == {"project_name", "vintage_year", "total_area", "tree_types", "colour", "coordinates"}


@pytest.mark.parametrize(
    "boundary",
    [
        {"type": "Polygon", "coordinates": [[[500, 0], [1, 0], [1, 1], [500, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0]] * 20_002]},
        {"type": "Point", "coordinates": [0, 0]},
        "no json", 7, True,
    ],
)  # fmt: skip
def test_a_boundary_that_is_none_keeps_its_own_code(boundary):
    errors = refusal_of_create(BoundaryInvalid, coordinates=boundary)

    assert set(errors) == {"coordinates"}


def test_a_boundary_nested_a_thousand_deep_is_refused_like_any_other():
    deep = []
    for _ in range(1_000):
        deep = [deep]

    refusal_of_create(BoundaryInvalid, coordinates={"type": "Polygon", "coordinates": deep})


def test_an_unknown_standard_takes_everything_back():
    StandardFactory(code="VCS", name="Verified Carbon Standard")

    with pytest.raises(InvalidInput) as caught:
        project_create(actor=None, fields=basics(), standards=["VCS", "Paris Accord", "Kyoto"])

    assert caught.value.errors == {
        "standards_list": ["No standard here is named “Paris Accord”, “Kyoto”. Add it, or use one of: VCS."]
    }
    assert not Project.objects.exists()


def test_a_link_that_cannot_be_accepted_takes_everything_back():
    with pytest.raises(InvalidInput) as caught:
        project_create(actor=None, fields=basics(), document_links=[{"url": "javascript:alert(1)", "title": "x"}])

    assert caught.value.errors == {"document_library": ["javascript:alert(1): Enter a valid URL."]}
    assert not Project.objects.exists()


def test_the_same_origin_id_cannot_be_listed_twice():
    ProjectFactory(origin_registry=OriginRegistry.VCS, origin_id="985")

    with pytest.raises(InvalidInput) as caught:
        ProjectFactory(origin_registry=OriginRegistry.VCS, origin_id="985")

    assert caught.value.errors["non_field_errors"] == ["Another project already has this id in this origin registry."]
    assert ProjectFactory(origin_registry=OriginRegistry.GLD, origin_id="985").pk


def test_an_origin_id_taken_after_the_check_is_a_conflict_and_no_crash(monkeypatch):
    ProjectFactory(origin_registry=OriginRegistry.VCS, origin_id="985")
    fields = basics(origin_registry=OriginRegistry.VCS, origin_id="985")
    monkeypatch.setattr(Project, "full_clean", lambda _self, **_options: None)

    with pytest.raises(StateConflict, match="Somebody else saved something that conflicts with this"):
        project_create(actor=None, fields=fields)

    assert Project.objects.count() == 1


def test_the_database_refuses_what_a_bypassed_service_would_let_in():
    project = ready_project()
    for column, value, constraint in (
        ("origin_id", "X", "registry_project_origin_whole"),
        ("crediting_period_end", date(2000, 1, 1), "registry_project_crediting_ordered"),
        ("area_ha", None, "registry_project_boundary_measured"),
        ("bbox_west", None, "registry_project_boundary_measured"),
        ("area_ha", 0, "registry_project_boundary_measured"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE registry_project SET {column} = %s WHERE id = %s", [value, project.pk])


# --- slug and search ----------------------------------------------------------------------------------


def test_slugs_of_equal_names_differ_and_stay_when_the_name_changes():
    one, two = ProjectFactory(project_name="Rio Alto"), ProjectFactory(project_name="Rio Alto")

    assert one.slug == f"rio-alto-{one.public_id.hex[:8]}"
    assert one.slug != two.slug
    assert project_update(actor=None, pk=one.pk, fields={"project_name": "Rio Baixo"}).slug == one.slug


@pytest.mark.parametrize(
    ("name", "start"), [("森林保护", "project-"), ("ÉCO! Forêt", "eco-foret-"), ("x" * 255, "x" * 80)]
)
def test_slugs_of_any_name_fit(name, start):
    slug = ProjectFactory(project_name=name).slug

    assert slug.startswith(start)
    assert len(slug) <= 89


def test_the_search_text_follows_every_field_it_is_made_of():
    project = ProjectFactory(
        project_name="Floresta São João",
        project_initiator="Øresund & Łódź GmbH",
        country=country("CI"),
        region="Bas-Sassandra",
        tree_types=["Pinus oocarpa", "oak"],
        origin_registry=OriginRegistry.VCS,
        origin_id="985",
    )
    assert project.search_text == (
        "floresta sao joao oresund lodz gmbh cote d ivoire ci bas sassandra pinus oocarpa oak verra 985"
    )

    project = project_update(
        actor=None, pk=project.pk, fields={"country": country("BR"), "tree_types": [], "origin_id": "986"}
    )

    project.refresh_from_db()
    assert project.search_text == ("floresta sao joao oresund lodz gmbh brazil br bas sassandra verra 986")


def test_new_words_are_remembered_without_numbers_and_short_ones():
    ProjectFactory(project_name="Zuri 12 of 985 Mangroves", project_initiator="Zuri", region="")

    assert set(SearchWord.objects.values_list("word", flat=True)) == {"zuri", "mangroves", "brazil"}


# --- changing -----------------------------------------------------------------------------------------


def test_only_the_named_fields_change():
    project = ready_project()
    before = Project.objects.filter(pk=project.pk).values().get()

    project_update(actor=None, pk=project.pk, fields={"notes": "Visited in May"})

    after = Project.objects.filter(pk=project.pk).values().get()
    assert {name for name in after if after[name] != before[name]} == {"notes", "version", "updated_date"}
    assert (after["notes"], after["version"]) == ("Visited in May", 2)


def test_saying_what_is_so_already_changes_nothing():
    project = ready_project(total_area=Decimal("12000.00"))
    before = Project.objects.filter(pk=project.pk).values().get()
    rows = Project.history.count()

    project_update(
        actor=None,
        pk=project.pk,
        fields={
            "project_name": f" {project.project_name} ",
            "total_area": "12000",
            "vintage_year": "2020",
            "crediting_period_start": "2020-01-01",
            "sdg_goals": [],
            "coordinates": project.coordinates,
        },
        standards=[project.certifications.get().standard.code.lower()],
        document_links=[],
    )

    assert Project.objects.filter(pk=project.pk).values().get() == before
    assert Project.history.count() == rows


def test_a_standard_or_a_link_is_a_change_of_the_project_too():
    project, standard = ready_project(), StandardFactory()

    project = project_update(actor=None, pk=project.pk, fields={}, standards=[standard.code])
    assert project.version == 2

    project = project_update(actor=None, pk=project.pk, fields={}, document_links=[{"url": "https://example.org/a"}])
    assert project.version == 3


def test_a_stale_version_is_refused_and_nothing_changed():
    project = ready_project()
    project_update(actor=None, pk=project.pk, fields={"notes": "first"}, expected_version=1)

    with pytest.raises(ProjectChangedMeanwhile):
        project_update(actor=None, pk=project.pk, fields={"notes": "second"}, expected_version=1)

    project.refresh_from_db()
    assert (project.notes, project.version) == ("first", 2)


def test_two_people_who_change_the_standards_do_not_lose_each_others_change():
    project, one, two = ready_project(), StandardFactory(), StandardFactory()
    project_update(actor=None, pk=project.pk, fields={}, standards=[one.code], expected_version=1)

    with pytest.raises(ProjectChangedMeanwhile):
        project_update(actor=None, pk=project.pk, fields={}, standards=[two.code], expected_version=1)

    assert [c.standard for c in project.certifications.all()] == [one]


@pytest.mark.parametrize("case", ["vintage 1979", "area NaN", "null byte", "no name", "no type", "unknown field"])
def test_a_bad_change_leaves_the_project_as_it_was(case):
    fields, named = BAD_FIELDS[case]
    project = ready_project()
    before = Project.objects.filter(pk=project.pk).values().get()

    with pytest.raises(InvalidInput) as caught:
        project_update(actor=None, pk=project.pk, fields={"region": "Elsewhere", **fields})

    assert set(caught.value.errors) == named
    assert Project.objects.filter(pk=project.pk).values().get() == before


def test_a_bad_standard_takes_back_the_good_fields():
    project = ready_project()

    with pytest.raises(InvalidInput):
        project_update(actor=None, pk=project.pk, fields={"notes": "changed"}, standards=["nonsense"])

    project.refresh_from_db()
    assert (project.notes, project.version) == ("", 1)
    assert project.certifications.count() == 1


def test_an_imported_project_needs_no_vintage_but_keeps_its_origin_while_it_stands_on_it():
    project = ProjectFactory(origin_registry=OriginRegistry.VCS, origin_id="985", vintage_year=None)
    Project.objects.filter(pk=project.pk).update(status=ProjectStatus.REGISTERED)

    with pytest.raises(InvalidInput) as caught:
        project_update(actor=None, pk=project.pk, fields={"origin_registry": "", "origin_id": ""})

    assert caught.value.errors == {
        "non_field_errors": ["A registered project needs either who registered it or its origin registry."]
    }


def test_the_boundary_can_be_taken_away_with_all_its_figures():
    project = ready_project()

    project_update(actor=None, pk=project.pk, fields={"coordinates": None})

    project.refresh_from_db()
    assert [project.coordinates, project.area_ha, project.bbox_west, project.centroid_latitude] == [None] * 4


def test_a_project_that_is_not_there_is_not_found():
    for action in (
        lambda: project_update(actor=None, pk=0, fields={}),
        lambda: project_publish(pk=0, published=True),
        lambda: project_delete(pk=0),
    ):
        with pytest.raises(ProjectNotFound, match=r"Project not found\."):
            action()


# --- publishing ---------------------------------------------------------------------------------------


def test_a_project_is_public_only_when_published_and_registered():
    draft = project_publish(pk=ready_project().pk, published=True)
    registered = project_in(ProjectStatus.REGISTERED)
    assert not Project.objects.public().exists()
    assert not draft.is_public

    registered = project_publish(pk=registered.pk, published=True)

    assert [*Project.objects.public()] == [registered]
    assert registered.is_public
    project_publish(pk=registered.pk, published=False)
    assert not Project.objects.public().exists()


def test_publishing_what_is_published_changes_nothing():
    project = project_publish(pk=ready_project().pk, published=True)

    assert project_publish(pk=project.pk, published=True).version == project.version


# --- history ------------------------------------------------------------------------------------------


def test_every_change_says_who_made_it_and_through_which_entrance():
    officer, clerk = person(REGISTRY_OFFICER), person(REGISTRY_OFFICER)
    with acting(officer, Entrance.ADMIN):
        project = project_create(actor=officer, fields=basics(), standards=[StandardFactory().code])
    with acting(clerk, Entrance.API):
        project_update(actor=clerk, pk=project.pk, fields={"notes": "Visited"}, standards=[])
    project_publish(pk=project.pk, published=True)
    with acting(officer, Entrance.JOB):
        project_delete(pk=project.pk)

    rows = Project.history.filter(id=project.pk).order_by("history_id")
    assert [*rows.values_list("history_type", "history_user", "entrance", "notes", "published")] == [
        ("+", officer.pk, "admin", "", False),
        ("~", clerk.pk, "api", "Visited", False),
        ("~", None, "command", "Visited", True),
        ("-", officer.pk, "job", "Visited", True),
    ]
    certifications = ProjectStandard.history.filter(project_id=project.pk).order_by("history_id")
    assert [*certifications.values_list("history_type", "history_user", "entrance")] == [
        ("+", officer.pk, "admin"),
        ("-", clerk.pk, "api"),
    ]


# --- deleting -----------------------------------------------------------------------------------------


def files_kept():
    media = Path(settings.MEDIA_ROOT)
    return [path for path in media.rglob("*") if path.is_file()] if media.exists() else []


def test_a_deleted_project_takes_all_that_hangs_on_it_but_its_history(django_capture_on_commit_callbacks):
    project, other = ready_project(coordinates=square(0, 0)), ready_project(coordinates=square(0.05, 0))
    DocumentFactory(project=project)
    DocumentFactory(project=project, url="https://example.org/plan")
    assert BoundaryOverlap.objects.count() == 1

    with django_capture_on_commit_callbacks(execute=True):
        project_delete(pk=project.pk)

    assert [*Project.objects.all()] == [other]
    assert not BoundaryOverlap.objects.exists()
    assert not Document.objects.exists()
    assert files_kept() == []
    assert not ProjectStandard.objects.filter(project_id=project.pk).exists()
    for model, count in ((Project, 2), (Document, 4), (BoundaryOverlap, 2), (ProjectStandard, 3)):
        key = {"id": project.pk} if model is Project else {}
        rows = model.history.filter(**key) if key else model.history.exclude(history_type="x")
        expected = count + 2 if model is ProjectStandard else count
        assert rows.count() == expected, model
        assert rows.filter(history_type="-").exists(), model


def test_files_stay_until_the_deletion_is_certain():
    document = DocumentFactory()

    project_delete(pk=document.project_id)  # inside the test's transaction, which is rolled back

    assert len(files_kept()) == 1


def test_a_project_with_credits_is_never_deleted():
    project = ready_project()
    DocumentFactory(project=project)
    ProjectCredits.objects.filter(project=project).update(issued_kg=1000, retired_kg=1000)

    with pytest.raises(ProjectHasCredits):
        project_delete(pk=project.pk)

    assert Project.objects.filter(pk=project.pk).exists()
    assert project.documents.count() == 1
    assert project.certifications.count() == 1


def test_credit_figures_that_do_not_add_up_are_refused_by_the_database():
    project = ready_project()
    for figures, constraint in (
        ({"issued_kg": 1000}, "registry_projectcredits_conserved"),
        ({"available_kg": 500, "retired_kg": -500}, "registry_projectcredits_not_negative"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            ProjectCredits.objects.filter(project=project).update(**figures)


def test_a_draft_with_an_uploaded_file_can_be_read_back_after_a_refused_change():
    document = DocumentFactory(content=b"a,b\n1,2\n", name="table.csv")

    with pytest.raises(InvalidInput):
        project_update(actor=None, pk=document.project_id, fields={"vintage_year": 0})

    assert ContentFile(document.file.read()).read() == b"a,b\n1,2\n"


@pytest.mark.parametrize("field", ESSENTIAL_ONCE_REGISTERED)
def test_a_registered_project_is_corrected_but_not_emptied_of_what_it_was_registered_on(field):
    project = project_in(ProjectStatus.REGISTERED)
    empty = None if field not in ("project_initiator", "region") else ""

    with pytest.raises(InvalidInput) as refusal:
        project_update(actor=None, pk=project.pk, fields={field: empty})

    assert field in refusal.value.errors
    kept = Project.objects.get(pk=project.pk)
    assert getattr(kept, field) == getattr(project, field)
    assert kept.updated_date == project.updated_date


def test_a_registered_project_can_be_corrected():
    project = project_in(ProjectStatus.REGISTERED)
    project_update(actor=None, pk=project.pk, fields={"region": "Elsewhere", "validation_date": date(2021, 5, 6)})
    kept = Project.objects.get(pk=project.pk)
    assert (kept.region, kept.validation_date) == ("Elsewhere", date(2021, 5, 6))
