"""The staff pages of credits in other registries: what they show, to whom, in how many queries; nothing to press."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import VIEWER
from tests.admin.pages import text_of
from tests.integrations.credit_rows import projects_in, run, vcu
from transactions.models import OriginCredits

pytestmark = pytest.mark.django_db
LIST = "/staff/transactions/origincredits/"


@pytest.fixture
def stated():
    projects_in("VCS", "VCS1340", "VCS1341")
    run(vcu(1, 2_000, retired="2026-04-10", beneficiary="Acme Ltd"), vcu(2_001, 5_000), vcu(9_000, 9_999, project=1341))


def page_of(row):
    return reverse("admin:transactions_origincredits_change", args=[row.pk])


def test_the_page_says_whose_credits_they_are_and_what_is_stated_of_the_project(stated, as_role):
    row = OriginCredits.objects.get(kind="retirement")

    text = text_of(as_role(VIEWER).get(page_of(row)))

    assert "2,000 t retired" in text
    assert "These credits live there; nothing of them can be moved here." in text
    assert "Acme Ltd" in text
    # Issued 2,000 and 3,000 t of this project; the other's are not counted.
    assert "VCS 5,000 2,000 0" in " ".join(text.split())


def test_a_serial_of_the_origin_finds_its_statements(stated, as_role):
    serial = "19385-2001-5000-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-0"

    text = text_of(as_role(VIEWER).get(LIST, {"q": serial}))

    assert serial in text
    assert "Acme Ltd" not in text


def test_the_list_takes_as_many_queries_for_many_rows_as_for_few(stated, as_role):
    viewer = as_role(VIEWER)
    viewer.get(LIST)

    with CaptureQueriesContext(
        connection,
    ) as few:
        viewer.get(LIST)
    run(*(vcu(first, first + 9) for first in range(100_000, 100_400, 10)))
    with CaptureQueriesContext(connection) as many:
        viewer.get(LIST)

    assert len(many) == len(few)


def test_nobody_can_add_change_or_delete_them(stated, as_role):
    row = OriginCredits.objects.first()
    viewer = as_role("Super Admin")

    assert viewer.get(f"{LIST}add/").status_code == 403
    assert viewer.post(page_of(row), {"beneficiary": "Somebody else"}).status_code == 403
    assert viewer.post(f"{page_of(row).removesuffix('change/')}delete/", {"post": "yes"}).status_code == 403
    assert OriginCredits.objects.count() == 4
    assert not OriginCredits.objects.filter(beneficiary="Somebody else").exists()


def test_without_the_permission_there_is_nothing_to_see(stated, as_role):
    assert as_role("").get(LIST).status_code == 403
