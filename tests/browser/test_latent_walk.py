"""The lab "latent walk" in a real browser: its generator, its controls, its looks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from lab import (
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
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.live import latent_walk as lab

PAGE = "book/security/gans-in-practice.html"
LAB = "[data-lab='latent-walk']"
PERCENTAGE = r"\d+\.\d(?=\s%)"
# what the page draws for (from, to, way, ink, slant), in milliseconds a picture as well
DRAW = """async ([site, cases]) => {
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const { aside, slerp } = await import(`${site}/_static/live/walk.js`);
  const folder = new URL(`${site}/_static/labs/latent-walk/`);
  const setup = await (await fetch(new URL("lab.json", folder))).json();
  const drawer = await loadNetwork(folder, setup.drawer);
  const drawn = cases.map(([from, to, way, ink, slant]) => {
    const z = slerp(setup.starts[from], setup.starts[to], way);
    aside(aside(z, setup.ink, ink), setup.slant, slant);
    return [[...z], [...drawer.forward(z)].map((v) => (v + 1) / 2)];
  });
  const z = Float64Array.from(setup.starts[0]);
  const times = Array.from({ length: 25 }, () => {
    const begin = performance.now();
    drawer.forward(z);
    return performance.now() - begin;
  }).sort((a, b) => a - b);
  return [drawn, times[12]];
}"""
CASES = [(3, 8, 0.5, 0, 0), (0, 1, 0.25, -2, 1.5), (7, 7, 0.4, 3, -3), (9, 4, 1, 0.1, 0)]


def move(page: Page, name: str, value: float) -> None:
    page.locator(f"{LAB} [data-name={name}]").fill(f"{value:g}")
    settle(page)


def choose(page: Page, name: str, digit: int) -> None:
    page.locator(f"{LAB} select[data-name={name}]").select_option(str(digit))
    settle(page)


def drawn(page: Page) -> str:
    return str(page.locator(f"{LAB} .walk-large canvas").evaluate("c => c.toDataURL()"))


def test_the_page_draws_what_the_generator_draws(desk: Visit, site: str) -> None:
    found, ms = desk.page.evaluate(DRAW, [site, [list(case) for case in CASES]])
    off = []
    for (start, end, way, ink, slant), (z, x) in zip(CASES, found, strict=True):
        expected = lab.point(start, end, way=way, ink=ink, slant=slant)
        assert z == pytest.approx(expected[0].tolist(), abs=1e-5)
        off.append((torch.tensor(x) - lab.draw(expected).flatten()).abs().max())
    print(f"half precision: at most {max(off):.1e} a pixel; {ms:.1f} ms a picture")
    assert max(off) <= 5e-3  # the weights of the page have half precision
    assert ms <= 33


def test_the_page_reads_every_number_of_half_precision(desk: Visit, site: str) -> None:
    found = desk.page.evaluate(
        """async (site) => {
          const { fromHalves } = await import(`${site}/_static/live/engine.js`);
          return [...fromHalves(Uint16Array.from({ length: 0x10000 }, (_, i) => i).buffer)];
        }""",
        site,
    )
    expected = np.arange(0x10000, dtype=np.uint16).view(np.float16).astype(float)
    finite = np.isfinite(expected)  # no weight is otherwise
    assert np.array_equal(np.array(found)[finite], expected[finite])


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("latent-walk")
    for start, end, way, ink, slant in [(3, 8, 50, 0, 0), (1, 7, 20, 1.5, -1), (8, 0, 90, 0, 2)]:
        control.start.value, control.end.value, control.way.value = start, end, way
        control.ink.value, control.slant.value = ink, slant
        choose(desk.page, "from", start)
        choose(desk.page, "to", end)
        for name, value in (("way", way), ("ink", ink), ("slant", slant)):
            move(desk.page, name, value)
        expected = said(control)
        same_sentence(verdict(desk.page, LAB), expected, number=PERCENTAGE, tolerance=1.0)


def test_the_ends_are_read_as_they_are_named(desk: Visit) -> None:
    for digit in range(10):
        choose(desk.page, "from", digit)
        move(desk.page, "way", 0)
        assert f"reads {'an' if digit == 8 else 'a'} {digit} (" in verdict(desk.page, LAB)


def test_the_strip_leads_along_the_way_and_the_button_back_to_it(desk: Visit) -> None:
    page = desk.page
    page.locator(f"{LAB} .walk-strip button").last.click()
    settle(page)
    assert verdict(page, LAB).startswith("100% of the way from a 3 to an 8, with ink +0.0")
    before = drawn(page)
    move(page, "slant", 2)
    assert drawn(page) != before
    page.get_by_role("button", name="Back to the way").click()
    settle(page)
    assert drawn(page) == before


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} select").first.focus()
    keys.press("7")
    keys.press("Tab")
    keys.press("1")
    keys.press("Tab")
    keys.press("End")
    keys.press("Tab")
    keys.press("ArrowRight")
    keys.press("Tab")
    keys.press("ArrowLeft")
    settle(page)
    assert verdict(page, LAB).startswith(
        "100% of the way from a 7 to a 1, with ink +0.1 and slant -0.1"
    )
    for _ in range(2):
        keys.press("Tab")
    keys.press("Enter")
    settle(page)
    assert verdict(page, LAB).startswith("0% of the way")


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    def step(way: int) -> None:
        move(desk.page, "way", way)

    assert median_ms(desk.page, LAB, range(0, 101, 5), step) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, input[type=range], button)")
    assert len(sizes) == 2 + 3 + 1 + lab.STRIP
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, "way", 77)
        move(page, "ink", 3)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 5
    assert stand_in.overhang <= 0
