"""An address that does not exist is answered in the words of whoever asked."""

import pytest


@pytest.mark.parametrize("path", ["/nope", "/staffx", "/certificates/nope"])
def test_people_get_a_page_that_says_where_to_go(client, path):
    answer = client.get(path, headers={"accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert "There is no such page." in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/nope", "/api/nope", "/api/v1/nope", "/api/v1/%0Anope", "/admin/nope", "/projects/1/%0A"]
)
def test_programs_get_the_body_of_every_other_error(client, path):
    answer = client.get(path, headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert set(answer.json()) == {"message", "error", "code"}
    assert answer.json()["code"] == "not_found"
