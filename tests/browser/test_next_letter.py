"""The lab "next letter" in a real browser: its network, its controls, its looks."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from lab import StageHeights, median_ms, phone_faults, said, same_sentence, settle, target_sizes
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live, models
from sdl_lib.live import next_letter as lab_
from sdl_lib.sequences import ALPHABET, simplify

PAGE = "book/fundamentals/sequences-and-attention.html"
LAB = "[data-lab='next-letter']"
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


def put(page: Page, text: str, temperature: float = 1.0) -> None:
    page.locator(f"{LAB} textarea").fill(text)
    page.locator(f"{LAB} input[type=range]").fill(f"{temperature:.1f}")
    settle(page)


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
    expected = lab_.sentence(text, top, lab_.costs(scores, text))
    same_sentence(verdict(desk.page), expected, tolerance=0.1001)
    more = lab_.go_on(exact(), text, temperature=temperature, seed=lab_.SEED)
    shown = desk.page.locator(f"{LAB} .letter-continued").text_content()
    assert shown == more.replace("\n", "¶ ")


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("next-letter")
    for text in (lab_.START, "Curiouser and curiouser!", "7 cats’ “tea”"):
        control.text.value = text
        put(desk.page, text)
        expected = said(control)
        same_sentence(verdict(desk.page), expected, tolerance=0.1001)


def test_typing_key_by_key_is_the_same_as_pasting(desk: Visit) -> None:
    page = desk.page
    put(page, "")
    page.locator(f"{LAB} textarea").focus()
    page.keyboard.type("the cat")
    for key in ("ArrowLeft", "ArrowLeft", "h", "Backspace", "h", "Delete", "End", "s"):
        page.keyboard.press(key)
    settle(page)
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
    settle(page)
    assert page.locator(f"{LAB} textarea").input_value() == "qu"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    for _ in range(8):
        keys.press("Tab")
    for _ in range(4):
        keys.press("ArrowLeft")
    settle(page)
    assert page.locator(f"{LAB} .lab-value").inner_text() == "0.6"
    keys.press("Tab")  # other dice
    written = page.locator(f"{LAB} .letter-continued").inner_text()
    keys.press("Enter")
    settle(page)
    assert page.locator(f"{LAB} .letter-continued").inner_text() != written
    keys.press("Tab")  # keep it
    keys.press("Enter")
    settle(page)
    assert len(page.locator(f"{LAB} textarea").input_value()) == 2 + lab_.LETTERS


def test_a_finger_appends_letters(finger: Page) -> None:
    page = finger
    put(page, "off with her ")
    for _ in range(4):
        page.locator(f"{LAB} .letter-guess").first.tap()
        settle(page)
    text, plain = page.locator(f"{LAB} textarea").input_value(), "off with her "
    for _ in range(4):
        plain += lab_.best(lab_.logits(exact(), plain), 1.0)[0][0]
    assert text == plain
    page.locator(f"{LAB} [data-act=back]").tap()
    settle(page)
    assert page.locator(f"{LAB} textarea").input_value() == plain[:-1]
    page.locator(f"{LAB} [data-act=clear]").tap()
    settle(page)
    assert verdict(page).startswith("Before the first letter")


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
    text = "the march hare had just upset the milk-jug, and alice waited "
    typed = [text[:end] for end in range(1, len(text))]
    assert median_ms(desk.page, LAB, typed, lambda begun: put(desk.page, begun, 1.0)) <= 16


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
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(button, textarea, input[type=range])")
    assert len(sizes) >= 13
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    before, after = stage_heights(lambda page: put(page, "m" * 300, 2.0))
    assert before == after
