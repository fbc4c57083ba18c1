"""The API's documentation page in a real browser, under the strict Content-Security-Policy."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_lists_the_operations_from_this_server_only(watched):
    # when somebody opens the API's documentation
    answer = watched.page.goto(f"{watched.server}/api/docs")

    # then every operation is there, with no inline script, style or outside request needed
    watched.page.wait_for_selector(".opblock")
    assert watched.page.locator(".opblock-summary-path", has_text="/projects").count() > 1
    assert "unsafe" not in answer.headers["content-security-policy"]
    watched.assert_clean()
