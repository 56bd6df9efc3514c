"""Fixtures: the built site on a local server, one Chromium, and pages opened in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import chromium
import pytest
from playwright.sync_api import Browser, sync_playwright
from site_server import serve
from visit import DESKTOP, HTML, ROOT, OpenPage, Visit, new_context


def pages() -> list[str]:
    """Every HTML page of the site, relative to its root (which itself only leads to the book)."""
    found = (path.relative_to(HTML) for path in HTML.rglob("*.html"))
    return sorted(
        str(path)
        for path in found
        if path.name[0] != "_" and path.parts[0][0] != "_" and str(path) != "index.html"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "route" in metafunc.fixturenames:
        # without a built site, one route, whose fixture `site` says what is missing
        metafunc.parametrize("route", pages() or ["index.html"], scope="module")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the built site."""
    if not (HTML / "index.html").is_file():
        pytest.fail("there is no site in _build/html: run `make book` first", pytrace=False)
    with serve(HTML) as address:
        yield address


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The browser's executable."""
    try:
        return chromium.find()
    except chromium.NoBrowser as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def front_end() -> None:
    """axe-core and Lighthouse, fetched if they are not here."""
    subprocess.run([sys.executable, ROOT / "tools" / "vendor.py", "--tests"], check=True)


@pytest.fixture(scope="session")
def browser(browser_path: Path, front_end: None) -> Iterator[Browser]:
    """One Chromium for the whole session."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address as a new reader would; all requests to the outside are refused."""
    with ExitStack() as contexts:

        def open_(url: str, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> Visit:
            context = new_context(browser, size, scheme)
            contexts.callback(context.close)
            visit = Visit(context.new_page())
            visit.watch()
            visit.open(url)
            return visit

        yield open_
