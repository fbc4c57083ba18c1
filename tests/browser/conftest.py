"""A real Chromium for tests of pages, which notices console errors and every request to another host."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without these it looks for its maker's servers at every start, and does not start at all as root.
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@dataclass
class Watched:
    """A page, and what went wrong on it so far."""

    page: Page
    server: str
    console_errors: list[str] = field(default_factory=list)
    outside_requests: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Fail on any console error, uncaught exception or request that left the server."""
        assert self.console_errors == []
        assert self.outside_requests == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for each file of tests, which are skipped on a machine without one.

    Not one for the run: Playwright's event loop would still run in tests that want to start one of their own.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    # Playwright runs an event loop in this thread, and Django would refuse plain queries beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()  # those of this loop's context, which nobody else can reach
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def watched(chromium: Browser, live_server) -> Iterator[Watched]:
    """A fresh page (no cookies) against a live server; `watched.page.goto(watched.server + "/staff/")`."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    watching = Watched(page, live_server.url)
    own = urlsplit(live_server.url).netloc
    page.on("console", lambda line: watching.console_errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: watching.console_errors.append(str(error)))
    page.on(
        "request",
        lambda request: (
            watching.outside_requests.append(request.url) if urlsplit(request.url).netloc not in {own, ""} else None
        ),
    )
    yield watching
    context.close()
