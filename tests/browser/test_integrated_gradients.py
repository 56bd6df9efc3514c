"""The lab "integrated gradients" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from lab import (
    StageHeights,
    StandIn,
    median_ms,
    phone_faults,
    pick,
    same_sentence,
    settle,
    target_sizes,
)
from playwright.sync_api import Page
from torch import nn
from visit import Visit

from sdl_lib import models
from sdl_lib.data import mnist10k
from sdl_lib.live import integrated_gradients as lab
from sdl_lib.live.draw_a_digit import ask, sample_rows

PAGE = "book/explanation/gradient-attribution.html"
LAB = "[data-lab='integrated-gradients']"

RUN_WALK = """async ([site, inputs, baselines, steps]) => {
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const { Walk } = await import(`${site}/_static/live/integrated-gradients.js`);
  const folder = new URL(`${site}/_static/labs/integrated-gradients/`);
  const network = await loadNetwork(folder, "lenet5");
  return inputs.map((input, i) => {
    const walk = new Walk(network, Float32Array.from(input), baselines[i], steps);
    while (walk.done < steps) walk.step();
    return [walk.sums.map((sum) => [...sum]), walk.rises];
  });
}"""


@cache
def in_float64() -> nn.Module:
    return models.load(lab.FILE).double()


def picture(sample: int) -> torch.Tensor:
    row = sample_rows()[sample]
    return mnist10k("test")[0][row : row + 1].double()


def verdict(page: Page) -> str:
    return page.locator(f"{LAB} .lab-verdict").inner_text().replace("\u2011", "-")


def walked(page: Page) -> None:
    settle(page)
    page.wait_for_selector(f"{LAB}[data-walked='true']")
    settle(page)


def choose(page: Page, sample: int) -> None:
    page.locator(f"{LAB} [data-sample='{sample}']").click()
    walked(page)


def stand(page: Page, step: int) -> None:
    """Move along the way, by the slider."""
    slider = page.locator(f"{LAB} input[type=range]")
    slider.evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", step
    )
    settle(page)


def says(page: Page, sample: int, step: int, baseline: str, steps: int) -> None:
    """The lab says what torch says in double precision."""
    x = picture(sample)
    found = lab.walk(in_float64(), x, baseline=lab.BASELINES[baseline], steps=steps)
    wanted = lab.sentence(ask(in_float64(), x), found, step, baseline)
    same_sentence(verdict(page).replace("\u00a0", " "), wanted.replace("\u00a0", " "))


def test_the_walk_equals_torchs(desk: Visit, site: str) -> None:
    x = torch.cat([picture(sample) for sample in range(10)])
    levels = [list(lab.BASELINES.values())[i % 3] for i in range(10)]
    answers: list[Any] = desk.page.evaluate(RUN_WALK, [site, x.flatten(1).tolist(), levels, 20])
    worst = 0.0
    for one, level, (sums, rises) in zip(x, levels, answers, strict=True):
        found = lab.walk(in_float64(), one[None], baseline=level, steps=20)
        theirs = torch.stack([found.total(step).flatten() for step in range(21)])
        ours = torch.tensor(sums, dtype=torch.float64)
        moved = torch.tensor(rises, dtype=torch.float64) - found.rises
        worst = max(worst, float((ours - theirs).abs().max()), float(moved.abs().max()))
    print(f"walks {worst:.1e}")
    assert worst <= 1e-5


@pytest.mark.parametrize("sample", [0, 8])
def test_each_place_on_the_way_says_what_torch_says(desk: Visit, sample: int) -> None:
    page = desk.page
    choose(page, sample)
    says(page, sample, 20, "black", 20)
    for step in (0, 7):
        stand(page, step)
        says(page, sample, step, "black", 20)
    pick(page, LAB, "baseline", "white")
    pick(page, LAB, "steps", "5")
    walked(page)
    stand(page, 5)
    says(page, sample, 5, "white", 5)


def test_walking_by_itself_reaches_the_digit(desk: Visit) -> None:
    page = desk.page
    choose(page, 2)
    stand(page, 0)
    page.get_by_role("button", name="Walk").click()
    page.wait_for_function(
        "lab => document.querySelector(`${lab} input[type=range]`).value === '20'", arg=LAB
    )
    settle(page)
    says(page, 2, 20, "black", 20)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    def take(step: int) -> None:
        if step % 20 == 0:
            page.locator(f"{LAB} [data-sample='{step // 20}']").click()
        stand(page, step % 20)

    page = desk.page
    assert median_ms(page, LAB, range(60), take) <= 16


def test_a_drawing_is_walked_to(desk: Visit) -> None:
    page = desk.page
    page.get_by_role("button", name="Clear the pad").click()
    walked(page)
    assert verdict(page).startswith("The pad is empty; LeNet-5 reads a ")
    pad = page.locator(f"{LAB} .lab-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for x, y in ((0.75, 0.2), (0.45, 0.85)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
    page.mouse.up()
    walked(page)
    assert verdict(page).startswith("LeNet-5 reads a 7")


def test_the_way_can_be_walked_by_keyboard(desk: Visit) -> None:
    page = desk.page
    choose(page, 4)
    page.locator(f"{LAB} input[type=range]").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    settle(page)
    says(page, 4, 3, "black", 20)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} button, {LAB} .lab-choice span")
    assert len(sizes) == 18
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, 8)
        pick(page, LAB, "baseline", "white")
        walked(page)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 5
    assert stand_in.overhang <= 0
