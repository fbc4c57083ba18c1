"""Two people at the same record in the same moment: each guard with the control in which the race happens."""

from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError

from accounts.roles import SUPER_ADMIN
from carboncore.common.errors import RegistryError, StateConflict
from registry.errors import MoveNotPossible, ProjectChangedMeanwhile, ProjectNotFound
from registry.models import BoundaryOverlap, Project, ProjectStatusChange, ProjectType
from registry.services import (
    project_create,
    project_delete,
    project_move,
    project_type_delete,
    project_type_save,
    project_update,
)
from tests.concurrency.conftest import Meeting, at_once
from tests.factories import (
    DocumentFactory,
    ProjectFactory,
    ProjectTypeFactory,
    country,
    person,
    project_in,
    square,
)

pytestmark = pytest.mark.django_db(transaction=True)


def unlocked(pk):
    return Project.objects.get(pk=pk)


def kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


# --- moves --------------------------------------------------------------------------------------------


def registered_by_two(project):
    moves = [partial(project_move, actor=person(SUPER_ADMIN), pk=project.pk, move="register") for _ in range(2)]
    return at_once(*moves), ProjectStatusChange.objects.filter(project=project, move="register").count()


def test_of_two_people_who_register_at_once_one_does(meet_after):
    project = project_in("under_validation")
    meet_after("registry.services.lifecycle._check_requirements", 2)

    outcomes, registrations = registered_by_two(project)

    assert kinds(outcomes) == ["MoveNotPossible", "Project"]
    assert registrations == 1


def test_control_without_the_locks_both_register(meet_after, without):
    project = project_in("under_validation")
    without("registry.services.lifecycle.boundaries_lock")
    without("registry.services.projects.project_lock", unlocked)
    meet_after("registry.services.lifecycle._check_requirements", 2)

    outcomes, registrations = registered_by_two(project)

    assert kinds(outcomes) == ["Project", "Project"]
    assert registrations == 2


def contradicting_moves(project):
    return at_once(
        partial(project_move, actor=person(SUPER_ADMIN), pk=project.pk, move="suspend", comment="a doubt"),
        partial(project_move, actor=person(SUPER_ADMIN), pk=project.pk, move="complete", comment="all done"),
    )


def test_of_two_moves_that_exclude_each_other_one_is_made(meet_after):
    project = project_in("registered")
    Project.objects.filter(pk=project.pk).update(status="registered")
    meet_after("registry.services.lifecycle._check_source", 2)

    outcomes = contradicting_moves(project)

    # Completing a suspended project is a move too, so both may succeed one after the other, never side by side.
    changes = ProjectStatusChange.objects.filter(project=project, move__in=["suspend", "complete"]).order_by("pk")
    steps = [*changes.values_list("from_status", "to_status")]
    assert steps in (
        [("registered", "completed")],
        [("registered", "suspended"), ("suspended", "completed")],
    )
    assert sum(isinstance(outcome, MoveNotPossible) for outcome in outcomes) == 2 - len(steps)


def test_control_without_the_row_lock_both_leave_the_same_status(meet_after, without):
    project = project_in("registered")
    without("registry.services.projects.project_lock", unlocked)
    meet_after("registry.services.lifecycle._check_source", 2)

    contradicting_moves(project)

    changes = ProjectStatusChange.objects.filter(project=project, move__in=["suspend", "complete"])
    assert {*changes.values_list("from_status", flat=True)} == {"registered"}
    assert changes.count() == 2


# --- changes ------------------------------------------------------------------------------------------


def changed_by_two(project):
    changes = [
        partial(project_update, actor=None, pk=project.pk, fields=fields, expected_version=1)
        for fields in ({"region": "Pará"}, {"notes": "Visited"})
    ]
    return at_once(*changes)


def test_of_two_changes_to_the_same_version_one_is_kept(meet_after):
    project = ProjectFactory()
    meet_after("registry.services.projects._assign", 2)

    outcomes = changed_by_two(project)

    assert sorted(isinstance(outcome, ProjectChangedMeanwhile) for outcome in outcomes) == [False, True]
    project.refresh_from_db()
    assert project.version == 2
    assert (project.region == "Pará") != (project.notes == "Visited")


