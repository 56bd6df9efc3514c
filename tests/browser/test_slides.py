"""Decks in a browser: they come to life offline, by keyboard, and every slide holds its content."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from site_server import serve
from visit import ROOT, Visit, new_context

from tools import slides
from tools.pages import Project

SLIDE = (1280, 720)
EXEMPLAR = "security/adversarial-examples"
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
    site = Project(ROOT).html / "book"
    return [
        str(page.relative_to(site).with_suffix(""))
        for page in sorted(site.glob("*/*.html"))
        if "sdl-chapter-opening" in page.read_text(encoding="utf-8")
    ]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with new_context(browser, SLIDE, "light") as context:
        yield context.new_page()


def opened(page: Page, url: str) -> Visit:
    visit = Visit(page)
    page.goto(url)
    page.wait_for_selector("html[data-ready]", state="attached")
    return visit


@pytest.mark.parametrize("slug", decks() or [EXEMPLAR])
def test_every_slide_holds_its_content(page: Page, slug: str) -> None:
    visit = opened(page, slides.make(Project(ROOT), slug).as_uri())
    assert page.evaluate(FAULTS) == []
    assert visit.untypeset() == []


def test_a_lecturer_goes_through_a_deck_by_keyboard(browser: Browser) -> None:
    deck = slides.make(Project(ROOT), EXEMPLAR)
    with serve(deck.parent) as address, new_context(browser, SLIDE, "dark") as context:
        visit = Visit(context.new_page())
        visit.watch()
        opened(visit.page, f"{address}/index.html")
        assert visit.page.locator("section.present h1").inner_text() == "Adversarial examples"
        faults, kinds = visit.axe(), {"title"}
        for key in ("ArrowRight", "Space", "PageDown", "ArrowDown", "n", *["ArrowRight"] * 9):
            visit.page.keyboard.press(key)
            kind = visit.page.locator("section.present").get_attribute("class") or ""
            faults += visit.axe() if kind not in kinds else []  # one of each kind: it takes time
            kinds.add(kind)
        assert visit.page.evaluate("deck.getIndices().h") == 14
        visit.page.keyboard.press("ArrowLeft")
        assert visit.page.evaluate("deck.getIndices().h") == 13
        assert faults == []
        assert (visit.outside, visit.console, visit.missing) == ([], [], [])


def test_a_deck_opens_from_a_folder_and_prints(page: Page) -> None:
    opened(page, f"{slides.make(Project(ROOT), EXEMPLAR).as_uri()}?view=print")
    count = page.locator(".slides section").count()
    page.wait_for_function(f"document.querySelectorAll('.pdf-page').length == {count}")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == count


def test_a_slide_that_is_too_full_is_found(page: Page) -> None:
    opened(page, slides.make(Project(ROOT), EXEMPLAR).as_uri())
    page.evaluate("document.querySelectorAll('.body')[1].append('More words. '.repeat(400))")
    (fault,) = page.evaluate(FAULTS)
    assert fault.startswith("slide 2: too full")
