"""The lab "certified-sandwich" in a real browser: its numbers, its controls, its looks."""

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
from sdl_lib.live import certified_sandwich as lab

PAGE = "book/security/certified-robustness.html"
LAB = "[data-lab='certified-sandwich']"
LOOK = """async ([site, cases]) => {
  const { look } = await import(`${site}/_static/live/sandwich.js`);
  const folder = `${site}/_static/labs/certified-sandwich`;
  const { methods } = await (await fetch(`${folder}/lab.json`)).json();
  return [
    cases.map(([name, eps]) => Object.values(look(methods[name], eps))),
    Object.fromEntries(Object.entries(methods).map(([n, m]) => [n, [m.proof, m.attack]])),
  ];
}"""


def set_to(page: Page, **knobs: object) -> None:
    for name, value in knobs.items():
        knob = page.locator(f"{LAB} [data-name={name}]")
        if name == "step":
            knob.fill(str(value))
        elif name == "digit":
            knob.select_option(index=int(str(value)))  # by value, labels would be asked as well
        else:
            knob.select_option(value=str(value))
    settle(page)


def test_the_page_counts_as_torch_does(desk: Visit, site: str) -> None:
    cases = [(name, lab.radius(name, step)) for name in lab.METHODS for step in (0, 7, 10, 33, 40)]
    counts, numbers = desk.page.evaluate(LOOK, [site, cases])
    for (name, eps), found in zip(cases, counts, strict=True):
        assert tuple(found) == lab.look(name, eps)
        assert found == sorted(found)
    for name in lab.METHODS:
        proof, attack, _ = lab.measured(name)
        assert numbers[name][0] == pytest.approx(proof.tolist(), abs=1e-5)
        assert numbers[name][1] == pytest.approx(attack.tolist(), abs=1e-5)
        assert bool((proof <= attack).all())


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("certified-sandwich")
    for method, step, digit in [("ibp", 20, 3), ("noise", 25, 1), ("plain", 5, 0)]:
        control.method.value, control.step.value, control.digit.value = method, step, digit
        set_to(desk.page, method=method, step=step, digit=digit)
        same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} [data-name=method]").focus()
    keys.press("ArrowDown")
    settle(page)
    assert "max norm" in verdict(page, LAB)
    keys.press("Tab")
    keys.press("End")
    settle(page)
    assert verdict(page, LAB).startswith("Within 0.200")
    keys.press("Tab")
    keys.press("ArrowDown")
    settle(page)
    assert page.locator(f"{LAB} [data-name=digit]").input_value() == "1"


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    assert median_ms(desk.page, LAB, range(0, 41, 4), lambda n: set_to(desk.page, step=n)) <= 16


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
        set_to(page, method="plain", step=3)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 4
    assert stand_in.overhang <= 0
