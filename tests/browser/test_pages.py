"""Every page of the built site, as a reader meets it: on a desk in light, on a phone in dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fontTools.ttLib import TTFont
from visit import DESKTOP, HTML, PHONE, OpenPage, Visit

MAX_KB = 700


@pytest.fixture(scope="module")
def desk(open_page: OpenPage, site: str, route: str) -> Iterator[Visit]:
    visit = open_page(f"{site}/{route}", DESKTOP, "light")
    yield visit
    visit.page.context.close()


@pytest.fixture(scope="module")
def phone(open_page: OpenPage, site: str, route: str) -> Iterator[Visit]:
    visit = open_page(f"{site}/{route}", PHONE, "dark")
    yield visit
    visit.page.context.close()


@pytest.fixture(scope="module")
def glyphs() -> set[str]:
    """The characters of the icon fonts that the site serves (book/ext/finish.py)."""
    fonts = (HTML / "_static" / "vendor" / "fontawesome" / "webfonts").glob("*.ttf")
    return {chr(code) for font in fonts for code in TTFont(font).getBestCmap()}


def test_page_is_whole_and_asks_nothing_of_the_outside(desk: Visit) -> None:
    assert desk.outside == [], "requests that would leave the reader's machine"
    assert desk.missing == [], "files that the site does not have"
    assert desk.console == [], "errors in the console"


def test_page_is_light(desk: Visit) -> None:
    heaviest = sorted(desk.bytes.items(), key=lambda item: -item[1])[:5]
    assert sum(desk.bytes.values()) <= MAX_KB * 1000, heaviest


def test_math_is_typeset(desk: Visit) -> None:
    assert desk.untypeset() == []


def test_icons_are_among_those_that_were_kept(desk: Visit, glyphs: set[str]) -> None:
    assert {icon for icon, character in desk.icons().items() if character not in glyphs} == set()


def test_page_fits_a_desk(desk: Visit) -> None:
    assert desk.too_wide() == []


def test_page_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_page_fits_a_phone(phone: Visit) -> None:
    assert phone.too_wide() == []


def test_formulas_fit_a_phone(phone: Visit) -> None:
    assert phone.cut_off() == []


def test_page_is_accessible_in_dark(phone: Visit) -> None:
    assert phone.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert phone.axe() == []
    assert phone.console == []
