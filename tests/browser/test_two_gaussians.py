"""The lab "two-gaussians" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import math
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
from scipy import stats
from visit import Visit

from sdl_lib import gan, live

PAGE = "book/security/gan-theory.html"
LAB = "[data-lab='two-gaussians']"
CASES = [(m, s) for m in (-8, -0.35, 0, 3, 8) for s in (0.25, 0.95, 1, 3)]
LOOK = """async ([site, cases]) => {
  const { at, look } = await import(`${site}/_static/live/gaussian-game.js`);
  return cases.map(([mean, sd]) => {
    const { jsd, w1, minimax, nonSaturating } = look(mean, sd);
    const { p, q, logit, best } = at(0.7, mean, sd);
    return [jsd, w1, ...minimax, ...nonSaturating, p, q, logit, best];
  });
}"""


def move(page: Page, mean: int, sd: int) -> None:
    page.locator(f"{LAB} [data-name=mean]").fill(str(mean))
    page.locator(f"{LAB} [data-name=sd]").fill(str(sd))
    settle(page)


def test_the_page_plays_the_game_as_the_library_does(desk: Visit, site: str) -> None:
    found = desk.page.evaluate(LOOK, [site, CASES])
    for (mean, sd), numbers in zip(CASES, found, strict=True):
        game = gan.gaussian_game(mean, sd)
        both = [*game.minimax.tolist(), *game.non_saturating.tolist()]
        assert numbers[:6] == pytest.approx([game.jsd, game.w1, *both], abs=1e-5)
        logit = ((0.7 - mean) / sd) ** 2 / 2 - 0.7**2 / 2 + math.log(sd)
        p, q = stats.norm.pdf(0.7), stats.norm.pdf(0.7, mean, sd)
        assert numbers[6:] == pytest.approx([p, q, logit, p / (p + q)], abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("two-gaussians")
    for mean, sd in [(300, 100), (-720, 65), (0, 240), (0, 100)]:
        control.mean.value, control.sd.value = mean, sd
        move(desk.page, mean, sd)
        same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_far_out_one_gradient_dies_and_the_other_grows(desk: Visit) -> None:
    cells = desk.page.locator(f"{LAB} td")
    seen = []
    for mean in (100, 800):
        move(desk.page, mean, 100)
        seen.append([float(text) for text in cells.all_inner_texts()])
    (_, _, near, _, other, _), (jsd, w1, far, _, grown, _) = seen
    assert 0.69 < jsd < math.log(2)
    assert w1 == 8
    assert far < 0.01 < 0.1 < near
    assert grown > 7.9 > other


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} [data-name=mean]").focus()
    keys.press("Home")
    settle(page)
    assert verdict(page, LAB).startswith("Generator N(-8.00, 1.00)")
    keys.press("Tab")
    keys.press("ArrowRight")
    settle(page)
    assert verdict(page, LAB).startswith("Generator N(-8.00, 1.05)")


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    steps = range(-800, 801, 100)
    assert median_ms(desk.page, LAB, steps, lambda m: move(desk.page, m, 100)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} input[type=range]")
    assert len(sizes) == 2
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, -655, 285)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 3
    assert stand_in.overhang <= 0
