"""The lifecycle: the whole table of moves, who may make which, the second person, and what is kept of each."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from carboncore.common.context import Entrance, acting
from registry.choices import ProjectStatus
from registry.errors import (
    MoveNotAllowed,
    MoveNotPossible,
    MoveRequirementsMissing,
    ProjectChangedMeanwhile,
    ProjectNotFound,
)
from registry.models import Project, ProjectStatusChange
from registry.selectors.second_person import registrable_by
from registry.services import available_moves, project_move, project_update, unmet_requirements
from registry.transitions import MOVES, MOVES_BY_NAME
from tests.factories import ProjectFactory, ProjectTypeFactory, person, project_in, ready_project

pytestmark = pytest.mark.django_db

# Written by hand: from each status, each move that exists and where it leads.
TABLE = {
    "draft": {"submit": "submitted", "withdraw": "withdrawn"},
    "submitted": {
        "begin_validation": "under_validation",
        "return": "returned",
        "reject": "rejected",
        "withdraw": "withdrawn",
    },
    "under_validation": {
        "return": "returned",
        "reject": "rejected",
        "register": "registered",
        "withdraw": "withdrawn",
    },
    "returned": {"submit": "submitted", "withdraw": "withdrawn"},
    "registered": {"suspend": "suspended", "complete": "completed", "withdraw": "withdrawn"},
    "suspended": {"reinstate": "registered", "complete": "completed", "withdraw": "withdrawn"},
    "completed": {},
    "rejected": {},
    "withdrawn": {},
}
EVERY_MOVE = [
    "submit", "begin_validation", "return", "reject", "register", "suspend", "reinstate", "complete", "withdraw",
]  # fmt: skip


def move(project, name, actor=None, comment="because", **options):
    return project_move(actor=actor or person(SUPER_ADMIN), pk=project.pk, move=name, comment=comment, **options)


def as_stored(project):
    return Project.objects.filter(pk=project.pk).values().get(), ProjectStatusChange.objects.count()


# --- the table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ProjectStatus.values)
@pytest.mark.parametrize("name", EVERY_MOVE)
def test_every_move_from_every_status(status, name):
    project = project_in(status)
    before = as_stored(project)

    if name in TABLE[status]:
        assert move(project, name).status == TABLE[status][name]
        assert Project.objects.get(pk=project.pk).status == TABLE[status][name]
    else:
        with pytest.raises(MoveNotPossible) as caught:
            move(project, name)
        assert as_stored(project) == before
        possible = ", ".join(sorted(TABLE[status], key=EVERY_MOVE.index)) or "none; this status is final"
        assert caught.value.message.endswith(f"Possible moves: {possible}.")


def test_the_table_names_every_move():
    assert [known.name for known in MOVES] == EVERY_MOVE


def test_a_move_that_does_not_exist_names_those_that_do():
    project = ready_project()

    with pytest.raises(MoveNotPossible) as caught:
        move(project, "approve")

    assert caught.value.message == f"There is no move “approve”. The moves are: {', '.join(EVERY_MOVE)}."


def test_a_project_that_is_not_there():
    with pytest.raises(ProjectNotFound):
        project_move(actor=person(SUPER_ADMIN), pk=0, move="submit")


def test_a_move_on_a_page_that_is_out_of_date_is_refused():
    project = ready_project()
    project_update(actor=None, pk=project.pk, fields={"notes": "changed meanwhile"})

    with pytest.raises(ProjectChangedMeanwhile):
        move(project, "submit", expected_version=1)

    assert move(project, "submit", expected_version=2).status == "submitted"


# --- what each move asks for --------------------------------------------------------------------------


def bare_project(**fields):
    """A draft without anything that a move asks for."""
    return ProjectFactory(project_type=ProjectTypeFactory(land_based=True), region="", **fields)


def refused_for(project, name, **options):
    before = as_stored(project)
    with pytest.raises(MoveRequirementsMissing) as caught:
        move(project, name, **options)
    assert as_stored(project) == before
    return caught.value.errors


def test_submitting_names_everything_that_is_missing_at_once():
    project = bare_project(origin_registry="VCS", origin_id="1", vintage_year=None)

    assert refused_for(project, "submit") == {
        "region": ["Name the region."],
        "vintage_year": ["Give the first vintage year."],
        "coordinates": ["Draw the boundary: this type of project is land-based."],
    }


def test_a_project_that_is_not_land_based_needs_no_boundary():
    assert move(ProjectFactory(), "submit").status == "submitted"


def test_beginning_the_validation_needs_a_standard():
    project = move(ProjectFactory(), "submit")

    assert refused_for(project, "begin_validation") == {"standards_list": ["Name at least one standard."]}


def test_registering_names_everything_that_is_missing_at_once():
    project = bare_project()
    Project.objects.filter(pk=project.pk).update(
        status="under_validation", submitted_by=person(), validated_by=person()
    )

    assert refused_for(project, "register") == {
        "region": ["Name the region."],
        "coordinates": ["Draw the boundary: this type of project is land-based."],
        "standards_list": ["Name at least one standard.", "Name the verification body of at least one standard."],
        "methodology": ["Choose the methodology."],
        "validation_date": ["Give the date of the validation."],
        "crediting_period_start": ["Give the crediting period's first and last day."],
    }


def test_half_a_crediting_period_is_none():
    project = project_in("under_validation")
    project_update(actor=None, pk=project.pk, fields={"crediting_period_end": None})

    assert set(refused_for(project, "register")) == {"crediting_period_start"}


@pytest.mark.parametrize("name", ["return", "reject", "suspend", "reinstate", "complete", "withdraw"])
@pytest.mark.parametrize("comment", ["", "  \n "])
def test_moves_that_need_a_reason_are_refused_without_one(name, comment):
    project = project_in(next(status for status, moves in TABLE.items() if name in moves))

    assert refused_for(project, name, comment=comment) == {
        "comment": ["Say why; the comment is kept with the project."]
    }


@pytest.mark.parametrize("comment", ["x" * 4001, "null\x00inside", "half \ud83d"])
def test_a_comment_that_cannot_be_kept_is_refused(comment):
    assert refused_for(ready_project(), "submit", comment=comment) == {
        "comment": ["Use up to 4000 characters of text."]
    }


def test_what_is_missing_can_be_asked_beforehand():
    project = ProjectFactory()

    assert unmet_requirements(project=project, move=MOVES_BY_NAME["submit"]) == {}
    assert set(unmet_requirements(project=project, move=MOVES_BY_NAME["register"])) == {
        "status", "standards_list", "methodology", "validation_date", "crediting_period_start",
    }  # fmt: skip


# --- who may ------------------------------------------------------------------------------------------

OFFICERS = {SUPER_ADMIN, REGISTRY_OFFICER}
MAY = {
    "submit": OFFICERS,
    "begin_validation": OFFICERS | {REVIEWER},
    "return": OFFICERS | {REVIEWER},
    "reject": OFFICERS | {REVIEWER},
    "register": OFFICERS,
    "suspend": OFFICERS,
    "reinstate": OFFICERS,
    "complete": OFFICERS,
    "withdraw": OFFICERS,
}


@pytest.mark.parametrize("name", EVERY_MOVE)
@pytest.mark.parametrize("role", [SUPER_ADMIN, REGISTRY_OFFICER, REVIEWER, TRANSACTIONS_OFFICER, VIEWER, ""])
def test_each_role_makes_exactly_its_moves(role, name):
    project = project_in(next(status for status, moves in TABLE.items() if name in moves))
    actor, before = person(role), as_stored(project)

    if role in MAY[name]:
        move(project, name, actor)
        assert name in {change.move for change in ProjectStatusChange.objects.filter(actor=actor)}
    else:
        with pytest.raises(MoveNotAllowed):
            move(project, name, actor)
        assert as_stored(project) == before
        assert name not in {known.name for known in available_moves(actor=actor, project=project)}


def test_a_deactivated_officer_makes_no_move():
    with pytest.raises(MoveNotAllowed):
        move(ready_project(), "submit", person(SUPER_ADMIN, is_active=False))


def test_the_moves_offered_are_those_of_the_status_and_the_role():
    project = project_in("submitted")

    assert [m.name for m in available_moves(actor=person(REVIEWER), project=project)] == [
        "begin_validation", "return", "reject",
    ]  # fmt: skip
    assert available_moves(actor=person(VIEWER), project=project) == []


# --- the second person --------------------------------------------------------------------------------


def validated_by(submitter, validator):
    project = ready_project()
    move(project, "submit", submitter)
    return move(project, "begin_validation", validator)


@pytest.mark.parametrize("part", ["submitter", "validator", "both"])
def test_whoever_took_part_cannot_register(part):
    actor, other = person(SUPER_ADMIN), person(SUPER_ADMIN)
    project = validated_by(actor if part != "validator" else other, actor if part != "submitter" else other)
    before = as_stored(project)

    with pytest.raises(MoveNotAllowed, match="Registering needs a second person"):
        move(project, "register", actor)

    assert as_stored(project) == before
    assert "register" not in {m.name for m in available_moves(actor=actor, project=project)}


def test_a_third_person_registers():
    submitter, validator, registrar = (person(SUPER_ADMIN) for _ in range(3))
    project = validated_by(submitter, validator)

    assert "register" in {m.name for m in available_moves(actor=registrar, project=project)}
    project = move(project, "register", registrar)

    assert (project.submitted_by, project.validated_by, project.registered_by) == (submitter, validator, registrar)
    assert project.registered_at is not None


@pytest.mark.parametrize("part", ["first submitter", "first validator"])
def test_whoever_took_part_before_a_return_cannot_register_afterwards(part):
    first, second, third = (person(SUPER_ADMIN) for _ in range(3))
    actor = person(SUPER_ADMIN)
    project = validated_by(*((actor, first) if part == "first submitter" else (first, actor)))
    move(project, "return", third)
    move(project, "submit", second)
    project = move(project, "begin_validation", third)

    with pytest.raises(MoveNotAllowed, match="Registering needs a second person"):
        move(project, "register", actor)

    assert "register" not in {m.name for m in available_moves(actor=actor, project=project)}
    # and the queue offers it to whom the service lets register it
    queues = {one: Project.objects.filter(registrable_by(one.pk)).exists() for one in (actor, second, third)}
    assert queues == {actor: False, second: False, third: False}
    assert Project.objects.filter(registrable_by(person(SUPER_ADMIN).pk)).get() == project
    assert move(project, "register").status == "registered"


@pytest.mark.parametrize("column", ["submitted_by", "validated_by"])
def test_the_names_on_the_project_count_even_where_no_move_was_kept(column):
    project, actor = project_in("under_validation"), person(SUPER_ADMIN)
    Project.objects.filter(pk=project.pk).update(**{column: actor})

    with pytest.raises(MoveNotAllowed, match="Registering needs a second person"):
        move(project, "register", actor)


def test_a_new_round_forgets_the_validator_of_the_last_until_somebody_validates():
    project = validated_by(person(SUPER_ADMIN), person(SUPER_ADMIN))
    move(project, "return")

    project = move(project, "submit")

    assert project.validated_by is None


@pytest.mark.parametrize("column", ["submitted_by_id", "validated_by_id"])
@pytest.mark.parametrize("bypass", ["sql", "orm"])
def test_the_database_refuses_a_registrar_who_took_part(column, bypass):
    project = project_in("under_validation")
    registrar = getattr(project, column)

    def by_sql():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE registry_project SET status = 'registered', registered_by_id = %s WHERE id = %s",
                [registrar, project.pk],
            )

    def by_orm():
        Project.objects.filter(pk=project.pk).update(status="registered", registered_by=registrar)

    with pytest.raises(IntegrityError, match="registry_project_second_person"), transaction.atomic():
        by_sql() if bypass == "sql" else by_orm()


@pytest.mark.parametrize("column", ["submitted_by", "validated_by"])
def test_the_database_refuses_a_registrar_without_the_two_others(column):
    project = project_in("registered")

    with pytest.raises(IntegrityError, match="registry_project_second_person"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**{column: None})


@pytest.mark.parametrize("status", ["registered", "suspended", "completed"])
def test_the_database_refuses_a_public_status_that_nobody_gave(status):
    project = ready_project()

    with pytest.raises(IntegrityError, match="registry_project_registered_by_somebody"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(status=status)


# --- what is kept -------------------------------------------------------------------------------------


def test_each_move_is_kept_with_its_actor_entrance_and_comment():
    officer, reviewer = person(REGISTRY_OFFICER), person(REVIEWER)
    project = ready_project()
    with acting(officer, Entrance.ADMIN):
        move(project, "submit", officer, comment="")
    with acting(reviewer, Entrance.API):
        move(project, "return", reviewer, comment="  The map is missing.  ")

    changes = ProjectStatusChange.objects.filter(project=project).order_by("pk")
    assert [*changes.values_list("move", "from_status", "to_status", "actor", "entrance", "comment")] == [
        ("submit", "draft", "submitted", officer.pk, "admin", ""),
        ("return", "submitted", "returned", reviewer.pk, "api", "The map is missing."),
    ]
    rows = Project.history.filter(id=project.pk).order_by("history_id")
    assert [*rows.values_list("status", "history_user", "entrance", "version")] == [
        ("draft", None, "command", 1),
        ("submitted", officer.pk, "admin", 2),
        ("returned", reviewer.pk, "api", 3),
    ]


def test_a_project_imported_in_validation_is_first_taken_through_it_here():
    project = ready_project(origin_registry="VCS", origin_id="VCS1")
    Project.objects.filter(pk=project.pk).update(status=ProjectStatus.UNDER_VALIDATION)

    with pytest.raises(MoveRequirementsMissing) as refusal:
        project_move(actor=person(REGISTRY_OFFICER), pk=project.pk, move="register")

    assert refusal.value.errors["status"] == [
        "Nobody here submitted and validated it. Return it, then take it through both here."
    ]
    assert Project.objects.get(pk=project.pk).status == ProjectStatus.UNDER_VALIDATION
