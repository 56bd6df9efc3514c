"""The lab "learning-curves" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re
from itertools import pairwise

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
from sdl_lib.live import learning_curves as lab

PAGE = "book/security/active-learning-from-attacks.html"
LAB = "[data-lab='learning-curves']"
LAST = len(lab.curves().labels) - 1
LOOK = """async ([site, cases]) => {
  const { meanCurve } = await import(`${site}/_static/live/curves.js`);
  const setup = await (await fetch(`${site}/_static/labs/learning-curves/lab.json`)).json();
  return cases.map(([strategy, maximum]) => meanCurve(setup, strategy, maximum));
}"""


def choose(page: Page, which: str, strategy: str) -> None:
    page.locator(f"{LAB} [data-name={which}]").select_option(value=strategy)
    settle(page)


def switch(page: Page, maximum: bool) -> None:
    page.locator(f"{LAB} [data-name=maximum]").set_checked(maximum)
    settle(page)


def move(page: Page, step: int) -> None:
    page.locator(f"{LAB} [data-name=step]").fill(str(step))
    settle(page)


def test_the_page_draws_the_curves_of_the_record(desk: Visit, site: str) -> None:
    cases = [(name, maximum) for name in lab.curves().runs for maximum in (False, True)]
    found = desk.page.evaluate(LOOK, [site, cases])
    for (name, maximum), curve in zip(cases, found, strict=True):
        assert curve == pytest.approx(lab.mean_curve(name, maximum), abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("learning-curves")
    for first, second, maximum, step in [
        ("egl_of_mean", "margin", True, 3),
        ("dfal", "core_set", False, LAST),
    ]:
        control.first.value, control.second.value = first, second
        control.maximum.value, control.step.value = maximum, step
        choose(desk.page, "first", first)
        choose(desk.page, "second", second)
        switch(desk.page, maximum)
        move(desk.page, step)
        same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_with_the_running_maximum_no_curve_falls(desk: Visit) -> None:
    def falls() -> bool:
        points = desk.page.locator(f"{LAB} polyline").nth(1).get_attribute("points") or ""
        heights = [float(point.split(",")[1]) for point in points.split()]
        return any(b > a for a, b in pairwise(heights))

    runs = lab.curves().runs
    for name in runs:
        choose(desk.page, "second", name)
        switch(desk.page, False)
        mean = lab.mean_curve(name, False)
        assert falls() == any(max(b, 40) < max(a, 40) - 0.1 for a, b in pairwise(mean))
        switch(desk.page, True)
        assert not falls()


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} [data-name=first]").focus()
    keys.press("ArrowDown")
    settle(page)
    assert ": margin " in verdict(page, LAB)
    keys.press("Tab")
    keys.press("ArrowUp")
    settle(page)
    assert "norm of the mean" in verdict(page, LAB)
    keys.press("Tab")
    keys.press("Space")
    settle(page)
    assert "with the running maximum" in verdict(page, LAB)
    keys.press("Tab")
    keys.press("Home")
    settle(page)
    assert verdict(page, LAB).startswith(f"After {lab.curves().labels[0]} labels")


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    assert median_ms(desk.page, LAB, range(LAST + 1), lambda t: move(desk.page, t)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    parts = f"{LAB} :is(select, input[type=range], .lab-switch)"
    sizes = target_sizes(phone.page, parts)
    assert len(sizes) == 4
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, "first", "egl_of_mean")
        switch(page, True)
        move(page, 0)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 3
    assert stand_in.overhang <= 0
