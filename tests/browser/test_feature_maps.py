"""The lab "feature maps" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from lab import (
    StageHeights,
    StandIn,
    box_of,
    median_ms,
    phone_faults,
    same_sentence,
    settle,
    target_sizes,
)
from playwright.sync_api import Locator, Page
from visit import Visit

from sdl_lib import models
from sdl_lib.data import mnist10k
from sdl_lib.live import feature_maps as lab
from sdl_lib.live.draw_a_digit import ask, sample_rows

PAGE = "book/fundamentals/convolutional-networks.html"
LAB = "[data-lab='feature-maps']"

# for each picture the output of each layer, and the slopes of given units of them
RUN_ENGINE = """async ([site, inputs, layers, units]) => {
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const folder = new URL(`${site}/_static/labs/feature-maps/`);
  const network = await loadNetwork(folder, "lenet5");
  return inputs.map((input, i) => {
    network.forward(Float32Array.from(input));
    const outputs = layers.map((layer) => [...network.layers[layer].output]);
    const slopes = layers.map((layer, k) => {
      const above = new Float64Array(network.layers[layer].output.length);
      above[units[i][k]] = 1;
      return [...network.backward(above, layer)];
    });
    return [outputs, slopes];
  });
}"""


@cache
def in_float64() -> models.LeNet5:
    model = models.load(lab.FILE).double()
    assert isinstance(model, models.LeNet5)
    return model


def verdict(page: Page) -> str:
    return page.locator(f"{LAB} .lab-verdict").inner_text().replace("\u2011", "-")


def maps(page: Page, layer: str) -> Locator:
    return page.locator(f"{LAB} .lab-maps[data-layer='{layer}']")


def choose(page: Page, sample: int) -> None:
    page.locator(f"{LAB} [data-sample='{sample}']").click()
    settle(page)


def point(page: Page, unit: lab.Unit, side: int) -> None:
    """The mouse over a unit; ``side`` is that of its map."""
    canvas = maps(page, unit.layer).locator("canvas").nth(unit.map)
    canvas.scroll_into_view_if_needed()
    box = box_of(canvas)
    scale = box["width"] / side
    at = (box["x"] + scale * (unit.column + 0.5), box["y"] + scale * (unit.row + 0.5))
    page.mouse.move(*at)
    settle(page)


def expected(sample: int, unit: lab.Unit) -> str:
    """What the lab should say, from torch in double precision."""
    row = sample_rows()[sample]
    x = mnist10k("test")[0][row : row + 1].double()
    value = float(lab.activities(in_float64(), x, unit.layer)[unit.map, unit.row, unit.column])
    return lab.sentence(ask(in_float64(), x), unit, value)


def says(page: Page, wanted: str) -> None:
    """The lab says this; a number may be rounded to the next digit."""
    found, wanted = (text.replace("\u00a0", " ") for text in (verdict(page), wanted))
    same_sentence(found, wanted)


def test_activations_and_slopes_equal_torchs(desk: Visit, site: str) -> None:
    model = in_float64()
    x = mnist10k("test")[0][sample_rows() + list(range(20))].double()
    layers = list(lab.LAYERS)
    best = [[lab.strongest(model, one[None], layer) for layer in layers] for one in x]
    shapes = [lab.activities(model, x[:1], layer).shape for layer in layers]
    flat = [
        [(u.map * s[1] + u.row) * s[2] + u.column for u, s in zip(units, shapes, strict=True)]
        for units in best
    ]
    request = [site, x.flatten(1).tolist(), list(lab.LAYERS.values()), flat]
    answers: list[Any] = desk.page.evaluate(RUN_ENGINE, request)
    worst = [0.0, 0.0]
    for one, units, (outputs, slopes) in zip(x, best, answers, strict=True):
        for unit, output, slope in zip(units, outputs, slopes, strict=True):
            theirs = lab.activities(model, one[None], unit.layer).detach().flatten()
            gradient = lab.gradient(model, one[None], unit).flatten()
            for i, (a, b) in enumerate(((output, theirs), (slope, gradient))):
                worst[i] = max(worst[i], float((torch.tensor(a).double() - b).abs().max()))
    print(f"activations {worst[0]:.1e}, slopes {worst[1]:.1e}")
    assert max(worst) <= 1e-5


@pytest.mark.parametrize("sample", [0, 8])
def test_pointing_at_a_unit_says_what_torch_says(desk: Visit, sample: int) -> None:
    choose(desk.page, sample)
    units = [
        (lab.Unit("conv 1", 2, 0, 27), 28),
        (lab.Unit("conv 1", 5, 13, 14), 28),
        (lab.Unit("pool 1", 0, 7, 6), 14),
        (lab.Unit("conv 2", 15, 9, 0), 10),
        (lab.Unit("pool 2", 10, 2, 2), 5),
        (lab.Unit("pool 2", 6, 4, 4), 5),
    ]
    for unit, side in units:
        point(desk.page, unit, side)
        says(desk.page, expected(sample, unit))


def test_frame_lies_around_the_field(desk: Visit) -> None:
    point(desk.page, lab.Unit("pool 2", 3, 4, 1), 5)
    frame = box_of(desk.page.locator(f"{LAB} .lab-frame"))
    tile = box_of(desk.page.locator(f"{LAB} .lab-field canvas").first)
    pixel = tile["width"] / 32  # 28 and two of padding on each side
    field = lab.fields()["pool 2"]
    assert frame["x"] - tile["x"] == pytest.approx((field.at(1)[0] + 2) * pixel, abs=0.6)
    assert frame["y"] - tile["y"] == pytest.approx((field.at(4)[0] + 2) * pixel, abs=0.6)
    assert frame["width"] == pytest.approx(field.size * pixel, abs=0.6)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    samples = [step % 10 for step in range(60)]
    assert median_ms(desk.page, LAB, samples, lambda sample: choose(desk.page, sample)) <= 16


def colours(page: Page) -> list[str]:
    canvases = page.locator(f"{LAB} .lab-maps canvas").all()
    return [canvas.evaluate("c => c.toDataURL()") for canvas in canvases]


def test_all_maps_follow_the_pen(desk: Visit) -> None:
    page = desk.page
    page.get_by_role("button", name="Clear the pad").click()
    settle(page)
    assert verdict(page).startswith("The pad is empty. In map")
    seen = [colours(page)]
    pad = page.locator(f"{LAB} .lab-pad")
    pad.scroll_into_view_if_needed()
    box = box_of(pad)
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for x, y in ((0.75, 0.2), (0.45, 0.85)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        settle(page)
        seen.append(colours(page))
    page.mouse.up()
    changed = [sum(a != b for a, b in zip(seen[i], seen[i + 1], strict=True)) for i in (0, 1)]
    assert min(changed) >= 40  # of 44; a map may stay silent
    assert "LeNet-5 reads a 7" in verdict(page)


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    choose(page, 9)
    page.locator(f"{LAB} [data-sample='9']").focus()
    for layer in lab.LAYERS:
        keys.press("Tab")
        assert maps(page, layer).evaluate("e => e === document.activeElement")
        settle(page)
        assert f"of {layer}," in verdict(page)
    keys.press("Home")
    settle(page)
    row = sample_rows()[9]
    x = mnist10k("test")[0][row : row + 1].double()
    best = lab.strongest(in_float64(), x, "pool 2")
    says(page, expected(9, best))
    for key in ["Shift+ArrowUp", "Shift+ArrowLeft", "ArrowDown", "ArrowRight", "ArrowRight"]:
        keys.press(key)
    for _ in range(3):
        keys.press("PageDown")
    keys.press("PageUp")
    settle(page)
    wanted = lab.Unit("pool 2", (best.map + 2) % 16, 1, 2)
    says(page, expected(9, wanted))
    assert page.evaluate("getComputedStyle(document.activeElement)['outline-style']") == "solid"


def test_a_unit_can_be_tapped(finger: Page) -> None:
    page = finger
    canvas = maps(page, "pool 2").locator("canvas").nth(4)
    canvas.scroll_into_view_if_needed()
    box = box_of(canvas)
    page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    settle(page)
    assert "In map 5 of pool 2, the unit in row 2, column 4" in verdict(page)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} button")
    assert len(sizes) == 11
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, 8)
        point(page, lab.Unit("pool 2", 15, 4, 4), 5)  # the longest sentence

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == len(lab.LAYERS)
    assert stand_in.overhang <= 0
