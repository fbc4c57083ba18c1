"""The API's documentation page in a real browser, under the strict Content-Security-Policy."""

from collections import defaultdict

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_lists_the_operations_from_this_server_only(watched):
    # given the operations of each section that the schema describes
    page = watched.page
    sections = defaultdict(set)
    for path, operations in page.request.get(f"{watched.server}/api/schema").json()["paths"].items():
        for method, operation in operations.items():
            sections[operation["tags"][0]].add((method.upper(), path))
    assert ("GET", "/projects") in sections["public"]

    # when somebody opens the API's documentation
    answer = page.goto(f"{watched.server}/api/docs")
    page.wait_for_selector(".opblock-tag")

    # then every section opens on all its operations, with no inline script, style or outside request needed
    named = page.locator(".opblock-tag").evaluate_all("(tags) => tags.map((tag) => tag.dataset.tag)")
    assert sorted(named) == sorted(sections)
    for name, operations in sections.items():
        page.locator(f'.opblock-tag[data-tag="{name}"]').click()
        expect(page.locator(".opblock")).to_have_count(len(operations))
        assert set(map(tuple, page.locator(".opblock-summary").evaluate_all(_METHODS_AND_PATHS))) == operations
        page.locator(f'.opblock-tag[data-tag="{name}"]').click()
    assert "unsafe" not in answer.headers["content-security-policy"]
    watched.assert_clean()


_METHODS_AND_PATHS = """(rows) => rows.map((row) => [
    row.querySelector(".opblock-summary-method").textContent,
    row.querySelector(".opblock-summary-path").dataset.path,
])"""
