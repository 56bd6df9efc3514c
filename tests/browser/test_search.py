"""The search of the site: from the button of any page to a page that was found."""

from visit import DESKTOP, EXEMPLAR, OpenPage


def test_a_reader_searches_by_keyboard_and_finds_a_chapter(open_page: OpenPage, site: str) -> None:
    visit = open_page(f"{site}/{EXEMPLAR}.html", DESKTOP, "light")
    page = visit.page
    page.keyboard.press("Control+k")
    page.keyboard.type("gerrymandering")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=gerrymandering")
    found = page.locator("#search-results li a").filter(has_text="Auditing intersections")
    found.first.click()
    page.wait_for_url("**/book/fairness/auditing-intersections.html*")
    assert visit.outside == []
    assert visit.console == []
