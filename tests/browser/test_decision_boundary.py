"""The lab "decision boundary" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator

import pytest
import torch
from playwright.sync_api import Browser, Page
from torch import nn
from visit import DESKTOP, PHONE, OpenPage, Visit

from sdl_lib import live
from sdl_lib.live import decision_boundary as lab

PAGE = "book/fundamentals/learning-as-risk-minimisation.html"
LAB = "[data-lab='decision-boundary']"
NUMBER = r"\d+\.\d{3}"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
DESCEND = """async ([site, model, loss, rate, steps]) => {
  const { descend, design, safeRate } = await import(`${site}/_static/live/boundary.js`);
  const folder = `${site}/_static/labs/decision-boundary/`;
  const { points } = await (await fetch(`${folder}lab.json`)).json();
  const data = design(model, points);
  const run = descend(data, { loss, rate, steps });
  return [[...run.path.at(-1)], run.risks, run.diverged, safeRate(data, loss)];
}"""


def start(page: Page) -> None:
    page.locator(LAB).scroll_into_view_if_needed()
    page.wait_for_selector(f"{LAB}[data-ready]")
    page.evaluate(TWO_FRAMES)


def visit(open_page: OpenPage, site: str, size: tuple[int, int], scheme: str) -> Iterator[Visit]:
    found = open_page(f"{site}/{PAGE}", size, scheme)
    start(found.page)
    yield found
    assert (found.outside, found.missing, found.console) == ([], [], [])
    found.page.context.close()


@pytest.fixture
def desk(open_page: OpenPage, site: str) -> Iterator[Visit]:
    """A reader at a desk with the lab before them."""
    yield from visit(open_page, site, DESKTOP, "light")


@pytest.fixture
def phone(open_page: OpenPage, site: str) -> Iterator[Visit]:
    """A reader with a phone, in the dark."""
    yield from visit(open_page, site, PHONE, "dark")


def move(page: Page, name: str, value: int) -> None:
    page.locator(f"{LAB} [data-name={name}]").fill(str(value))
    page.evaluate(TWO_FRAMES)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"{LAB} label:has(input[data-name={name}][value='{value}'])").click()
    page.evaluate(TWO_FRAMES)


def verdict(page: Page) -> str:
    return page.locator(f"{LAB} .lab-verdict").inner_text()


def points(page: Page) -> int:
    found = re.search(r"of (\d+) points", verdict(page))
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
        found, expected = verdict(desk.page), re.sub("<.*?>", "", control.verdict.value)
        assert re.sub(NUMBER, "#", found) == re.sub(NUMBER, "#", expected)
        for a, b in zip(re.findall(NUMBER, found), re.findall(NUMBER, expected), strict=True):
            assert abs(float(a) - float(b)) <= 0.00101


def test_a_rate_that_is_too_large_is_seen(desk: Visit) -> None:
    stage = desk.page.locator(f"{LAB} .sdl-lab-stage")
    assert "fell at every step" in verdict(desk.page)
    assert "lab-rising" not in (stage.get_attribute("class") or "")
    move(desk.page, "rate", 40)
    assert "rose at" in verdict(desk.page)
    choose(desk.page, "loss", "squared")
    assert "training has diverged" in verdict(desk.page)
    assert "lab-rising" in (stage.get_attribute("class") or "")


def test_a_click_adds_a_point_and_a_button_takes_it_back(desk: Visit) -> None:
    before = verdict(desk.page)
    choose(desk.page, "label", "1")
    box = desk.page.locator(f"{LAB} .lab-board canvas").bounding_box()
    assert box
    desk.page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + 0.9 * box["height"])
    desk.page.evaluate(TWO_FRAMES)
    assert points(desk.page) == 61
    assert verdict(desk.page) != before
    desk.page.get_by_role("button", name="Take the last one back").click()
    desk.page.evaluate(TWO_FRAMES)
    assert verdict(desk.page) == before
    assert desk.page.get_by_role("button", name="Take the last one back").is_disabled()


def test_a_finger_adds_a_point(browser: Browser, site: str) -> None:
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    start(page)
    page.locator(f"{LAB} .lab-board canvas").tap()
    page.evaluate(TWO_FRAMES)
    assert points(page) == 61
    context.close()


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} .lab-board canvas").focus()
    for key in ["Shift+ArrowLeft", "ArrowUp", "Space", "ArrowRight", "Enter"]:
        keys.press(key)
    page.evaluate(TWO_FRAMES)
    assert points(page) == 62
    assert page.locator(f"{LAB} .lab-cross").is_visible()
    keys.press("Delete")
    page.evaluate(TWO_FRAMES)
    assert points(page) == 61
    keys.press("Tab")
    keys.press("End")
    page.evaluate(TWO_FRAMES)
    assert page.locator(f"{LAB} .lab-rate-value").inner_text() == "100"
    keys.press("Tab")
    keys.press("Home")
    keys.press("ArrowRight")
    page.evaluate(TWO_FRAMES)
    assert verdict(page).startswith("After 1 step at rate 100 ")


def test_play_goes_through_the_steps_and_can_be_paused(desk: Visit) -> None:
    move(desk.page, "steps", 200)
    desk.page.get_by_role("button", name="Play").click()
    desk.page.wait_for_function(
        f'Number(document.querySelector("{LAB} [data-name=steps]").value) >= 20'
    )
    desk.page.get_by_role("button", name="Pause").click()
    now = desk.page.locator(f"{LAB} .lab-steps-value").inner_text()
    desk.page.wait_for_timeout(800)
    assert desk.page.locator(f"{LAB} .lab-steps-value").inner_text() == now
    assert int(now) < 200


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    times = []
    for tick in range(-40, 41, 2):
        move(desk.page, "rate", tick)
        times.append(float(desk.page.locator(LAB).get_attribute("data-ms") or "nan"))
    median = statistics.median(times)
    print(f"frame: median {median:.1f} ms, longest {max(times):.1f} ms")
    assert median <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone.axe() == []
    assert phone.too_wide() == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    parts = phone.page.locator(f"{LAB} :is(button, .lab-choice span, input[type=range])")
    boxes = [box for part in parts.all() if (box := part.bounding_box())]
    assert len(boxes) >= 11
    assert min(min(box["width"], box["height"]) for box in boxes) >= 36


@pytest.mark.parametrize("size", [DESKTOP, (700, 1024), PHONE, (1920, 1080)])
def test_nothing_shifts_when_the_lab_comes_to_life(
    browser: Browser, site: str, size: tuple[int, int]
) -> None:
    heights = []
    for blocked in (True, False):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        if blocked:
            page.route("**/_static/labs/**", lambda route: route.abort())
        page.goto(f"{site}/{PAGE}")
        if blocked:
            page.locator(LAB).scroll_into_view_if_needed()
            page.wait_for_selector(f"{LAB} .lab-problem")  # the picture stays, with a note
            assert page.locator(f"{LAB} img").is_visible()
        else:
            start(page)
            move(page, "rate", 30)
            move(page, "steps", 123)
        heights.append(page.locator(f"{LAB} .sdl-lab-stage").evaluate("e => e.offsetHeight"))
        context.close()
    assert heights[0] == heights[1]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_picture_and_a_table_stand_in_without_javascript(
    browser: Browser, site: str, size: tuple[int, int]
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": size[0], "height": size[1]}
    )
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    picture = page.locator(f"{LAB} img")
    assert picture.is_visible()
    assert len(picture.get_attribute("alt") or "") > 100
    assert page.locator(f"{LAB} tbody tr").count() == 7
    stage = page.locator(f"{LAB} .sdl-lab-stage").bounding_box()
    table = page.locator(f"{LAB} table").bounding_box()
    assert stage
    assert table
    assert table["x"] + table["width"] <= stage["x"] + stage["width"]
    context.close()
