"""Importing an export: what is created, what a second run does, whose fields stay, what is refused."""

import io
from decimal import Decimal

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from carboncore.common.context import Entrance, acting
from integrations.errors import ImportFileRefused
from integrations.registry_exports import SourceCode
from registry.models import Methodology, Project, ProjectCredits, ProjectStatusChange
from registry.services import project_publish, project_update
from registry.services.catalogue_seed import standards_seed, validators_seed
from tests.integrations.verra_rows import FOREST, STOVES, run

pytestmark = pytest.mark.django_db


def counts(summary):
    return (summary.created, summary.changed, summary.unchanged, len(summary.skipped), summary.rejected)


def test_a_row_becomes_a_project_with_history_credits_and_certification():
    standards_seed()

    summary, _ = run(FOREST, STOVES, publish=True)

    assert counts(summary) == (2, 0, 0, 0, 0)
    assert (summary.applied, summary.published) == (True, 1)
    project = Project.objects.select_related("project_type", "methodology").get(origin_id="VCS2500")
    assert (project.project_name, project.country_id, project.project_type.code) == ("Río Bravo Forest", "BZ", "FC")
    assert (project.status, project.published, project.origin_source) == ("registered", True, "verra")
    assert project.estimated_annual_reductions == Decimal("56373.000")
    assert (project.methodology.code, project.further_methodologies) == ("VM0007", ["VM0033"])
    assert project.vintage_year == 2014
    assert "rio bravo forest" in project.search_text
    assert project.origin_url == "https://registry.verra.org/app/projectDetail/VCS/2500"
    assert ProjectCredits.objects.get(project=project).issued_kg == 0
    assert [(row.standard.code, row.certificate_number) for row in project.certifications.all()] == [("VCS", "VCS2500")]
    history = project.history.get()
    assert (history.history_type, history.history_change_reason, history.entrance) == ("+", "import", "command")
    stoves = Project.objects.get(origin_id="VCS2501")
    assert (stoves.status, stoves.published) == ("under_validation", False)


def test_the_history_names_the_person_and_the_entrance():
    officer = User.objects.create_user(email="officer@example.org", password=None)

    with acting(officer, Entrance.JOB):
        run(FOREST)

    history = Project.objects.get().history.get()
    assert (history.history_user, history.entrance) == (officer, "job")


def test_a_second_run_changes_nothing():
    run(FOREST, STOVES, publish=True)
    before = list(Project.objects.order_by("pk").values())
    histories = Project.history.count()

    with CaptureQueriesContext(connections["default"]) as queries:
        summary, _ = run(FOREST, STOVES, publish=True)

    assert counts(summary) == (0, 0, 2, 0, 0)
    assert list(Project.objects.order_by("pk").values()) == before
    assert Project.history.count() == histories
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT", "COPY", "CREATE"))]


def test_what_the_origin_changed_is_changed_with_its_status_move():
    run(FOREST)

    summary, _ = run(FOREST.replace("Registered", "Withdrawn").replace("56,373", "60,000"))

    assert counts(summary) == (0, 1, 0, 0, 0)
    project = Project.objects.get()
    assert (project.status, project.version) == ("withdrawn", 2)
    assert project.estimated_annual_reductions == Decimal(60000)
    move = ProjectStatusChange.objects.get()
    assert (move.move, move.from_status, move.to_status) == ("import", "registered", "withdrawn")
    assert move.comment == "The origin registry now states “Withdrawn”."
    assert project.history.count() == 2


def test_a_field_that_staff_edited_stays_theirs_through_every_later_import():
    run(FOREST)
    project = Project.objects.get()
    project_update(actor=None, pk=project.pk, fields={"project_name": "Rio Bravo", "region": "Orange Walk"})

    first, _ = run(FOREST.replace("Río Bravo Forest", "RB One").replace("56,373", "60,000"))
    second, _ = run(FOREST.replace("Río Bravo Forest", "RB Two").replace("56,373", "70,000"))

    assert (first.changed, first.kept_fields) == (1, 2)
    assert (second.changed, second.kept_fields) == (1, 2)
    project.refresh_from_db()
    assert (project.project_name, project.region) == ("Rio Bravo", "Orange Walk")
    assert project.estimated_annual_reductions == Decimal(70000)


def test_a_value_the_origin_no_longer_states_stays():
    run(FOREST)

    summary, _ = run(FOREST.replace("2014-01-01,2043-12-31", ","))

    # Only the vintage year, which then follows the registration date, differs.
    assert counts(summary) == (0, 1, 0, 0, 0)
    project = Project.objects.get()
    assert str(project.crediting_period_end) == "2043-12-31"
    assert project.vintage_year == 2015


def test_a_person_who_unpublished_a_project_is_not_overruled():
    run(FOREST, publish=True)
    project_publish(pk=Project.objects.get().pk, published=False)

    summary, _ = run(FOREST, publish=True)

    assert (summary.published, summary.kept_fields) == (0, 1)
    assert Project.objects.get().published is False


def test_publish_reaches_projects_imported_before_without_it():
    run(FOREST, STOVES)

    summary, _ = run(FOREST, STOVES, publish=True)

    assert counts(summary) == (0, 1, 1, 0, 0)
    assert list(Project.objects.filter(published=True).values_list("origin_id", flat=True)) == ["VCS2500"]