def test_control_without_the_row_lock_one_change_is_lost(meet_after, without):
    project = ProjectFactory()
    without("registry.services.projects.project_lock", unlocked)
    meet_after("registry.services.projects._assign", 2)

    outcomes = changed_by_two(project)

    assert kinds(outcomes) == ["Project", "Project"]
    project.refresh_from_db()
    assert (project.region == "Pará") != (project.notes == "Visited")


# --- boundaries ---------------------------------------------------------------------------------------


@pytest.fixture
def known_words():
    """The words of the two projects' names: a new word that both add would make one wait for the other."""
    ProjectFactory(project_name="Project at", project_initiator="Somebody")


def drawn_by_two():
    kind = ProjectTypeFactory()
    outcomes = at_once(
        *[
            partial(
                project_create,
                actor=None,
                fields={
                    "project_name": f"Project at {west}",
                    "project_initiator": "Somebody",
                    "project_type": kind,
                    "country": country(),
                    "vintage_year": 2020,
                    "coordinates": square(west, 0),
                },
            )
            for west in (0, 0.05)
        ]
    )
    assert kinds(outcomes) == ["Project", "Project"]
    return BoundaryOverlap.objects.count()


def test_two_overlapping_boundaries_saved_at_once_are_found(known_words, meet_after):
    meet_after("registry.services.overlaps._sharing_land", 2)

    assert drawn_by_two() == 1


def test_control_without_the_lock_neither_sees_the_other(known_words, meet_after, without):
    without("registry.services.projects.boundaries_lock")
    meet_after("registry.services.overlaps._sharing_land", 2)

    assert drawn_by_two() == 0


# --- the catalogue ------------------------------------------------------------------------------------


def test_of_two_types_with_one_code_one_is_made(meet_after):
    meet_after("registry.services.catalogue.full_clean_or_refuse", 2)

    outcomes = at_once(
        *[partial(project_type_save, pk=None, fields={"code": "FC", "name": f"Forest {n}"}) for n in range(2)]
    )

    assert kinds(outcomes) == ["ProjectType", "StateConflict"]
    assert ProjectType.objects.count() == 1


def test_a_type_deleted_while_a_project_chooses_it_leaves_no_orphan_and_no_crash(monkeypatch):
    kind, meeting = ProjectTypeFactory(), Meeting(2)
    for module, name in (("catalogue", "_get_locked"), ("projects", "_faults")):
        owner = __import__(f"registry.services.{module}", fromlist=["_"])
        monkeypatch.setattr(owner, name, _then_meet(getattr(owner, name), meeting))

    outcomes = at_once(partial(project_type_delete, pk=kind.pk), partial(ProjectFactory, project_type=kind))

    refused = [outcome for outcome in outcomes if isinstance(outcome, RegistryError)]
    assert len(refused) == 1
    assert isinstance(refused[0], StateConflict)
    assert Project.objects.count() == ProjectType.objects.count()


def _then_meet(function, meeting):
    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        meeting.join()
        return result

    return wrapped


# --- documents ----------------------------------------------------------------------------------------


def document_beside_deletion(monkeypatch):
    """Upload a document once the deletion of its project holds the row; returns what came of the upload."""
    project, meeting = ProjectFactory(), Meeting(2)
    projects = __import__("registry.services.projects", fromlist=["_"])
    documents = __import__("registry.services.documents", fromlist=["_"])
    monkeypatch.setattr(projects, "project_get_locked", _then_meet(projects.project_get_locked, meeting))
    monkeypatch.setattr(documents, "_assign_file", _then_meet(documents._assign_file, meeting))
    _, upload = at_once(partial(project_delete, pk=project.pk), partial(DocumentFactory, project=project))
    assert not Project.objects.exists()
    media = Path(settings.MEDIA_ROOT)
    assert [path for path in media.rglob("*") if path.is_file()] == []
    return upload


def test_a_document_for_a_project_that_is_being_deleted_is_refused_and_leaves_no_file(monkeypatch):
    assert isinstance(document_beside_deletion(monkeypatch), ProjectNotFound)


def test_control_without_the_row_lock_only_the_database_stops_it(monkeypatch, without):
    without("registry.services.documents._require_project")

    assert isinstance(document_beside_deletion(monkeypatch), IntegrityError)
