"""Land that two projects claim: found when a boundary is saved, measured, settled, and in the way of registration.

The squares lie on the equator, where half a square of 0.1 degrees has 6,154.5330 ha by the closed formula of the
ellipsoid's surface; the other figures are PROJ's, on edges cut so short that geodesic and straight edges agree.
"""

from decimal import Decimal

import pytest
import shapely
from django.db import IntegrityError, connection, transaction
from pyproj import Geod

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN
from carboncore.common.context import Entrance, acting
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from registry.errors import MoveRequirementsMissing
from registry.models import BoundaryOverlap, Project
from registry.services import overlap_justify, project_create, project_move, project_update
from tests.factories import person, project_in, projects_in_bulk, ready_project, square

pytestmark = pytest.mark.django_db
GEOD = Geod(ellps="WGS84")


def box(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def hectares_by_proj(west, south, east, north):
    return GEOD.geometry_area_perimeter(shapely.segmentize(shapely.box(west, south, east, north), 0.001))[0] / 1e4


def redraw(project, boundary):
    project_update(actor=None, pk=project.pk, fields={"coordinates": boundary})


def overlap():
    return BoundaryOverlap.objects.get()


def justified():
    return overlap_justify(actor=person(), pk=overlap().pk, justification="The strata differ.")


@pytest.fixture
def pair():
    """Two squares of 0.1 degrees; the second covers the eastern half of the first."""
    return ready_project(coordinates=square(0, 0)), ready_project(coordinates=square(0.05, 0))


# --- found and measured -------------------------------------------------------------------------------


def test_shared_land_is_found_with_its_hectares_and_shares(pair):
    first, second = pair

    found = overlap()
    assert (found.first, found.second, found.state) == (first, second, "open")
    assert found.shared_ha == Decimal("6154.5330")
    assert float(found.shared_ha) == pytest.approx(hectares_by_proj(0.05, 0, 0.1, 0.1), abs=1e-3)
    assert (found.share_of_first, found.share_of_second) == (Decimal("0.5000"), Decimal("0.5000"))


def test_the_shares_are_those_of_each_project():
    small = ready_project(coordinates=box(0, 0, 0.05, 0.05))
    large = ready_project(coordinates=box(-0.05, -0.05, 0.15, 0.05))

    found = overlap()
    assert (found.first, found.second) == (small, large)
    assert float(found.shared_ha) == pytest.approx(hectares_by_proj(0, 0, 0.05, 0.05), abs=1e-3)
    assert (found.share_of_first, found.share_of_second) == (Decimal("1.0000"), Decimal("0.1250"))


def test_the_older_project_is_the_first_whichever_is_drawn_last():
    older, newer = ready_project(coordinates=square(5, 5)), ready_project(coordinates=square(0, 0))

    redraw(older, square(0.02, 0))

    assert (overlap().first, overlap().second) == (older, newer)


@pytest.mark.parametrize(
    "boundary",
    [square(0.1, 0), square(0.1, 0.1), square(3, 3), box(0.0999999, 0, 0.2, 0.1)],
    ids=["a common side", "a common corner", "far away", "a sliver of a centimetre"],
)
def test_neighbours_share_nothing(boundary):
    ready_project(coordinates=square(0, 0))
    ready_project(coordinates=boundary)

    assert not BoundaryOverlap.objects.exists()


def test_a_box_that_meets_is_not_yet_shared_land():
    corner = {"type": "Polygon", "coordinates": [[[0, 0], [0.1, 0], [0, 0.1], [0, 0]]]}
    ready_project(coordinates=corner)
    ready_project(coordinates=box(0.08, 0.08, 0.2, 0.2))

    assert not BoundaryOverlap.objects.exists()


def test_one_boundary_can_meet_several():
    for west in (0, 0.2, 0.4):
        ready_project(coordinates=square(west, 0))

    newest = ready_project(coordinates=box(0.05, 0, 0.45, 0.1))

    assert BoundaryOverlap.objects.filter(second=newest, state="open").count() == 3


def test_saving_again_changes_nothing(pair):
    rows = BoundaryOverlap.history.count()

    redraw(pair[0], pair[0].coordinates)

    assert BoundaryOverlap.history.count() == rows


# --- resolved, reopened, justified --------------------------------------------------------------------


def test_moving_away_resolves_and_coming_back_reopens(pair):
    redraw(pair[1], square(0.1, 0))
    assert overlap().state == "resolved"

    redraw(pair[1], square(0.08, 0))
    assert overlap().state == "open"
    assert float(overlap().shared_ha) == pytest.approx(hectares_by_proj(0.08, 0, 0.1, 0.1), abs=1e-3)


def test_taking_the_boundary_away_resolves(pair):
    redraw(pair[0], None)

    assert overlap().state == "resolved"


def test_a_justified_overlap_stays_so_while_it_grows_by_no_more_than_a_hundredth(pair):
    justified()

    redraw(pair[1], box(0.0496, 0, 0.15, 0.1))  # 0.8 % more

    kept = overlap()
    assert kept.state == "justified"
    assert kept.shared_ha > Decimal("6154.5330")
    assert kept.justified_ha == Decimal("6154.5330")
    assert kept.justification == "The strata differ."


def test_a_justified_overlap_that_grew_by_more_is_open_again(pair):
    justified()

    redraw(pair[1], box(0.0494, 0, 0.15, 0.1))  # 1.2 % more

    assert overlap().state == "open"


def test_many_small_steps_reopen_as_one_large_step_does(pair):
    justified()

    for west in (0.0496, 0.0492, 0.0488):  # 0.8 % each
        redraw(pair[1], box(west, 0, 0.15, 0.1))

    assert overlap().state == "open"


def test_a_justified_overlap_that_shrinks_stays_justified(pair):
    justified()

    redraw(pair[1], square(0.07, 0))

    assert overlap().state == "justified"


def test_a_justified_overlap_that_was_gone_and_came_back_is_a_new_question(pair):
    justified()
    redraw(pair[1], square(0.1, 0))

    redraw(pair[1], square(0.09, 0))

    assert overlap().state == "open"


def test_justifying_keeps_who_when_why_and_through_what(pair):
    officer = person(REGISTRY_OFFICER)
    with acting(officer, Entrance.ADMIN):
        settled = overlap_justify(actor=officer, pk=overlap().pk, justification="  Two soil layers. ")

    assert (settled.state, settled.justification, settled.decided_by) == ("justified", "Two soil layers.", officer)
    assert settled.decided_at is not None
    row = BoundaryOverlap.history.latest()
    assert (row.state, row.history_user, row.entrance) == ("justified", officer, "admin")


@pytest.mark.parametrize("words", ["", "  ", "x" * 4001, "null\x00inside", "half \ud83d"])
def test_a_justification_that_says_nothing_is_refused(pair, words):
    with pytest.raises(InvalidInput) as caught:
        overlap_justify(actor=person(), pk=overlap().pk, justification=words)

    assert set(caught.value.errors) == {"justification"}
    assert overlap().state == "open"


def test_what_is_resolved_needs_no_justification(pair):
    redraw(pair[1], square(0.1, 0))

    with pytest.raises(StateConflict, match="there is nothing to justify"):
        justified()


def test_an_overlap_that_is_not_there():
    with pytest.raises(NotFound):
        overlap_justify(actor=person(), pk=0, justification="none")


# --- released and in the way --------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["withdraw", "reject"])
def test_a_project_that_ends_without_registration_releases_its_land(pair, end):
    officer = person(SUPER_ADMIN)
    if end == "reject":
        project_move(actor=officer, pk=pair[0].pk, move="submit")
    project_move(actor=officer, pk=pair[0].pk, move=end, comment="the land is free")

    assert overlap().state == "resolved"
    third = ready_project(coordinates=square(-0.05, 0))
    assert not BoundaryOverlap.objects.filter(second=third).exists()


def test_an_open_overlap_is_in_the_way_of_registration_and_a_justified_one_is_not():
    project = project_in("under_validation", coordinates=square(0, 0))
    ready_project(coordinates=square(0.05, 0))
    registrar = person(SUPER_ADMIN)

    with pytest.raises(MoveRequirementsMissing) as caught:
        project_move(actor=registrar, pk=project.pk, move="register")
    assert caught.value.errors == {
        "coordinates": ["The boundary shares land with 1 other project; change a boundary or justify each overlap."]
    }

    justified()
    assert project_move(actor=registrar, pk=project.pk, move="register").status == "registered"


def test_an_overlap_that_nobody_had_looked_for_is_found_when_registering():
    project = project_in("under_validation", coordinates=square(0, 0))
    ready_project(coordinates=square(0.05, 0))
    BoundaryOverlap.objects.all().delete()  # as if the other boundary had come in past the services

    with pytest.raises(MoveRequirementsMissing):
        project_move(actor=person(SUPER_ADMIN), pk=project.pk, move="register")


def test_a_suspended_project_is_not_reinstated_onto_land_of_another():
    project = project_in("suspended", coordinates=square(0, 0))
    ready_project(coordinates=square(0.05, 0))

    with pytest.raises(MoveRequirementsMissing):
        project_move(actor=person(SUPER_ADMIN), pk=project.pk, move="reinstate", comment="all is well")


# --- the database -------------------------------------------------------------------------------------


def test_the_database_keeps_pairs_once_ordered_and_justified_by_somebody(pair):
    first, second = pair
    figures = {"shared_ha": 1, "share_of_first": 0, "share_of_second": 0}
    for constraint, write in (
        (
            "registry_overlap_pair_once",
            lambda: BoundaryOverlap.objects.create(first=first, second=second, **figures),
        ),
        (
            "registry_overlap_pair_ordered",
            lambda: BoundaryOverlap.objects.create(first=second, second=first, **figures),
        ),
        (
            "registry_overlap_justified_by_somebody",
            lambda: BoundaryOverlap.objects.update(state="justified", justification="because"),
        ),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            write()


def test_candidates_come_from_the_bounding_box_index():
    projects_in_bulk(3_000, with_boundaries=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_project")
    statements = []

    def note(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    project = ready_project()
    with connection.execute_wrapper(note):
        project_create(
            actor=None,
            fields={
                "project_name": "Next door",
                "project_initiator": "Somebody",
                "project_type": project.project_type,
                "country": project.country,
                "vintage_year": 2020,
                "coordinates": square(150, 0),
            },
        )

    [(sql, params)] = [(sql, params) for sql, params in statements if "&& box(" in sql]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "registry_project_bbox_idx" in plan
    assert "Seq Scan" not in plan
    assert Project.objects.count() == 3_002
