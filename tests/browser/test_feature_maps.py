"""The lab "feature maps" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page
from visit import DESKTOP, PHONE, OpenPage, Visit

from sdl_lib import models
from sdl_lib.data import mnist10k
from sdl_lib.live import feature_maps as lab
from sdl_lib.live.draw_a_digit import ask, sample_rows

PAGE = "book/fundamentals/convolutional-networks.html"
LAB = "[data-lab='feature-maps']"
NUMBER = r"\d+\.\d+"

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
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def start(page: Page) -> Locator:
    """Bring the lab of the page to life."""
    found = page.locator(LAB)
    found.scroll_into_view_if_needed()
    page.wait_for_selector(f"{LAB}[data-ready]")
    page.evaluate(TWO_FRAMES)
    return found


@pytest.fixture
def desk(open_page: OpenPage, site: str) -> Iterator[Visit]:
    """A reader at a desk with the lab before them."""
    visit = open_page(f"{site}/{PAGE}", DESKTOP)
    start(visit.page)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


@pytest.fixture
def phone(open_page: OpenPage, site: str) -> Iterator[Visit]:
    """A reader with a phone, in the dark."""
    visit = open_page(f"{site}/{PAGE}", PHONE, "dark")
    start(visit.page)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


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
    page.evaluate(TWO_FRAMES)


def point(page: Page, unit: lab.Unit, side: int) -> None:
    """The mouse over a unit; ``side`` is that of its map."""
    canvas = maps(page, unit.layer).locator("canvas").nth(unit.map)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    scale = box["width"] / side
    at = (box["x"] + scale * (unit.column + 0.5), box["y"] + scale * (unit.row + 0.5))
    page.mouse.move(*at)
    page.evaluate(TWO_FRAMES)


def expected(sample: int, unit: lab.Unit) -> str:
    """What the lab should say, from torch in double precision."""
    row = sample_rows()[sample]
    x = mnist10k("test")[0][row : row + 1].double()
    value = float(lab.activities(in_float64(), x, unit.layer)[unit.map, unit.row, unit.column])
    return lab.sentence(ask(in_float64(), x), unit, value)


def same_sentence(found: str, wanted: str) -> None:
    """Word for word; a number may be rounded to the next digit."""
    found, wanted = (text.replace("\u00a0", " ") for text in (found, wanted))
    assert re.sub(NUMBER, "#", found) == re.sub(NUMBER, "#", wanted)
    for a, b in zip(re.findall(NUMBER, found), re.findall(NUMBER, wanted), strict=True):
        decimals = len(a.split(".")[1])
        assert abs(float(a) - float(b)) <= 1.001 * 10**-decimals, (found, wanted)


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
        same_sentence(verdict(desk.page), expected(sample, unit))


def test_frame_lies_around_the_field(desk: Visit) -> None:
    point(desk.page, lab.Unit("pool 2", 3, 4, 1), 5)
    frame = desk.page.locator(f"{LAB} .lab-frame").bounding_box()
    tile = desk.page.locator(f"{LAB} .lab-field canvas").first.bounding_box()
    assert frame
    assert tile
    pixel = tile["width"] / 32  # 28 and two of padding on each side
    field = lab.fields()["pool 2"]
    assert frame["x"] - tile["x"] == pytest.approx((field.at(1)[0] + 2) * pixel, abs=0.6)
    assert frame["y"] - tile["y"] == pytest.approx((field.at(4)[0] + 2) * pixel, abs=0.6)
    assert frame["width"] == pytest.approx(field.size * pixel, abs=0.6)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    times = []
    for step in range(60):
        choose(desk.page, step % 10)
        times.append(float(desk.page.locator(LAB).get_attribute("data-ms") or "nan"))
    median = statistics.median(times)
    print(f"frame: median {median:.1f} ms, 95th percentile {sorted(times)[56]:.1f} ms")
    assert median <= 16


def colours(page: Page) -> list[str]:
    canvases = page.locator(f"{LAB} .lab-maps canvas").all()
    return [canvas.evaluate("c => c.toDataURL()") for canvas in canvases]


def test_all_maps_follow_the_pen(desk: Visit) -> None:
    page = desk.page
    page.get_by_role("button", name="Clear the pad").click()
    page.evaluate(TWO_FRAMES)
    assert verdict(page).startswith("The pad is empty. In map")
    seen = [colours(page)]
    pad = page.locator(f"{LAB} .lab-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for x, y in ((0.75, 0.2), (0.45, 0.85)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        page.evaluate(TWO_FRAMES)
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
        page.evaluate(TWO_FRAMES)
        assert f"of {layer}," in verdict(page)
    keys.press("Home")
    page.evaluate(TWO_FRAMES)
    row = sample_rows()[9]
    x = mnist10k("test")[0][row : row + 1].double()
    best = lab.strongest(in_float64(), x, "pool 2")
    same_sentence(verdict(page), expected(9, best))
    for key in ["Shift+ArrowUp", "Shift+ArrowLeft", "ArrowDown", "ArrowRight", "ArrowRight"]:
        keys.press(key)
    for _ in range(3):
        keys.press("PageDown")
    keys.press("PageUp")
    page.evaluate(TWO_FRAMES)
    wanted = lab.Unit("pool 2", (best.map + 2) % 16, 1, 2)
    same_sentence(verdict(page), expected(9, wanted))
    assert page.evaluate("getComputedStyle(document.activeElement)['outline-style']") == "solid"


def test_a_unit_can_be_tapped(browser: Browser, site: str) -> None:
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    start(page)
    canvas = maps(page, "pool 2").locator("canvas").nth(4)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    page.evaluate(TWO_FRAMES)
    assert "In map 5 of pool 2, the unit in row 2, column 4" in verdict(page)
    context.close()


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone.axe() == []
    assert phone.too_wide() == []
    paper = phone.page.locator(f"{LAB} .sdl-lab-stage").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
    assert sum(map(int, re.findall(r"\d+", paper)[:3])) < 3 * 64


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    boxes = [part.bounding_box() for part in phone.page.locator(f"{LAB} button").all()]
    assert len(boxes) == 11
    assert min(min(box["width"], box["height"]) for box in boxes if box) >= 36


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
            choose(page, 8)
            point(page, lab.Unit("pool 2", 15, 4, 4), 5)  # the longest sentence
        heights.append(page.locator(f"{LAB} .sdl-lab-stage").evaluate("e => e.offsetHeight"))
        context.close()
    assert heights[0] == heights[1]


def test_a_picture_and_a_table_stand_in_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": PHONE[0], "height": PHONE[1]}
    )
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    picture = page.locator(f"{LAB} img")
    assert picture.is_visible()
    assert len(picture.get_attribute("alt") or "") > 100
    assert page.locator(f"{LAB} tbody tr").count() == len(lab.LAYERS)
    context.close()
