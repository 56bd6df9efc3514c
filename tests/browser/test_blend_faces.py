"""The lab "blend faces" in a real browser: its drawings, its networks, its controls, its looks."""

from __future__ import annotations

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
from sdl_lib.data import POSE, draw_characters
from sdl_lib.live import blend_faces as lab

PAGE = "book/security/deepfakes-and-forgery.html"
LAB = "[data-lab='blend-faces']"
# what the page draws of both characters in these poses
DRAW = """async ([site, poses]) => {
  const { drawCharacter } = await import(`${site}/_static/live/characters.js`);
  const folder = new URL(`${site}/_static/labs/blend-faces/`);
  const setup = await (await fetch(new URL("lab.json", folder))).json();
  return poses.map((pose) => [0, 1].map((who) => {
    const named = Object.fromEntries(setup.pose.map((name, i) => [name, pose[i]]));
    return [...drawCharacter(setup.drawing, who, named)];
  }));
}"""
# and what its networks make of some, with the milliseconds that a picture takes
BLEND = """async ([site, cases]) => {
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const { blend } = await import(`${site}/_static/live/blend-faces.js`);
  const folder = new URL(`${site}/_static/labs/blend-faces/`);
  const setup = await (await fetch(new URL("lab.json", folder))).json();
  const names = ["encoder", "painter-0", "painter-1"];
  const [encoder, ...painters] = await Promise.all(names.map((n) => loadNetwork(folder, n)));
  const found = cases.map(([who, way, knobs]) => [
    ...blend(setup, encoder, painters, who, way, knobs).drawn,
  ]);
  const times = Array.from({ length: 25 }, () => {
    const begin = performance.now();
    blend(setup, encoder, painters, 0, 0.5, setup.start);
    return performance.now() - begin;
  }).sort((a, b) => a - b);
  return [found, times[12]];
}"""
CASES: list[tuple[int, float, dict[str, float]]] = [
    (0, 1.0, {"yaw": 0.6, "pitch": 0.0, "open": 1.0, "side": -0.5}),
    (0, 0.25, {"yaw": -1.0, "pitch": 1.0, "open": -1.0, "side": 1.0}),
    (1, 0.0, {"yaw": 0.3, "pitch": -0.4, "open": 0.0, "side": 0.2}),
]


def move(page: Page, name: str, value: float) -> None:
    page.locator(f"{LAB} input[data-name={name}]").fill(f"{value:g}")
    settle(page)


def drawn(page: Page) -> str:
    return str(page.locator(f"{LAB} canvas[data-part=drawn]").evaluate("c => c.toDataURL()"))


def test_the_page_draws_the_characters_of_the_library(desk: Visit, site: str) -> None:
    poses = 2 * torch.rand(6, len(POSE), generator=torch.Generator().manual_seed(3)) - 1
    found = desk.page.evaluate(DRAW, [site, poses.tolist()])
    for who in (0, 1):
        expected = draw_characters(who, poses).flatten(1)
        here = torch.tensor([both[who] for both in found])
        assert (here - expected).abs().max() <= 1e-5


def test_the_page_blends_as_the_networks_do(desk: Visit, site: str) -> None:
    found, ms = desk.page.evaluate(BLEND, [site, [list(case) for case in CASES]])
    for (who, way, knobs), x in zip(CASES, found, strict=True):
        expected = lab.blend(who, way, **knobs).drawn.flatten()
        assert (torch.tensor(x) - expected).abs().max() <= 1e-5
    print(f"{ms:.1f} ms for two drawings, a code and two decoders")
    assert ms <= 33


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("blend-faces")
    for who, way, yaw, mouth in [(0, 100, 0.6, 1), (1, 0, -0.5, -1), (0, 50, 1, 0)]:
        control.who.value, control.way.value = who, way
        control.yaw.value, control.open.value = yaw, mouth
        desk.page.locator(f"{LAB} select").select_option(str(who))
        for name, value in (("way", way), ("yaw", yaw), ("open", mouth)):
            move(desk.page, name, value)
        expected = said(control)
        same_sentence(verdict(desk.page, LAB), expected)


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} select").focus()
    keys.press("P")
    keys.press("Tab")
    keys.press("Home")
    settle(page)
    assert verdict(page, LAB).startswith("Plum is seen. At 0% from")
    for _ in range(4):
        before = drawn(page)
        keys.press("Tab")
        keys.press("ArrowLeft")
        settle(page)
        assert drawn(page) != before


def test_a_frame_takes_at_most_33_ms(desk: Visit) -> None:
    def step(tenths: int) -> None:
        move(desk.page, "yaw", tenths / 10)

    assert median_ms(desk.page, LAB, range(-9, 10, 2), step) <= 33


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, input[type=range])")
    assert len(sizes) == 6
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, "way", 0)
        move(page, "yaw", -1)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 5
    assert stand_in.overhang <= 0
