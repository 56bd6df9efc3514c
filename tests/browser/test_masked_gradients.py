"""The lab "masked-gradients" in a real browser: its numbers, its controls, its looks."""

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
from sdl_lib.live import masked_gradients as lab

PAGE = "book/security/defence-and-evaluation.html"
LAB = "[data-lab='masked-gradients']"
LOOK = """async ([site, cases]) => {
  const { look } = await import(`${site}/_static/live/masked-curves.js`);
  const setup = await (await fetch(`${site}/_static/labs/masked-gradients/lab.json`)).json();
  return cases.map(([network, masked, eps]) => {
    const seen = look(setup, network, masked, eps);
    return [seen.textbook, seen.adaptive];
  });
}"""


def move(page: Page, hundredths: int) -> None:
    page.locator(f"{LAB} [data-name=eps]").fill(str(hundredths))
    settle(page)


def switch(page: Page, masked: bool) -> None:
    page.locator(f"{LAB} [data-name=masked]").set_checked(masked)
    settle(page)


def choose(page: Page, network: str) -> None:
    page.locator(f"{LAB} select").select_option(value=network)
    settle(page)


def test_the_page_reads_the_curves_as_the_notebook_does(desk: Visit, site: str) -> None:
    budgets = (0, 0.05, 0.13, 0.2, 0.299, 0.3)
    cases = [(n, m, e) for n in lab.NETWORKS for m in (False, True) for e in budgets]
    found = desk.page.evaluate(LOOK, [site, cases])
    for (network, masked, eps), numbers in zip(cases, found, strict=True):
        assert numbers == pytest.approx([*lab.look(network, masked, eps)], abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("masked-gradients")
    for network, masked, eps in [("ordinary", True, 20), ("trained", False, 13)]:
        control.network.value, control.masked.value = network, masked
        control.eps.value = eps
        choose(desk.page, network)
        switch(desk.page, masked)
        move(desk.page, eps)
        same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_the_mask_deceives_one_attacker_alone(desk: Visit) -> None:
    move(desk.page, 20)
    before = [float(v) for v in re.findall(r"\d\.\d\d", verdict(desk.page, LAB))]
    switch(desk.page, True)
    after = [float(v) for v in re.findall(r"\d\.\d\d", verdict(desk.page, LAB))]
    assert before[1] < 0.1 < 0.9 < after[1]
    assert max(before[2], after[2]) < 0.1


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} select").focus()
    keys.press("ArrowDown")
    settle(page)
    assert "adversarially trained" in verdict(page, LAB)
    keys.press("Tab")
    keys.press("Space")
    settle(page)
    assert "with masked gradients" in verdict(page, LAB)
    keys.press("Tab")
    keys.press("End")
    settle(page)
    assert verdict(page, LAB).startswith("At a budget of 0.30")


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    assert median_ms(desk.page, LAB, range(0, 31, 3), lambda e: move(desk.page, e)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    parts = f"{LAB} :is(select, input[type=range], .lab-switch)"
    sizes = target_sizes(phone.page, parts)
    assert len(sizes) == 3
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        switch(page, True)
        move(page, 3)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 4
    assert stand_in.overhang <= 0
