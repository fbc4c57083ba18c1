"""Project types, standards, verification bodies, methodologies: codes, uniqueness, and no deletion while in use."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.roles import REGISTRY_OFFICER
from carboncore.common.context import Entrance, acting
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from registry.errors import StillInUse
from registry.models import (
    Methodology,
    ProjectStandard,
    ProjectType,
    Standard,
    StandardValidator,
    ValidatorAccreditation,
)
from registry.services import (
    accreditation_delete,
    accreditation_save,
    certification_delete,
    certification_save,
    methodology_delete,
    methodology_save,
    project_standards_set,
    project_type_delete,
    project_type_save,
    standard_delete,
    standard_save,
    validator_delete,
    validator_save,
)
from tests.factories import (
    AccreditationFactory,
    MethodologyFactory,
    ProjectFactory,
    ProjectTypeFactory,
    StandardFactory,
    ValidatorFactory,
    country,
    person,
    ready_project,
)

pytestmark = pytest.mark.django_db


def refused(action, **arguments):
    with pytest.raises(InvalidInput) as caught:
        action(**arguments)
    return caught.value.errors


# --- project types ------------------------------------------------------------------------------------


def test_a_type_code_is_upper_cased_and_trimmed():
    assert project_type_save(pk=None, fields={"code": " fc ", "name": "Forest"}).code == "FC"
    assert ProjectType.objects.get().code == "FC"


@pytest.mark.parametrize("code", ["", None, "FOREST-1", "F C", "ÉCO", "ABCDEFGHIJK", "FC\n1", "FC\x00", ["FC"], 5])
def test_a_type_code_that_fits_no_serial_number_is_refused(code):
    assert set(refused(project_type_save, pk=None, fields={"code": code, "name": "Forest"})) == {"code"}
    assert not ProjectType.objects.exists()


def test_a_type_code_is_taken_in_any_case():
    project_type_save(pk=None, fields={"code": "FC", "name": "Forest"})

    assert set(refused(project_type_save, pk=None, fields={"code": "fc", "name": "Another"})) == {"code"}


def test_a_code_taken_after_the_check_is_a_conflict_and_no_crash(monkeypatch):
    ProjectTypeFactory(code="FC")
    monkeypatch.setattr(ProjectType, "full_clean", lambda _self, **_options: None)

    with pytest.raises(StateConflict):
        project_type_save(pk=None, fields={"code": "FC", "name": "Forest"})


@pytest.mark.parametrize("code", ["fc", "F-C", "", "ÀB"])
def test_the_database_refuses_a_type_code_that_fits_no_serial_number(code):
    with pytest.raises(IntegrityError, match="registry_projecttype_code_upper"), transaction.atomic():
        ProjectType.objects.create(code=code, name="Forest")


@pytest.mark.parametrize("field", ["id", "pk", "created_at", "colour", "projects"])
def test_nothing_but_its_own_fields_can_be_set(field):
    kind = ProjectTypeFactory()

    assert refused(project_type_save, pk=kind.pk, fields={field: 99}) == {field: ["This cannot be set here."]}
    assert [t.pk for t in ProjectType.objects.all()] == [kind.pk]


def test_a_change_leaves_the_other_fields_and_is_kept_in_history():
    officer, kind = person(REGISTRY_OFFICER), ProjectTypeFactory(code="FC", name="Forest")

    with acting(officer, Entrance.API):
        changed = project_type_save(pk=kind.pk, fields={"name": "Forest conservation"})

    assert (changed.code, changed.name, changed.category) == ("FC", "Forest conservation", "Forest")
    row = ProjectType.history.latest()
    assert (row.history_type, row.history_user, row.entrance, row.name) == ("~", officer, "api", "Forest conservation")


# --- deleting -----------------------------------------------------------------------------------------


def test_a_type_in_use_is_kept_and_says_how_often():
    kind = ProjectTypeFactory()
    ProjectFactory(project_type=kind)
    ProjectFactory(project_type=kind)

    with pytest.raises(StillInUse, match=r"projects are of this type \(2 in all\)\. Change those first\."):
        project_type_delete(pk=kind.pk)

    assert ProjectType.objects.filter(pk=kind.pk).exists()


@pytest.mark.parametrize("user", ["project", "methodology", "accreditation"])
def test_a_standard_in_use_is_kept(user):
    standard = StandardFactory()
    if user == "project":
        ProjectFactory(standards=[standard.code])
    elif user == "methodology":
        MethodologyFactory(standard=standard)
    else:
        AccreditationFactory(standard=standard)

    with pytest.raises(StillInUse, match="projects, methodologies or accreditations refer to it"):
        standard_delete(pk=standard.pk)

    assert Standard.objects.filter(pk=standard.pk).exists()


def test_a_verification_body_goes_with_its_accreditations_unless_a_certification_names_it():
    unused, used = AccreditationFactory().validator, AccreditationFactory().validator
    certification = ready_project().certifications.get()
    certification_save(project=certification.project, pk=certification.pk, fields={"validator": used})

    validator_delete(pk=unused.pk)
    with pytest.raises(StillInUse, match="certifications of projects name it"):
        validator_delete(pk=used.pk)

    assert not ValidatorAccreditation.objects.filter(validator_id=unused.pk).exists()
    assert ValidatorAccreditation.objects.filter(validator=used).count() == 1


def test_a_methodology_in_use_is_kept():
    methodology = ready_project().methodology

    with pytest.raises(StillInUse, match="projects follow this methodology"):
        methodology_delete(pk=methodology.pk)


def test_what_nobody_uses_can_go():
    project_type_delete(pk=ProjectTypeFactory().pk)
    standard_delete(pk=StandardFactory().pk)
    methodology_delete(pk=MethodologyFactory(standard=None).pk)
    validator_delete(pk=ValidatorFactory().pk)

    for model in (ProjectType, Methodology, StandardValidator):
        assert not model.objects.exists()
        assert model.history.filter(history_type="-").count() == 1


@pytest.mark.parametrize(
    ("save", "delete"),
    [
        (project_type_save, project_type_delete), (standard_save, standard_delete),
        (validator_save, validator_delete), (methodology_save, methodology_delete),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(save, delete):
    with pytest.raises(NotFound):
        save(pk=0, fields={})
    with pytest.raises(NotFound):
        delete(pk=0)


# --- standards, verification bodies, accreditations ---------------------------------------------------


def test_a_standard_code_is_one_whatever_its_case():
    standard_save(pk=None, fields={"code": "VCS", "name": "Verified Carbon Standard", "url": None})

    assert refused(standard_save, pk=None, fields={"code": "vcs", "name": "Another"}) == {
        "non_field_errors": ["A standard with this code exists already."]
    }
    with pytest.raises(IntegrityError, match="registry_standard_code_once"), transaction.atomic():
        Standard.objects.create(code="Vcs", name="Another")


def test_a_verification_body_with_its_accreditations():
    standard = StandardFactory()
    body = validator_save(pk=None, fields={"name": "Sure Verification", "country": country("DE"), "website": ""})

    row = accreditation_save(
        validator=body,
        pk=None,
        fields={"standard": standard, "scope": "14", "valid_from": "2024-01-01", "valid_to": None},
    )

    assert (row.valid_from, row.valid_to, row.validator) == (date(2024, 1, 1), None, body)
    assert refused(
        accreditation_save, validator=body, pk=None, fields={"standard": standard, "valid_from": "2024-01-01"}
    ) == {"non_field_errors": ["This accreditation is already listed."]}
    assert refused(accreditation_save, validator=body, pk=row.pk, fields={"valid_to": "2023-12-31"}) == {
        "non_field_errors": ["The accreditation ends before it begins."]
    }
    assert body.accreditations.get().valid_to is None


def test_an_accreditation_belongs_to_its_own_body():
    row, other = AccreditationFactory(), ValidatorFactory()

    with pytest.raises(NotFound):
        accreditation_save(validator=other, pk=row.pk, fields={"scope": "15"})
    with pytest.raises(NotFound):
        accreditation_delete(validator=other, pk=row.pk)

    accreditation_delete(validator=row.validator, pk=row.pk)
    assert not ValidatorAccreditation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": ""}, {"name"}), ({"name": "x" * 256}, {"name"}), ({"country": "DE"}, {"country"}),
        ({"website": "ftp://"}, {"website"}), ({"is_active": "perhaps"}, {"is_active"}),
        ({"is_active": None}, {"is_active"}),
    ],
)  # fmt: skip
def test_a_bad_verification_body_is_refused(fields, named):
    assert set(refused(validator_save, pk=None, fields={"name": "Sure Verification", **fields})) == named
    assert not StandardValidator.objects.exists()


# --- certifications of a project ----------------------------------------------------------------------


def test_standards_are_found_by_code_or_name_in_any_case():
    by_code, by_name = StandardFactory(code="VCS", name="Verified"), StandardFactory(code="GS", name="Gold Standard")

    project = ProjectFactory(standards=[" vcs", "GOLD standard", "VCS"])

    assert {c.standard for c in project.certifications.all()} == {by_code, by_name}


def test_a_code_counts_before_another_standards_name_and_the_older_of_two_names_before_the_newer():
    older, newer = StandardFactory(code="A1", name="Twin"), StandardFactory(code="TWIN2", name="Twin")
    named_like_a_code = StandardFactory(code="ZZ", name="TWIN2")

    project = ProjectFactory(standards=["twin", "twin2"])

    assert [c.standard for c in project.certifications.order_by("standard_id")] == [older, newer]
    assert not named_like_a_code.certifications.exists()


def test_a_certification_that_stays_keeps_its_number_and_body():
    project, added = ready_project(), StandardFactory()
    kept = project.certifications.get()

    assert project_standards_set(project=project, standards=[kept.standard.code, added.code])

    kept.refresh_from_db()
    assert kept.certificate_number == f"CERT-{kept.pk}"
    assert kept.validator is not None
    assert not project_standards_set(project=project, standards=[added.name, kept.standard.name])


@pytest.mark.parametrize("name", ["", "nonsense", "a\x00b", "\ud800", None, 5, ["VCS"], "%"])
def test_a_standard_that_is_none_changes_nothing(name):
    project = ready_project()

    assert set(refused(project_standards_set, project=project, standards=[name])) == {"standards_list"}
    assert project.certifications.count() == 1


def test_ten_thousand_names_cost_as_many_queries_as_one(django_assert_max_num_queries):
    project, standard = ProjectFactory(), StandardFactory(code="VCS")

    with django_assert_max_num_queries(8):
        project_standards_set(project=project, standards=["vcs"] * 10_000)

    assert project.certifications.get().standard == standard


def test_certifications_are_checked_and_belong_to_their_project():
    project, other = ready_project(), ready_project()
    row = project.certifications.get()

    assert refused(certification_save, project=project, pk=None, fields={"standard": row.standard}) == {
        "non_field_errors": ["This project already names this standard."]
    }
    assert refused(
        certification_save, project=project, pk=row.pk, fields={"valid_from": "2024-01-02", "valid_to": "2024-01-01"}
    ) == {"non_field_errors": ["The validity ends before it begins."]}
    for action in (
        lambda: certification_save(project=other, pk=row.pk, fields={}),
        lambda: certification_delete(project=other, pk=row.pk),
    ):
        with pytest.raises(NotFound):
            action()
    certification_delete(project=project, pk=row.pk)
    assert ProjectStandard.history.latest().history_type == "-"
