"""The lab "pareto-front" in a real browser: its numbers, its controls, its looks."""

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
from sdl_lib.live import pareto_front as lab

PAGE = "book/fairness/mitigation.html"
LAB = "[data-lab='pareto-front']"
LOOK = """async ([site, cases]) => {
  const { look } = await import(`${site}/_static/live/group-rates.js`);
  const setup = await (await fetch(`${site}/_static/labs/pareto-front/lab.json`)).json();
  return cases.map(([name, k]) => look(setup.rules[name][k].cells, setup.criteria[name]));
}"""


def move(page: Page, step: int) -> None:
    page.locator(f"{LAB} [data-name=step]").fill(str(step))
    settle(page)


def choose(page: Page, criterion: str) -> None:
    page.locator(f"{LAB} select").select_option(label=criterion)
    settle(page)


def test_the_page_computes_what_torch_does(desk: Visit, site: str) -> None:
    cases = [(name, k) for name in lab.computed()[1] for k in range(lab.STEPS + 1)]
    found = desk.page.evaluate(LOOK, [site, cases])
    for case, page in zip(cases, found, strict=True):
        seen = lab.look(*case)
        assert page["accuracy"] == pytest.approx(seen.accuracy, abs=1e-5)
        assert page["gap"] == pytest.approx(seen.gap, abs=1e-5)
        for name, values in seen.rates.items():
            assert page["rates"][name] == pytest.approx(values, abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("pareto-front")
    for criterion, step in [("demographic parity", 0), ("equalised odds", 4)]:
        control.criterion.value, control.step.value = criterion, step
        choose(desk.page, criterion)
        move(desk.page, step)
        same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_a_click_picks_the_nearest_point(desk: Visit) -> None:
    before = verdict(desk.page, LAB)
    desk.page.locator(f"{LAB} .front-dot").first.click(force=True)
    settle(desk.page)
    assert desk.page.locator(f"{LAB} [data-name=step]").input_value() == "0"
    assert verdict(desk.page, LAB) != before
    assert "at most 0.000 in training" in verdict(desk.page, LAB)


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} select").focus()
    keys.press("ArrowDown")
    settle(page)
    assert verdict(page, LAB).startswith("Thresholds for equal opportunity")
    keys.press("Tab")
    keys.press("Home")
    settle(page)
    assert "at most 0.000 in training" in verdict(page, LAB)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    steps = [*range(lab.STEPS + 1)] * 2
    assert median_ms(desk.page, LAB, steps, lambda s: move(desk.page, s)) <= 16


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
        choose(page, "equalised odds")
        move(page, 3)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 3
    assert stand_in.overhang <= 0
