"""The lab "bias-amplification" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import pytest
from lab import (
    StageHeights,
    StandIn,
    median_ms,
    phone_faults,
    said,
    same_sentence,
    settle,
    target_sizes,
    verdict,
)
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.live import bias_amplification as lab

PAGE = "book/fairness/where-bias-comes-from.html"
LAB = "[data-lab='bias-amplification']"
LOOK = """async ([site, cases, width]) => {
  const { draw, look } = await import(`${site}/_static/live/weak-features.js`);
  return cases.map(([n, count, number]) => {
    const sample = draw(n, width, number, 0.7);
    const seen = look(sample, count, 0.7);
    return [[...sample.x.slice(0, 5)], [...seen.w], seen.b, seen.bias, seen.unavoidable,
      seen.accuracy];
  });
}"""


def move(page: Page, name: str, value: int) -> None:
    page.locator(f"{LAB} [data-name={name}]").fill(str(value))
    settle(page)


def choose(page: Page, sample: int) -> None:
    page.locator(f"{LAB} select").select_option(label=str(sample))
    settle(page)


def test_the_page_trains_what_torch_trains(desk: Visit, site: str) -> None:
    cases = [(200, 100, 1), (200, 10, 2), (50, 0, 3), (5000, 100, 8), (1000, 37, 4)]
    found = desk.page.evaluate(LOOK, [site, cases, lab.MOST + 1])
    for (n, count, sample), (x, w, b, bias, unavoidable, accuracy) in zip(
        cases, found, strict=True
    ):
        seen = lab.look(n, count, sample)
        assert x == pytest.approx(lab.draw(n, 10, sample)[0][0, 0, :5].tolist(), abs=1e-9)
        assert w == pytest.approx(seen.weights.tolist(), abs=1e-5)
        assert b == pytest.approx(seen.intercept, abs=1e-5)
        assert bias == pytest.approx(seen.bias, abs=1e-5)
        assert unavoidable == pytest.approx(seen.unavoidable, abs=1e-5)
        assert accuracy == pytest.approx(seen.accuracy, abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("bias-amplification")
    for n, count, sample in [(200, 100, 1), (50, 100, 2), (1000, 10, 5), (200, 0, 1)]:
        control.n.value, control.count.value, control.sample.value = n, count, sample
        move(desk.page, "n", lab.SIZES.index(n))
        move(desk.page, "count", count)
        choose(desk.page, sample)
        expected = said(control)
        same_sentence(verdict(desk.page, LAB), expected)


def test_more_examples_take_the_bias_away(desk: Visit) -> None:
    def rate() -> float:
        return float(desk.page.locator(f"{LAB} .amplify-said b").inner_text().rstrip("%"))

    assert rate() > 78
    move(desk.page, "n", len(lab.SIZES) - 1)
    assert abs(rate() - 70) < 2
    move(desk.page, "count", 10)
    shown = desk.page.locator(f"{LAB} .amplify-strip circle").evaluate_all(
        "dots => dots.filter(dot => dot.style.display !== 'none').length"
    )
    assert shown == 11


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} [data-name=n]").focus()
    keys.press("Home")
    settle(page)
    assert verdict(page, LAB).startswith("With 50 examples")
    keys.press("Tab")
    keys.press("ArrowLeft")
    settle(page)
    assert "99 weak features" in verdict(page, LAB)
    keys.press("Tab")
    before = verdict(page, LAB)
    keys.press("ArrowDown")
    settle(page)
    assert verdict(page, LAB) != before


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    sizes = range(len(lab.SIZES))
    assert median_ms(desk.page, LAB, sizes, lambda k: move(desk.page, "n", k)) <= 16
    # the largest sample, drawn already: training alone
    counts = range(60, 101, 5)
    assert median_ms(desk.page, LAB, counts, lambda k: move(desk.page, "count", k)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, input[type=range])")
    assert len(sizes) == 3
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, "n", 0)
        move(page, "count", 77)
        choose(page, 3)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 3
    assert stand_in.overhang <= 0
