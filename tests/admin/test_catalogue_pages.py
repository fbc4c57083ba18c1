"""The catalogue on the staff pages: types, standards, methodologies, bodies with their accreditations."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN
from carboncore.common.context import Entrance
from registry.models import Methodology, ProjectType, Standard, StandardValidator
from tests.admin.pages import form_values, text_of
from tests.factories import AccreditationFactory, ProjectFactory, ProjectTypeFactory, StandardFactory

pytestmark = pytest.mark.django_db


def test_a_type_code_is_kept_in_upper_case_and_once(as_role):
    officer = as_role(REGISTRY_OFFICER)

    assert officer.post("/staff/registry/projecttype/add/", {"code": "FC", "name": "Forest"}).status_code == 302
    again = officer.post("/staff/registry/projecttype/add/", {"code": "FC", "name": "Again"})

    assert again.status_code == 200
    assert "code" in again.context["adminform"].form.errors
    kind = ProjectType.objects.get()
    assert (kind.name, kind.history.get().entrance) == ("Forest", Entrance.ADMIN)


def test_a_methodology_is_added_changed_and_deleted(as_role):
    admin, standard = as_role(SUPER_ADMIN), StandardFactory()
    admin.post("/staff/registry/methodology/add/", {"code": "VM0042", "name": "Soil", "standard": standard.pk})
    methodology = Methodology.objects.get(code="VM0042")
    address = reverse("admin:registry_methodology_change", args=[methodology.pk])

    values = form_values(admin.get(address), "methodology_form")
    assert admin.post(address, {**values, "version": "2.1"}).status_code == 302
    methodology.refresh_from_db()
    assert (methodology.version, methodology.standard) == ("2.1", standard)

    delete = reverse("admin:registry_methodology_delete", args=[methodology.pk])
    assert admin.post(delete, {"post": "yes"}).status_code == 302
    assert not Methodology.objects.exists()


def test_a_body_is_saved_with_its_accreditations_and_their_dates_are_checked(as_role):
    officer, standard = as_role(REGISTRY_OFFICER), StandardFactory()
    address = "/staff/registry/standardvalidator/add/"
    values = form_values(officer.get(address), "standardvalidator_form")
    row = {"accreditations-TOTAL_FORMS": "1", "accreditations-0-standard": standard.pk}
    dates = {"accreditations-0-valid_from": "2024-05-01", "accreditations-0-valid_to": "2023-05-01"}

    wrong = officer.post(address, {**values, "name": "Northwind", **row, **dates})
    right = officer.post(
        address, {**values, "name": "Northwind", **row, **dates, "accreditations-0-valid_to": "2029-05-01"}
    )

    assert wrong.status_code == 200
    assert "The accreditation ends before it begins." in text_of(wrong)
    assert right.status_code == 302
    accreditation = StandardValidator.objects.get(name="Northwind").accreditations.get()
    assert (accreditation.standard, accreditation.valid_to) == (standard, date(2029, 5, 1))
    assert accreditation.history.get().history_user == officer.user


def test_an_accreditation_is_taken_away_and_the_history_of_the_body_tells_it(as_role):
    accreditation = AccreditationFactory()
    body, officer = accreditation.validator, as_role(REGISTRY_OFFICER)
    address = reverse("admin:registry_standardvalidator_change", args=[body.pk])

    values = form_values(officer.get(address), "standardvalidator_form")
    assert officer.post(address, {**values, "accreditations-0-DELETE": "on"}).status_code == 302

    assert not body.accreditations.exists()
    told = text_of(officer.get(reverse("admin:registry_standardvalidator_history", args=[body.pk])))
    assert "Deleted accreditation" in told


def test_several_chosen_records_are_deleted_all_or_none(as_role):
    free, used = ProjectTypeFactory(code="FREE"), ProjectFactory().project_type
    standard = StandardFactory()
    admin = as_role(SUPER_ADMIN)
    body = {"action": "delete_selected", "post": "yes"}

    refused = admin.post("/staff/registry/projecttype/", {**body, "_selected_action": [free.pk, used.pk]}, follow=True)
    done = admin.post("/staff/registry/standard/", {**body, "_selected_action": [standard.pk]}, follow=True)

    assert "projects are of this type" in text_of(refused)
    assert ProjectType.objects.count() == 2
    assert done.status_code == 200
    assert not Standard.objects.exists()