BERKELEY = (
    "Project ID,Project Name,Voluntary Status,Type,Country,Project Developer,Total Credits Issued,"
    "Total Credits Retired\n"
    "VCS2500,Old name,Registered,REDD+,Belize,Forest Co,0,0\n"
    "GS99,Stoves of Kenya,Gold Standard Certified Project,Cookstoves,Kenya,Stove Co,0,0\n"
)


def test_berkeley_never_overwrites_the_registrys_own_export():
    run(FOREST)

    summary, _ = run(source=SourceCode.BERKELEY, stream=io.BytesIO(BERKELEY.encode()))

    assert counts(summary) == (1, 0, 0, 1, 0)
    assert summary.skipped == [("VCS2500", "it came from the registry's own export (verra)")]
    assert Project.objects.get(origin_id="VCS2500").project_name == "Río Bravo Forest"


def test_the_registrys_own_export_takes_over_from_berkeley():
    run(source=SourceCode.BERKELEY, stream=io.BytesIO(BERKELEY.encode()))

    summary, _ = run(FOREST)

    assert counts(summary) == (0, 1, 0, 0, 0)
    project = Project.objects.get(origin_id="VCS2500")
    assert (project.project_name, project.origin_source) == ("Río Bravo Forest", "verra")


def test_one_bad_row_stops_the_file_and_nothing_is_changed():
    summary, rejects = run(FOREST, STOVES.replace("Under validation", "Dreaming"), STOVES.replace("2501", "x"))

    assert counts(summary) == (0, 0, 0, 0, 2)
    assert summary.applied is False
    assert summary.unknown_statuses == {"Dreaming": 1}
    assert Project.objects.count() == 0
    lines = rejects.splitlines()
    assert lines[0].startswith("line,reason,ID,Name,Proponent")
    assert lines[1].startswith("3,the status 'Dreaming' is not known; nothing is guessed,2501,Clean Stoves")
    assert lines[2].startswith("4,'x' is not a Verra project number,x,Clean Stoves")


def test_keep_going_imports_the_others():
    summary, _ = run(FOREST, STOVES.replace("Kenya", "Atlantis"), keep_going=True)

    assert counts(summary) == (1, 0, 0, 0, 1)
    assert summary.unknown_countries == {"Atlantis": 1}
    assert Project.objects.get().origin_id == "VCS2500"


def test_a_dry_run_counts_and_changes_nothing():
    run(FOREST)

    summary, _ = run(FOREST.replace("56,373", "1"), STOVES, dry_run=True, publish=True)

    assert counts(summary) == (1, 1, 0, 0, 0)
    assert summary.applied is False
    assert Project.objects.get().estimated_annual_reductions == Decimal(56373)
    assert Methodology.objects.filter(code="AMS-II.G.").count() == 0


def test_a_formula_in_the_rejects_file_is_harmless():
    _, rejects = run(STOVES.replace("Clean Stoves", "=HYPERLINK(1)").replace("Kenya", "-").replace("1000", "-1000"))

    assert "'=HYPERLINK(1)" in rejects
    assert ",-1000," in rejects


def test_an_unmapped_type_is_other_and_counted():
    summary, _ = run(STOVES.replace("Energy demand,,AMS-II.G.", "Alchemy,,"))

    assert summary.unmapped_types == {"Alchemy": 1}
    assert Project.objects.get().project_type.code == "OTHER"


def test_a_file_of_another_kind_is_refused_whole():
    with pytest.raises(ImportFileRefused, match="“GSID”") as refusal:
        run(FOREST, source=SourceCode.GOLD_STANDARD)

    assert (refusal.value.code, refusal.value.http_status) == ("import_file_refused", 400)
    assert Project.objects.count() == 0


def test_quoting_that_breaks_far_down_leaves_nothing_behind():
    rows = [STOVES.replace("2501", str(number)) for number in range(1, 2500)]

    with pytest.raises(ImportFileRefused, match="begins on line 2501"):
        run(*rows, '9999,"unclosed', keep_going=True)

    assert Project.objects.count() == 0


def test_a_project_entered_by_hand_is_left_alone():
    run(FOREST)
    Project.objects.update(origin_source="", origin_digest="")

    summary, _ = run(FOREST.replace("56,373", "1"))

    assert summary.skipped == [("VCS2500", "it was entered by hand")]
    assert Project.objects.get().estimated_annual_reductions == Decimal(56373)


def test_a_verification_body_in_the_catalogue_is_named_on_the_certification():
    standards_seed()
    validators_seed()
    header = (
        "Project ID,Project Developer,Project Name,Project Type,Project Methodology/Protocol,Voluntary Status,"
        "Compliance Program Status (ARB or Ecology),Project Site Country,Current VVB\n"
    )
    row = "ACR1,Dev,Halon,Ozone Depleting Substances,,Registered,,US,SCS Engineers\n"

    run(source=SourceCode.ACR, stream=io.BytesIO((header + row).encode()))

    assert Project.objects.get().certifications.get().validator.name == "SCS Engineers"


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_num_queries, django_assert_max_num_queries):
    def rows(first, number):
        return [STOVES.replace("2501", str(identifier)) for identifier in range(first, first + number)]

    run(*rows(1, 1))
    with django_assert_max_num_queries(40) as few:
        run(*rows(10, 3))
    with django_assert_max_num_queries(len(few)):
        run(*rows(100, 300))
    with django_assert_max_num_queries(len(few)):
        run(*rows(100, 300))
