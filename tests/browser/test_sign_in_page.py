"""The staff sign-in page in a real browser."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_sign_in_page_loads_its_style_from_this_server_only(watched):
    # when an officer opens the staff admin
    watched.page.goto(f"{watched.server}/staff/")

    # then they are asked to sign in, on a styled page
    assert "/staff/login/" in watched.page.url
    assert watched.page.locator("input[name=password]").is_visible()
    assert watched.page.evaluate("document.styleSheets.length") > 0
    watched.assert_clean()
