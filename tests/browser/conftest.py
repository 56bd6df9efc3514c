"""Fixtures: the built site on a local server, one Chromium, and pages and labs opened in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import chromium
import pytest
import torch
from lab import (
    SIZES,
    StageHeights,
    StandIn,
    Use,
    height_in_use,
    idle_height,
    start,
    without_javascript,
)
from playwright.sync_api import Browser, Page, sync_playwright
from site_server import serve
from visit import DESKTOP, HTML, PHONE, ROOT, OpenPage, Visit, new_context

torch.set_num_threads(1)  # as in the build: what a lab trains differs in its last digits otherwise


def pytest_configure(config: pytest.Config) -> None:
    # word vectors, COMPAS and German credit say so once a process, in whichever test comes first
    config.addinivalue_line("filterwarnings", "ignore::sdl_lib.data.passports.KnownProblems")


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


# a lab: the test's module says on which PAGE it is, and its card's selector, LAB


@pytest.fixture
def lab_url(request: pytest.FixtureRequest, site: str) -> str:
    """The address of the lab's page."""
    return f"{site}/{request.module.PAGE}"


@pytest.fixture
def desk(request: pytest.FixtureRequest, open_page: OpenPage, lab_url: str) -> Iterator[Visit]:
    """A reader at a desk with the lab before them."""
    yield from before_the_lab(open_page(lab_url, DESKTOP), request.module.LAB)


@pytest.fixture
def phone(request: pytest.FixtureRequest, open_page: OpenPage, lab_url: str) -> Iterator[Visit]:
    """A reader with a phone, in the dark."""
    yield from before_the_lab(open_page(lab_url, PHONE, "dark"), request.module.LAB)


def before_the_lab(visit: Visit, lab: str) -> Iterator[Visit]:
    """The visit with the lab alive, during which nothing may go wrong."""
    start(visit.page, lab)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


@pytest.fixture
def finger(request: pytest.FixtureRequest, browser: Browser, lab_url: str) -> Iterator[Page]:
    """The page with the lab alive on a phone that is touched."""
    viewport = {"width": PHONE[0], "height": PHONE[1]}
    with browser.new_context(viewport=viewport, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(lab_url)
        start(page, request.module.LAB)
        yield page


@pytest.fixture(params=SIZES)
def stage_heights(request: pytest.FixtureRequest, browser: Browser, lab_url: str) -> StageHeights:
    """The height of the lab before it comes to life, and in use, in windows of several sizes."""
    where = browser, lab_url, request.module.LAB, request.param

    def heights(use: Use) -> tuple[int, int]:
        return idle_height(*where), height_in_use(*where, use)

    return heights


@pytest.fixture(params=[DESKTOP, PHONE])
def stand_in(request: pytest.FixtureRequest, browser: Browser, lab_url: str) -> StandIn:
    """What stands in for the lab without JavaScript, on a desk and on a phone."""
    return without_javascript(browser, lab_url, request.module.LAB, request.param)
