"""The lab "decision boundary" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re

import pytest
import torch
from lab import (
    StageHeights,
    StandIn,
    box_of,
    median_ms,
    phone_faults,
    pick,
    same_sentence,
    settle,
    target_sizes,
    verdict,
)
from playwright.sync_api import Page
from torch import nn
from visit import Visit

from sdl_lib import live
from sdl_lib.live import decision_boundary as lab

PAGE = "book/fundamentals/learning-as-risk-minimisation.html"
LAB = "[data-lab='decision-boundary']"
LOSS = r"\d+\.\d{3}"
DESCEND = """async ([site, model, loss, rate, steps]) => {
  const { descend, design, safeRate } = await import(`${site}/_static/live/boundary.js`);
  const folder = `${site}/_static/labs/decision-boundary/`;
  const { points } = await (await fetch(`${folder}lab.json`)).json();
  const data = design(model, points);
  const run = descend(data, { loss, rate, steps });
  return [[...run.path.at(-1)], run.risks, run.diverged, safeRate(data, loss)];
}"""


def move(page: Page, name: str, value: int) -> None:
    page.locator(f"{LAB} [data-name={name}]").fill(str(value))
    settle(page)


def choose(page: Page, name: str, value: str) -> None:
    pick(page, LAB, name, value)


def points(page: Page) -> int:
    found = re.search(r"of (\d+) points", verdict(page, LAB))
    assert found
    return int(found[1])


def torchs_descent(
    data: lab.Data, loss: str, rate: float, steps: int
) -> tuple[torch.Tensor, list[float]]:
    """The same training by torch's autograd."""
    weights = torch.zeros(data.rows.shape[1], dtype=torch.float64)
    risks = []
    for step in range(steps + 1):
        weights.requires_grad_()
        scores = data.rows @ weights
        if loss == "logistic":
            targets = (data.signs > 0).double()
            value = nn.functional.binary_cross_entropy_with_logits(scores, targets)
        else:
            value = 0.5 * nn.functional.mse_loss(scores, data.signs)
        (gradient,) = torch.autograd.grad(value, weights)
        risks.append(float(value.detach()))
        weights = weights.detach()
        if step < steps:
            weights = weights - rate * gradient
    return weights, risks


# a rate that is far too large makes rounding grow from step to step: there we compare fewer steps
@pytest.mark.parametrize(
    ("loss", "rate", "steps"),
    [
        ("logistic", 0.01, 200),
        ("logistic", 0.5, 200),
        ("logistic", 1.0, 200),
        ("logistic", 100.0, 8),
        ("squared", 0.1, 200),
        ("squared", 0.25, 200),
        ("squared", 1.0, 5),
    ],
)
@pytest.mark.parametrize("model", lab.MODELS)
def test_the_page_trains_as_torch_does(
    desk: Visit, site: str, model: str, loss: str, rate: float, steps: int
) -> None:
    data = lab.design(model, *lab.samples()[0])
    weights, risks = torchs_descent(data, loss, rate, steps)
    ours = desk.page.evaluate(DESCEND, [site, model, loss, rate, steps])
    off = (torch.tensor(ours[0], dtype=torch.float64) - weights).abs() / (1 + weights.abs())
    assert float(off.max()) <= 1e-5
    assert ours[1] == pytest.approx(risks, rel=1e-5)
    assert ours[2] is None
    assert ours[3] == pytest.approx(lab.safe_rate(data, loss), rel=1e-6)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("decision-boundary")
    for loss, model, tick, step in [
        ("logistic", "curve", -6, 60),
        ("logistic", "line", 10, 200),
        ("logistic", "curve", -40, 1),
        ("logistic", "curve", 0, 0),
        ("squared", "curve", -20, 120),
        ("squared", "line", 20, 200),
    ]:
        control.loss.value, control.model.value = loss, model
        control.rate.value, control.steps.value = 10 ** (tick / lab.TICKS), step
        choose(desk.page, "loss", loss)
        choose(desk.page, "model", model)
        move(desk.page, "rate", tick)
        move(desk.page, "steps", step)
        expected = re.sub("<.*?>", "", control.verdict.value)
        same_sentence(verdict(desk.page, LAB), expected, number=LOSS, tolerance=0.00101)


def test_a_rate_that_is_too_large_is_seen(desk: Visit) -> None:
    stage = desk.page.locator(f"{LAB} .sdl-lab-stage")
    assert "fell at every step" in verdict(desk.page, LAB)
    assert "lab-rising" not in (stage.get_attribute("class") or "")
    move(desk.page, "rate", 40)
    assert "rose at" in verdict(desk.page, LAB)
    choose(desk.page, "loss", "squared")
    assert "training has diverged" in verdict(desk.page, LAB)
    assert "lab-rising" in (stage.get_attribute("class") or "")


def test_a_click_adds_a_point_and_a_button_takes_it_back(desk: Visit) -> None:
    before = verdict(desk.page, LAB)
    choose(desk.page, "label", "1")
    box = box_of(desk.page.locator(f"{LAB} .lab-board canvas"))
    desk.page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + 0.9 * box["height"])
    settle(desk.page)
    assert points(desk.page) == 61
    assert verdict(desk.page, LAB) != before
    desk.page.get_by_role("button", name="Take the last one back").click()
    settle(desk.page)
    assert verdict(desk.page, LAB) == before
    assert desk.page.get_by_role("button", name="Take the last one back").is_disabled()


def test_a_finger_adds_a_point(finger: Page) -> None:
    finger.locator(f"{LAB} .lab-board canvas").tap()
    settle(finger)
    assert points(finger) == 61


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} .lab-board canvas").focus()
    for key in ["Shift+ArrowLeft", "ArrowUp", "Space", "ArrowRight", "Enter"]:
        keys.press(key)
    settle(page)
    assert points(page) == 62
    assert page.locator(f"{LAB} .lab-cross").is_visible()
    keys.press("Delete")
    settle(page)
    assert points(page) == 61
    keys.press("Tab")
    keys.press("End")
    settle(page)
    assert page.locator(f"{LAB} .lab-value").first.inner_text() == "100"
    keys.press("Tab")
    keys.press("Home")
    keys.press("ArrowRight")
    settle(page)
    assert verdict(page, LAB).startswith("After 1 step at rate 100 ")


def test_play_goes_through_the_steps_and_can_be_paused(desk: Visit) -> None:
    move(desk.page, "steps", 200)
    desk.page.get_by_role("button", name="Play").click()
    desk.page.wait_for_function(
        f'Number(document.querySelector("{LAB} [data-name=steps]").value) >= 20'
    )
    desk.page.get_by_role("button", name="Pause").click()
    now = desk.page.locator(f"{LAB} .lab-value").last.inner_text()
    desk.page.wait_for_timeout(800)
    assert desk.page.locator(f"{LAB} .lab-value").last.inner_text() == now
    assert int(now) < 200


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    ticks = range(-40, 41, 2)
    assert median_ms(desk.page, LAB, ticks, lambda tick: move(desk.page, "rate", tick)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(button, .lab-choice span, input[type=range])")
    assert len(sizes) >= 11
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, "rate", 30)
        move(page, "steps", 123)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 7
    assert stand_in.overhang <= 0
