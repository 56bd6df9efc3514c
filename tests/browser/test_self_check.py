"""The self-check of a chapter: answers open by keyboard and by mouse, and are counted."""

import pytest
from playwright.sync_api import Browser, Locator
from visit import DESKTOP, EXEMPLAR, PHONE, OpenPage, Visit


def question(visit: Visit, number: int) -> Locator:
    return visit.page.locator(".sdl-self-check > ol > li").nth(number)


def test_a_reader_answers_by_keyboard(open_page: OpenPage, site: str) -> None:
    visit = open_page(f"{site}/{EXEMPLAR}.html", DESKTOP, "light")
    wrong = question(visit, 0).locator(".sdl-wrong").first
    right = question(visit, 0).locator(".sdl-right")
    wrong.locator("summary").press("Enter")
    assert wrong.get_by_text("Not so.").is_visible()
    right.locator("summary").press("Space")
    assert right.get_by_text("Right.").is_visible()
    assert not wrong.get_by_text("Not so.").is_visible()  # one answer is open at a time
    question(visit, 1).locator(".sdl-right summary").press("Enter")
    tally = visit.page.locator(".sdl-tally")
    tally.filter(has_text="1 of 2 right at the first try; 3 to go").wait_for()
    assert visit.outside == visit.console == []


def test_all_first_answers_are_counted(open_page: OpenPage, site: str) -> None:
    visit = open_page(f"{site}/{EXEMPLAR}.html", PHONE, "dark")
    for number in range(5):
        question(visit, number).locator(".sdl-right summary").click()
    visit.page.locator(".sdl-tally").filter(has_text="5 of 5 right at the first try.").wait_for()
    assert visit.too_wide() == []
    assert visit.axe() == []


@pytest.mark.parametrize("kind", ["sdl-right", "sdl-wrong"])
def test_answers_open_without_scripts(browser: Browser, site: str, kind: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/{EXEMPLAR}.html")
        answer = page.locator(f".sdl-choice.{kind}").first
        answer.locator("summary").click()
        assert answer.locator("p").is_visible()
