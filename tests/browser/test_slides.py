"""Decks in a browser: they come to life offline, by keyboard, and every slide holds its content."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from site_server import serve
from visit import ROOT, Visit, new_context

from tools import slides
from tools.pages import Project

SLIDE = (1280, 720)
# what lies beyond its slide, and letters or pictures that became too small
FAULTS = """() => [...document.querySelectorAll(".slides > section")].flatMap((slide, number) => {
  const body = slide.querySelector(".body"), sheet = slide.querySelector(".sheet");
  const over = [body, sheet].some(
    e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1);
  const letters = parseFloat(getComputedStyle(body).fontSize);
  const low = [...slide.querySelectorAll("img")].some(i => !i.naturalWidth || i.height < 120);
  return over || letters < 18 || low
    ? [`slide ${number + 1}: ${over ? "too full" : ""} ${letters} px ${low ? "low" : ""}`] : [];
})"""


def decks() -> list[str]:
    """The chapters that the site shows."""
    records = ROOT / "_build" / "records.json"
    if not records.exists():
        return ["security/adversarial-examples"]
    pages = json.loads(records.read_text(encoding="utf-8"))["pages"]
    return [
        name.removeprefix("book/")
        for name in pages
        if "sdl-chapter-opening" in (ROOT / "_build/html" / f"{name}.html").read_text("utf-8")
    ]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with new_context(browser, SLIDE, "light") as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def root(front_end: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address below which all decks lie."""
    for slug in decks():
        slides.make(Project(ROOT), slug)
    with serve(ROOT / "_build" / "slides") as address:
        yield address


def opened(page: Page, url: str) -> Visit:
    visit = Visit(page)
    page.goto(url)
    page.wait_for_selector("html[data-ready]", state="attached")
    return visit


@pytest.mark.parametrize("slug", decks())
def test_every_slide_holds_its_content(page: Page, root: str, slug: str) -> None:
    visit = opened(page, f"{root}/{slug}/index.html")
    assert page.evaluate(FAULTS) == []
    assert visit.untypeset() == []


def test_a_lecturer_goes_through_a_deck_by_keyboard(browser: Browser, root: str) -> None:
    with new_context(browser, SLIDE, "dark") as context:
        visit = Visit(context.new_page())
        visit.watch()
        opened_page = visit.page
        opened_page.goto(f"{root}/security/adversarial-examples/index.html")
        opened_page.wait_for_selector("html[data-ready]", state="attached")
        assert opened_page.locator("section.present h1").inner_text() == "Adversarial examples"
        found: list[str] = []
        kinds = set()
        for key in ("ArrowRight", "Space", "PageDown", "ArrowDown", "n", *["ArrowRight"] * 9):
            opened_page.keyboard.press(key)
            kind = opened_page.locator("section.present").get_attribute("class") or ""
            if kind not in kinds:  # one of each kind for axe, which takes its time
                found += visit.axe()
            kinds.add(kind)
        assert opened_page.evaluate("deck.getIndices().h") == 14
        opened_page.keyboard.press("ArrowLeft")
        assert opened_page.evaluate("deck.getIndices().h") == 13
        assert found == []
        assert (visit.outside, visit.console, visit.missing) == ([], [], [])


def test_a_deck_opens_from_a_folder_and_prints(browser: Browser, root: str) -> None:
    page = browser.new_page()
    deck = ROOT / "_build" / "slides" / "security" / "adversarial-examples" / "index.html"
    opened(page, f"{Path(deck).as_uri()}?view=print")
    slides_there = page.locator(".slides section").count()
    page.wait_for_function(f"document.querySelectorAll('.pdf-page').length == {slides_there}")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == slides_there
    page.close()
