"""The lab "next letter" in a real browser: its network, its controls, its looks."""

from __future__ import annotations

import html
import re
import statistics
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page
from visit import DESKTOP, PHONE, OpenPage, Visit

from sdl_lib import live, models
from sdl_lib.live import next_letter as lab_
from sdl_lib.sequences import ALPHABET, simplify

PAGE = "book/fundamentals/sequences-and-attention.html"
LAB = "[data-lab='next-letter']"
NUMBER = r"\d+\.\d+"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
TEXTS = ("", "q", "off with her ", "the jabberwock, with eyes of flame!", "x" * 40, "a\nb 'c' (d)")

# the engine on its own: probabilities of the next letter before each letter and after the last
RUN = """async ([site, texts]) => {
  const { loadGru } = await import(`${site}/_static/live/gru.js`);
  const { softmax } = await import(`${site}/_static/live/engine.js`);
  const network = await loadGru(new URL(`${site}/_static/labs/next-letter/`), "char-gru");
  return texts.map((text) => {
    let state = network.start();
    return [..."\\n" + text].map((letter) => {
      state = network.step(state, network.alphabet.indexOf(letter), network.start());
      return [...softmax(network.logits(state, new Float64Array(network.classes)))];
    });
  });
}"""


@cache
def exact() -> Any:
    return models.load("char-gru").double()


def start(page: Page) -> Locator:
    """Bring the lab of the page to life."""
    lab = page.locator(LAB)
    lab.scroll_into_view_if_needed()
    page.wait_for_selector(f"{LAB}[data-ready]")
    page.evaluate(TWO_FRAMES)
    return lab


@pytest.fixture
def desk(open_page: OpenPage, site: str) -> Iterator[Visit]:
    """A reader at a desk with the lab before them."""
    visit = open_page(f"{site}/{PAGE}", DESKTOP)
    start(visit.page)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


@pytest.fixture
def phone(open_page: OpenPage, site: str) -> Iterator[Visit]:
    """A reader with a phone, in the dark."""
    visit = open_page(f"{site}/{PAGE}", PHONE, "dark")
    start(visit.page)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


def put(page: Page, text: str, temperature: float = 1.0) -> None:
    page.locator(f"{LAB} textarea").fill(text)
    page.locator(f"{LAB} input[type=range]").fill(f"{temperature:.1f}")
    page.evaluate(TWO_FRAMES)


def verdict(page: Page) -> str:
    return str(page.locator(f"{LAB} .lab-verdict").text_content())


def guesses(page: Page) -> list[str]:
    found = page.locator(f"{LAB} .letter-guess").all()
    return [str(button.get_attribute("data-letter")) for button in found]


def test_engine_agrees_with_torch(desk: Visit, site: str) -> None:
    worst = 0.0
    for text, found in zip(TEXTS, desk.page.evaluate(RUN, [site, list(TEXTS)]), strict=True):
        expected = lab_.logits(exact(), text).softmax(1)
        worst = max(worst, float((torch.tensor(found).double() - expected).abs().max()))
    print(f"next letter: largest difference from torch {worst:.1e}")
    assert worst <= 1e-5


@pytest.mark.parametrize("temperature", [0.2, 1.0, 2.0])
@pytest.mark.parametrize("text", TEXTS)
def test_the_lab_says_what_torch_says(desk: Visit, text: str, temperature: float) -> None:
    put(desk.page, text, temperature)
    scores = lab_.logits(exact(), text)
    top = lab_.best(scores, temperature)
    assert guesses(desk.page) == [letter for letter, _ in top]
    same_sentence(verdict(desk.page), lab_.sentence(text, top, lab_.costs(scores, text)))
    more = lab_.go_on(exact(), text, temperature=temperature, seed=lab_.SEED)
    shown = desk.page.locator(f"{LAB} .letter-continued").text_content()
    assert shown == more.replace("\n", "¶ ")


def same_sentence(found: str, expected: str) -> None:
    """Word for word; a number may be rounded to the next digit."""
    assert re.sub(NUMBER, "#", found) == re.sub(NUMBER, "#", expected)
    for a, b in zip(re.findall(NUMBER, found), re.findall(NUMBER, expected), strict=True):
        assert abs(float(a) - float(b)) <= 0.1001, (found, expected)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("next-letter")
    for text in (lab_.START, "Curiouser and curiouser!", "7 cats’ “tea”"):
        control.text.value = text
        put(desk.page, text)
        expected = html.unescape(re.sub("<.*?>", "", control.verdict.value))
        same_sentence(verdict(desk.page), expected)


