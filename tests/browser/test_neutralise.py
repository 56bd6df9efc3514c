"""The lab "neutralise" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re

import pytest
from lab import (
    StageHeights,
    StandIn,
    median_ms,
    phone_faults,
    same_sentence,
    settle,
    target_sizes,
    verdict,
)
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.live import neutralise as lab

pytestmark = pytest.mark.filterwarnings("ignore::sdl_lib.data.KnownProblems")

PAGE = "book/fairness/word-embeddings.html"
LAB = "[data-lab='neutralise']"
LOOK = """async ([site, cases, top]) => {
  const { WordSpace } = await import(`${site}/_static/live/word-space.js`);
  const files = `${site}/_static/labs/neutralise`;
  const setup = await (await fetch(`${files}/lab.json`)).json();
  const products = new Float32Array(await (await fetch(`${files}/products.bin`)).arrayBuffer());
  const space = new WordSpace(setup, products);
  return cases.map(([share, word]) => {
    const seen = space.look(share, setup.words.indexOf(word), top);
    const named = (ranked) => ranked.map(([i, score]) => [setup.words[i], score]);
    return [seen.bias, setup.shown.map((w) => seen.along[setup.words.indexOf(w)]),
      named(seen.answers), named(seen.neighbours)];
  });
}"""


def move(page: Page, share: int) -> None:
    page.locator(f"{LAB} [data-name=share]").fill(str(share))
    settle(page)


def choose(page: Page, word: str) -> None:
    page.locator(f"{LAB} select").select_option(label=lab.plain(word))
    settle(page)


def test_the_page_sees_what_the_vectors_say(desk: Visit, site: str) -> None:
    cases = [(share, w) for share in (0, 0.3, 1) for w in ("doctor", "nurse", "bookkeeper")]
    known = set(lab.known().words)
    cases = [(share, w) for share, w in cases if w in known]
    assert len(cases) >= 6
    found = desk.page.evaluate(LOOK, [site, cases, lab.TOP])
    for (share, word), (bias, along, answers, neighbours) in zip(cases, found, strict=True):
        seen = lab.look(share, word)
        assert bias == pytest.approx(seen.bias, abs=1e-5)
        assert along == pytest.approx([*seen.leaning.values()], abs=1e-5)
        for ours, theirs in ((answers, seen.answers), (neighbours, seen.neighbours)):
            assert [name for name, _ in ours] == theirs.words
            assert [score for _, score in ours] == pytest.approx(theirs.scores, abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("neutralise")
    for share, word in [(0, "doctor"), (40, "surgeon"), (100, "doctor"), (73, "nurse")]:
        control.share.value, control.word.value = share, word
        move(desk.page, share)
        choose(desk.page, word)
        expected = re.sub("<.*?>", "", control.verdict.value)
        same_sentence(verdict(desk.page, LAB), expected)


def test_the_slider_moves_the_words_and_the_answer(desk: Visit) -> None:
    assert "as she is to nurse" in verdict(desk.page, LAB)
    dot = desk.page.locator(f"{LAB} .words-axis li").last
    before = dot.evaluate("e => e.style.getPropertyValue('--now')")
    move(desk.page, 100)
    assert "as she is to physician" in verdict(desk.page, LAB)
    assert desk.page.locator(f"{LAB} .words-bias").inner_text() == "0.0000"
    assert dot.evaluate("e => e.style.getPropertyValue('--now')") == "50.00%" != before


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} [data-name=share]").focus()
    keys.press("End")
    settle(page)
    assert verdict(page, LAB).startswith("With 100% ")
    keys.press("ArrowLeft")
    settle(page)
    assert verdict(page, LAB).startswith("With 99% ")
    keys.press("Tab")
    before = verdict(page, LAB)
    keys.press("ArrowDown")
    settle(page)
    assert verdict(page, LAB) != before


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    assert median_ms(desk.page, LAB, range(0, 101, 5), lambda s: move(desk.page, s)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, input[type=range])")
    assert len(sizes) == 2
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, 77)
        choose(page, "nurse")

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 4
    assert stand_in.overhang <= 0
