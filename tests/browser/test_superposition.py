"""The lab "superposition" in a real browser: its training, its controls, its looks."""

from __future__ import annotations

import pytest
import torch
from lab import (
    SIZES,
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
from playwright.sync_api import Browser, Page
from visit import DESKTOP, Visit, new_context

from sdl_lib import live
from sdl_lib.attribution import feature_dimensionality
from sdl_lib.live import superposition as lab

PAGE = "book/explanation/concepts-and-mechanisms.html"
LAB = "[data-lab='superposition']"

# the models on their own: weights (a row, then the other), biases, losses and shares
TRAIN = """async ([site, cases]) => {
  const { Toys, shares } = await import(`${site}/_static/live/toys.js`);
  const setup = await (await fetch(`${site}/_static/labs/superposition/lab.json`)).json();
  return cases.map(([sparsity, roll]) => {
    const toys = new Toys(setup, setup.starts[roll], sparsity);
    while (!toys.done) toys.step();
    return toys.models.map(({ p }, i) => [[...p], toys.losses[i], shares(p, 5)]);
  });
}"""


def train(page: Page, sparsity: float) -> None:
    """Move the slider, and wait until the models are trained and drawn."""
    page.locator(f"{LAB} input[type=range]").fill(f"{sparsity:.2f}")
    trained(page, sparsity)


def trained(page: Page, sparsity: float, roll: int = 0) -> None:
    page.wait_for_selector(f"{LAB}[data-trained='{sparsity:.2f} {roll}']")
    settle(page)


def test_models_are_those_of_torch(desk: Visit, site: str) -> None:
    cases = [(s, roll) for s in (0.0, 0.3, 0.7, 0.9, 0.98) for roll in (0, lab.ROLLS - 1)]
    worst = 0.0
    for (sparsity, roll), answer in zip(
        cases, desk.page.evaluate(TRAIN, [site, cases]), strict=True
    ):
        expected = lab.train(sparsity, roll)
        for i, (p, loss, shares) in enumerate(answer):
            found = torch.tensor(p, dtype=torch.float64)
            weight = found[:10].view(2, 5)
            off = [
                weight - expected.weight[i],
                found[10:] - expected.bias[i],
                loss - expected.loss[i],
                torch.tensor(shares).double() - feature_dimensionality(expected.weight[i]),
            ]
            worst = max(worst, *(float(part.abs().max()) for part in off))
    print(f"superposition: largest difference from torch {worst:.1e}")
    assert worst <= 1e-5


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("superposition")
    trained(desk.page, 0.9)
    for sparsity in (0.9, 0.0, 0.45, 0.7):
        if sparsity != 0.9:
            train(desk.page, sparsity)
            control.sparsity.value = sparsity
        expected = said(control)
        same_sentence(verdict(desk.page, LAB), expected)


def test_features_fold_into_a_pentagon(desk: Visit) -> None:
    page = desk.page
    for sparsity, word in ((0.0, "two"), (0.7, "four"), (0.9, "five")):
        train(page, sparsity)
        assert f"keeps {word} of five features" in verdict(page, LAB)
    shares = page.locator(f"{LAB} tbody td:last-child").all_inner_texts()
    assert all(0.36 <= float(share) <= 0.44 for share in shares)
    assert len(page.locator(f"{LAB} .toys-best").all()) == 1


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    trained(page, 0.9)
    before = verdict(page, LAB)
    page.locator(f"{LAB} input[type=range]").focus()
    for _ in range(20):
        keys.press("ArrowLeft")
    trained(page, 0.7)
    assert "keeps four" in verdict(page, LAB)
    for _ in range(20):
        keys.press("ArrowRight")
    keys.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    trained(page, 0.9, 1)
    assert verdict(page, LAB) != before
    for _ in range(lab.ROLLS - 1):
        keys.press("Enter")
    trained(page, 0.9, 0)
    assert verdict(page, LAB) == before


def test_a_finger_can_roll_the_dice(finger: Page) -> None:
    trained(finger, 0.9)
    finger.get_by_role("button", name="Other random starts").tap()
    trained(finger, 0.9, 1)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    def move(step: int) -> None:
        if step % 5 == 0:
            desk.page.locator(f"{LAB} input[type=range]").fill(f"{step / 100:.2f}")
        settle(desk.page)

    assert median_ms(desk.page, LAB, range(60), move) <= 16


def test_with_reduced_motion_only_the_result_is_drawn(browser: Browser, lab_url: str) -> None:
    with new_context(browser, DESKTOP, "light") as context:
        page = context.new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(lab_url)
        page.locator(LAB).scroll_into_view_if_needed()
        trained(page, 0.9)
        drawn = page.locator(f"{LAB} .toys-plane canvas")
        before = drawn.evaluate("c => c.toDataURL()")
        page.wait_for_timeout(300)
        assert drawn.evaluate("c => c.toDataURL()") == before  # it has come to rest at once
        train(page, 0.0)
        after = drawn.evaluate("c => c.toDataURL()")
        page.wait_for_timeout(300)
        assert before != after == drawn.evaluate("c => c.toDataURL()")


def test_verdict_is_announced_once_after_a_pause(desk: Visit) -> None:
    train(desk.page, 0.5)
    desk.page.wait_for_timeout(900)
    assert desk.page.locator(f"{LAB} [role=status]").inner_text() == verdict(desk.page, LAB)


def test_lab_goes_on_without_a_network(desk: Visit) -> None:
    desk.page.context.set_offline(True)
    before = verdict(desk.page, LAB)
    train(desk.page, 0.2)
    assert verdict(desk.page, LAB) != before
    desk.page.context.set_offline(False)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    trained(desk.page, 0.9)
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    trained(phone.page, 0.9)
    assert phone_faults(phone, LAB) == []
    sizes = target_sizes(phone.page, f"{LAB} :is(button, input[type=range])")
    assert len(sizes) == 2
    assert min(sizes) >= 36


@pytest.mark.parametrize("stage_heights", SIZES[:3], indirect=True)
def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    before, after = stage_heights(lambda page: train(page, 0.4))
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 7
