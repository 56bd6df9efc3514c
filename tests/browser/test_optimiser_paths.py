"""The lab "optimiser paths" in a real browser: its paths, its controls, its looks."""

from __future__ import annotations

import itertools

import pytest
import torch
from lab import (
    SIZES,
    StageHeights,
    StandIn,
    box_of,
    median_ms,
    phone_faults,
    pick,
    said,
    settle,
    target_sizes,
    verdict,
)
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.live import optimiser_paths as lab

PAGE = "book/fundamentals/training-and-platforms.html"
LAB = "[data-lab='optimiser-paths']"
MAP = f"{LAB} .paths-map canvas"
WALK = """async ([site, cases, steps]) => {
  const o = await import(`${site}/_static/live/optimisers.js`);
  return cases.map(([start, kappa, lr, beta, adam, turned]) => {
    const bowl = o.bowl(kappa, turned);
    const paths = [o.gd(bowl, start, { lr, steps }), o.momentum(bowl, start, { lr, beta, steps }),
      o.adam(bowl, start, { lr: adam, steps }), o.newton(bowl, start, { steps })];
    return paths.map((path) => [[...path], [...o.lossesOf(bowl, path)]]);
  });
}"""


def move(page: Page, name: str, value: float) -> None:
    page.locator(f"{LAB} input[data-name={name}]").fill(f"{value:.2f}")
    settle(page)


def turn(page: Page) -> None:
    pick(page, LAB, "turned", "yes")


def needed(page: Page) -> list[str]:
    return page.locator(f"{LAB} tbody td:nth-of-type(1)").all_inner_texts()


def test_paths_are_those_of_the_library(desk: Visit, site: str) -> None:
    starts, kappas = [(-1.8, 1.2), (0.35, -2.0)], (1.0, 25.1, 1000.0)
    rates = [(1.82, 0.6, 0.251), (0.05, 0.0, 0.02), (2.3, 0.95, 1.0)]  # the last one runs away
    cases = [
        (start, kappa, *rate, turned)
        for start, kappa, rate, turned in itertools.product(starts, kappas, rates, (False, True))
    ]
    answers = desk.page.evaluate(WALK, [site, cases, lab.STEPS])
    worst = 0.0
    for (start, kappa, lr, beta, adam_lr, turned), answer in zip(cases, answers, strict=True):
        expected = lab.walk(start, kappa=kappa, lr=lr, beta=beta, adam_lr=adam_lr, turned=turned)
        f = lab.bowl(kappa, turned)
        for path, (points, losses) in zip(expected.values(), answer, strict=True):
            found = torch.tensor(points, dtype=torch.float64).view(-1, 2)
            off = (found - path).abs() / path.abs().clamp_min(1)
            heights = torch.tensor(losses, dtype=torch.float64)
            low = lab.losses(f, path)
            off_loss = (heights - low).abs() / low.clamp_min(1)
            worst = max(worst, float(off.max()), float(off_loss.max()))
    print(f"largest difference from the library: {worst:.1e}")
    assert worst <= 1e-9


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("optimiser-paths")
    for name, value in [("lr", 0.3), ("kappa", 2.0), ("beta", 0.9), ("lr", 0.4), ("adam", -1.0)]:
        move(desk.page, name, value)
        shown = desk.page.locator(f"{LAB} input[data-name={name}]").get_attribute("aria-valuetext")
        getattr(control, name).value = float(shown or "nan")
        assert verdict(desk.page, LAB) == said(control)
    turn(desk.page)
    control.turned.value = True
    assert verdict(desk.page, LAB) == said(control)


def test_the_bowl_tells_the_story_of_the_chapter(desk: Visit) -> None:
    page = desk.page
    assert needed(page)[3] == "1"  # Newton
    move(page, "kappa", 2)
    upright = int(needed(page)[2])  # Adam
    turn(page)
    turned = needed(page)[2]
    assert turned == "–" or int(turned) > upright
    move(page, "lr", 0.32)  # beyond 2/L = 2
    assert "Running away: gradient descent." in verdict(page, LAB)
    move(page, "kappa", 0)
    assert needed(page)[0] == "–"
    move(page, "lr", 0)
    assert needed(page)[0] == "1"  # on a round bowl a rate of 1 is Newton's


def test_a_click_and_a_drag_choose_the_start(desk: Visit) -> None:
    page = desk.page
    page.locator(MAP).scroll_into_view_if_needed()
    box = box_of(page.locator(MAP))
    x, y, side = box["x"], box["y"], box["width"]
    before = needed(page), page.locator(MAP).evaluate("c => c.toDataURL()")
    page.mouse.move(x + 0.8 * side, y + 0.2 * side)
    page.mouse.down()
    settle(page)
    middle = page.locator(MAP).evaluate("c => c.toDataURL()")
    page.mouse.move(x + side / 2, y + side / 2, steps=4)
    page.mouse.up()
    settle(page)
    assert middle != before[1]
    assert verdict(page, LAB) == "You start at the lowest point: nothing is left to do."
    page.get_by_role("button", name="Back to the first start").click()
    settle(page)
    assert needed(page) == before[0]


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    before = verdict(page, LAB)
    page.locator(MAP).focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for key in [*["ArrowRight"] * 8, *["Shift+ArrowRight"] * 2, *["ArrowDown"] * 12]:
        keys.press(key)
    settle(page)
    assert verdict(page, LAB) == "You start at the lowest point: nothing is left to do."
    keys.press("Home")
    settle(page)
    assert verdict(page, LAB) == before
    for name in ("kappa", "lr", "beta", "adam"):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.dataset.name") == name
    keys.press("Tab")
    keys.press("ArrowRight")
    settle(page)
    assert page.locator(f"{LAB} input[value=yes]").is_checked()


def test_a_method_can_be_hidden(desk: Visit) -> None:
    page = desk.page
    pictures = f"{LAB} canvas"
    before = page.locator(pictures).evaluate_all("cs => cs.map(c => c.toDataURL())")
    page.get_by_label("gradient descent").uncheck()
    settle(page)
    after = page.locator(pictures).evaluate_all("cs => cs.map(c => c.toDataURL())")
    assert all(a != b for a, b in zip(before, after, strict=True))


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    kappas = [step / 20 for step in range(60)]
    assert median_ms(desk.page, LAB, kappas, lambda kappa: move(desk.page, "kappa", kappa)) <= 16


def test_verdict_is_announced_once_after_a_pause(desk: Visit) -> None:
    desk.page.wait_for_timeout(900)
    for step in range(5):
        move(desk.page, "kappa", 1 + step / 10)
    desk.page.wait_for_timeout(900)
    assert desk.page.locator(f"{LAB} [role=status]").inner_text() == verdict(desk.page, LAB)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []
    parts = f"{LAB} :is(button, .lab-choice span, input[type=range], .paths-table label)"
    sizes = target_sizes(phone.page, parts)
    assert len(sizes) >= 11
    assert min(sizes) >= 36


@pytest.mark.parametrize("stage_heights", SIZES[:3], indirect=True)
def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    before, after = stage_heights(lambda page: move(page, "lr", 0.6))
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 7