def test_typing_key_by_key_is_the_same_as_pasting(desk: Visit) -> None:
    page = desk.page
    put(page, "")
    page.locator(f"{LAB} textarea").focus()
    page.keyboard.type("the cat")
    for key in ("ArrowLeft", "ArrowLeft", "h", "Backspace", "h", "Delete", "End", "s"):
        page.keyboard.press(key)
    page.evaluate(TWO_FRAMES)
    typed = page.locator(f"{LAB} textarea").input_value(), verdict(page)
    put(page, "")
    put(page, typed[0])
    assert typed == ("the chts", verdict(page))


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    put(page, "q")
    page.locator(f"{LAB} textarea").focus()
    stops = [page.locator(f"{LAB} [data-act={name}]") for name in ("back", "clear")]
    for stop in [*stops, *page.locator(f"{LAB} .letter-guess").all()[:1]]:
        keys.press("Tab")
        assert stop.evaluate("e => e === document.activeElement")
    keys.press("Enter")
    page.evaluate(TWO_FRAMES)
    assert page.locator(f"{LAB} textarea").input_value() == "qu"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    for _ in range(8):
        keys.press("Tab")
    for _ in range(4):
        keys.press("ArrowLeft")
    page.evaluate(TWO_FRAMES)
    assert page.locator(f"{LAB} .lab-eps").inner_text() == "0.6"
    keys.press("Tab")  # other dice
    written = page.locator(f"{LAB} .letter-continued").inner_text()
    keys.press("Enter")
    page.evaluate(TWO_FRAMES)
    assert page.locator(f"{LAB} .letter-continued").inner_text() != written
    keys.press("Tab")  # keep it
    keys.press("Enter")
    page.evaluate(TWO_FRAMES)
    assert len(page.locator(f"{LAB} textarea").input_value()) == 2 + lab_.LETTERS


def test_a_finger_appends_letters(browser: Browser, site: str) -> None:
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    start(page)
    put(page, "off with her ")
    for _ in range(4):
        page.locator(f"{LAB} .letter-guess").first.tap()
        page.evaluate(TWO_FRAMES)
    text, plain = page.locator(f"{LAB} textarea").input_value(), "off with her "
    for _ in range(4):
        plain += lab_.best(lab_.logits(exact(), plain), 1.0)[0][0]
    assert text == plain
    page.locator(f"{LAB} [data-act=back]").tap()
    page.evaluate(TWO_FRAMES)
    assert page.locator(f"{LAB} textarea").input_value() == plain[:-1]
    page.locator(f"{LAB} [data-act=clear]").tap()
    page.evaluate(TWO_FRAMES)
    assert verdict(page).startswith("Before the first letter")
    context.close()


def test_any_text_is_read(desk: Visit) -> None:
    strange = "“ÄÖ”—99 😀 ﬁ ǅ İ <b>&amp;"
    put(desk.page, strange)
    letters = desk.page.locator(f"{LAB} .letter-trace span").all_inner_texts()
    assert set(letters) <= set(ALPHABET) | {"␣", "¶"}
    assert set(simplify(strange)) <= set(ALPHABET)
    put(desk.page, "z" * 400)
    assert len(desk.page.locator(f"{LAB} textarea").input_value()) <= 400
    assert verdict(desk.page).startswith("After “…zzz")


def test_a_keystroke_takes_at_most_16_ms(desk: Visit) -> None:
    put(desk.page, "")
    text, times = "the march hare had just upset the milk-jug, and alice waited ", []
    for end in range(1, len(text)):
        put(desk.page, text[:end], 1.0)
        times.append(float(desk.page.locator(LAB).get_attribute("data-ms") or "nan"))
    median = statistics.median(times)
    print(f"keystroke: median {median:.1f} ms, 95th percentile {sorted(times)[57]:.1f} ms")
    assert median <= 16


def test_lab_goes_on_without_a_network(desk: Visit) -> None:
    desk.page.context.set_offline(True)
    before = verdict(desk.page)
    put(desk.page, "who stole the tar")
    assert verdict(desk.page) != before
    desk.page.context.set_offline(False)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    put(phone.page, "w" * 300)
    assert phone.axe() == []
    assert phone.too_wide() == []
    paper = phone.page.locator(f"{LAB} .sdl-lab-stage").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
    assert sum(map(int, re.findall(r"\d+", paper)[:3])) < 3 * 64


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    parts = phone.page.locator(f"{LAB} :is(button, textarea, input[type=range])")
    boxes = [box for part in parts.all() if (box := part.bounding_box())]
    assert len(boxes) >= 13
    assert min(min(box["width"], box["height"]) for box in boxes) >= 36


@pytest.mark.parametrize("size", [DESKTOP, (700, 1024), PHONE, (1920, 1080)])
def test_nothing_shifts_when_the_lab_comes_to_life(
    browser: Browser, site: str, size: tuple[int, int]
) -> None:
    heights = []
    for blocked in (True, False):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        if blocked:
            page.route("**/_static/labs/**", lambda route: route.abort())
        page.goto(f"{site}/{PAGE}")
        if blocked:
            page.locator(LAB).scroll_into_view_if_needed()
            page.wait_for_selector(f"{LAB} .lab-problem")  # the picture stays, with a note
            assert page.locator(f"{LAB} img").is_visible()
        else:
            start(page)
            put(page, "m" * 300, 2.0)
        heights.append(page.locator(f"{LAB} .sdl-lab-stage").evaluate("e => e.offsetHeight"))
        context.close()
    assert heights[0] == heights[1]
