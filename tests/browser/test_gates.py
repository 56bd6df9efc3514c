"""The gates of ``test_pages`` turn red: a planted fault is reported by the visit to its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import chromium
import pytest
from lab import beyond_card
from site_server import serve
from visit import PHONE, OpenPage, Visit

PAGE = """<!doctype html><html lang="en"><head><title>A page</title></head>
<body><main><h1>A page</h1>{}</main></body></html>"""

Plant = Callable[[str], Visit]


@pytest.fixture
def plant(open_page: OpenPage, tmp_path: Path) -> Iterator[Plant]:
    """Visit, on a phone, a page with the given body."""
    with serve(tmp_path) as site:

        def visit(body: str) -> Visit:
            (tmp_path / "page.html").write_text(PAGE.format(body))
            return open_page(f"{site}/page.html", PHONE)

        yield visit


def test_a_sound_page_passes(plant: Plant) -> None:
    visit = plant("<p>Nothing is wrong here.</p>")
    assert visit.outside == visit.missing == visit.console == []
    assert visit.untypeset() == visit.too_wide() == visit.axe() == []


def test_a_script_from_outside_is_refused_and_reported(plant: Plant) -> None:
    visit = plant('<script src="https://example.org/a.js"></script>')
    assert visit.outside == ["https://example.org/a.js"]


def test_a_late_request_to_the_outside_is_reported(plant: Plant) -> None:
    visit = plant("<script>setTimeout(() => fetch('https://example.org/b'), 200)</script>")
    assert visit.outside == ["https://example.org/b"]


def test_a_missing_file_is_reported(plant: Plant) -> None:
    visit = plant('<img src="nowhere.png" alt="a picture that is not there">')
    assert [entry.split("/")[-1] for entry in visit.missing] == ["nowhere.png"]


def test_errors_in_the_console_are_reported(plant: Plant) -> None:
    visit = plant("<script>console.error('said')</script><script>thrown()</script>")
    assert visit.console == ["said", "thrown is not defined"]


def test_formulas_left_as_source_are_reported(plant: Plant) -> None:
    assert plant(r'<p class="math">\(x^2\)</p>').untypeset() == [r"\(x^2\)"]


def test_a_formula_wider_than_its_column_is_reported(plant: Plant) -> None:
    drawn = '<mjx-math style="display: inline-block; width: {}px">x=y</mjx-math>'
    formula = '<span class="math" style="display: inline-flex; width: 100px">{}</span>'
    assert plant(formula.format(drawn.format(100))).cut_off() == []
    wide = drawn.format(120).replace("120px", "120px; flex: none")
    assert plant(formula.format(wide)).cut_off() == ["x=y: 120 px in 100"]


def test_a_page_wider_than_the_window_is_reported(plant: Plant) -> None:
    assert "400 px" in plant('<div style="width: 400px; margin: 0 -8px">wide</div>').too_wide()[0]


def test_a_part_wider_than_its_lab_is_reported(plant: Plant) -> None:
    card = '<div data-lab="a" style="width: 100px"><p style="width: {}px">wide</p></div>'
    assert beyond_card(plant(card.format(101)).page, "[data-lab]") == []
    assert "20.0 px" in beyond_card(plant(card.format(120)).page, "[data-lab]")[0]


def test_an_image_without_alternative_is_reported(plant: Plant) -> None:
    found = plant('<img width="9" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">').axe()
    assert [entry.split(":")[0] for entry in found] == ["image-alt"]


def test_bytes_are_counted_as_they_were_sent(plant: Plant) -> None:
    visit = plant("<p>" + "compressible " * 10_000 + "</p>")
    assert 100 < sum(visit.bytes.values()) < 2_000


def test_without_any_browser_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SDL_BROWSER", raising=False)
    for step in ("_on_path", "_from_debian", "_from_playwright"):
        monkeypatch.setattr(chromium, step, lambda tried: tried.append("not here"))
    with pytest.raises(chromium.NoBrowser, match="apt-get install chromium"):
        chromium.find()


def test_a_named_browser_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_BROWSER", "nowhere/chromium")
    with pytest.raises(chromium.NoBrowser, match="nowhere/chromium"):
        chromium.find()
