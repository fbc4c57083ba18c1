"""What a person reads when a page is refused or fails: what happened, that nothing changed, and where to go on."""

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, server_error

from accounts.roles import VIEWER
from tests.admin.pages import read_page, text_of
from tests.factories import person


@pytest.mark.django_db
def test_staff_without_the_right_are_told_so_and_shown_the_way_back():
    client = Client()
    client.force_login(person(VIEWER))

    response = client.get("/staff/accounts/user/")

    assert response.status_code == 403
    assert "Your account may not do this. Nothing was changed." in text_of(response)
    assert "/staff/" in read_page(response).links


@pytest.mark.django_db
def test_an_unknown_staff_page_leads_back_to_the_staff_admin():
    client = Client()
    client.force_login(person(VIEWER))

    inside, outside = client.get("/staff/no/such/"), client.get("/no/such")

    assert [response.status_code for response in (inside, outside)] == [404, 404]
    assert ["/staff/" in read_page(response).links for response in (inside, outside)] == [True, False]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_words():
    response = Client(enforce_csrf_checks=True).post("/staff/login/", {"username": "a", "password": "b"})

    assert response.status_code == 403
    assert "This form was open for too long. Nothing was changed." in text_of(response)


def test_a_failure_and_a_damaged_request_have_pages_that_need_no_database():
    request = RequestFactory().get("/anything")

    failed, damaged = server_error(request), bad_request(request, ValueError("with a secret"))

    assert (failed.status_code, damaged.status_code) == (500, 400)
    assert "Something went wrong here. It is our fault, it was noted" in text_of(failed)
    assert "This request cannot be understood. Nothing was changed." in text_of(damaged)
    assert b"secret" not in damaged.content
