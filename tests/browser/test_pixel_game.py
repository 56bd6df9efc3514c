"""The lab "pixel-game" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re

import pytest
from lab import (
    StageHeights,
    StandIn,
    box_of,
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
from sdl_lib.live import pixel_game as lab

PAGE = "book/security/black-box-and-sparse.html"
LAB = "[data-lab='pixel-game']"
PLAY = """async ([site, light, moves]) => {
  const { PixelGame } = await import(`${site}/_static/live/pixel-search.js`);
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const files = `${site}/_static/labs/pixel-game/`;
  const setup = await (await fetch(`${files}lab.json`)).json();
  const bytes = new Uint8Array(await (await fetch(`${files}lights.bin`)).arrayBuffer());
  const network = await loadNetwork(files, "signs");
  const rgb = Object.fromEntries(setup.colours.map((c) => [c.name, c.rgb]));
  const clean = Float64Array.from(bytes.slice(3072 * light, 3072 * (light + 1)),
    (v) => Math.fround(v / 255));
  const game = new PixelGame(network, clean, setup.places[light], setup.green);
  const seen = () =>
    [game.pixels, game.queries, [...game.played], [...game.probabilities], game.lead];
  const found = [seen()];
  for (const [place, colour] of moves) {
    if (place >= 0) game.paint(place, rgb[colour]);
    else for (const step = game.search(rgb[colour]); step(); );
    found.push(seen());
  }
  return found;
}"""


def press(page: Page, row: int, column: int) -> None:
    canvas = page.locator(f"{LAB} canvas")
    side = box_of(canvas)["width"] / lab.SIDE
    canvas.click(position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})
    settle(page)


def search(page: Page) -> None:
    page.locator(f"{LAB} [data-act=search]").click()
    page.wait_for_selector(f"{LAB} [data-act=search]:not([aria-busy])")
    settle(page)


def choose(page: Page, light: str, colour: str) -> None:
    page.locator(f"{LAB} select").select_option(label=light)
    page.locator(f"{LAB} label:has(input[value='{colour}'])").click()
    settle(page)


def test_the_page_plays_as_torch_does(desk: Visit, site: str) -> None:
    moves = [(-1, "white"), (528, "green"), (-1, "yellow"), (528, "blue"), (-1, "white")]
    for light in ("red 1", "dark 1"):
        game = lab.Game(light)
        number = list(lab.LIGHTS).index(light)
        found = desk.page.evaluate(PLAY, [site, number, moves])
        for k, (pixels, queries, played, p, lead) in enumerate(found):
            if k:
                place, colour = moves[k - 1]
                game.search(colour) if place < 0 else game.paint(place, colour)
            assert (pixels, queries, played) == (game.pixels, game.queries, game.played)
            assert p == pytest.approx(game.probabilities, abs=1e-5)
            assert lead == pytest.approx(game.lead, abs=1e-5, rel=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control, page = live.show("pixel-game"), desk.page
    for light, colour in (("red 1", "white"), ("dark 2", "green")):
        control.light.value, control.colour.value = light, colour
        choose(page, light, colour)
        control.search.click()
        search(page)
        control.row.value, control.column.value = 20, 11
        control.paint.click()
        press(page, 20, 11)
        same_sentence(verdict(page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_the_search_turns_the_light_green_and_reset_begins_anew(desk: Visit) -> None:
    page = desk.page
    choose(page, "dark 1", "white")
    before = verdict(page, LAB)
    for _ in range(5):
        if "It is fooled" in verdict(page, LAB):
            break
        search(page)
    assert "the network says green light" in verdict(page, LAB)
    assert page.locator(f"{LAB} .lab-fooled").count() == 1
    page.locator(f"{LAB} [data-act=reset]").click()
    settle(page)
    assert verdict(page, LAB) == before
    assert before.startswith("With 0 pixels painted and 1 question asked")


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} canvas").focus()
    for key in ("ArrowDown", "ArrowLeft", "Enter"):
        keys.press(key)
    settle(page)
    assert verdict(page, LAB).startswith("With 1 pixel painted and 2 questions asked")
    keys.press("Tab")
    keys.press("ArrowDown")
    settle(page)
    assert verdict(page, LAB).startswith("With 0 pixels painted and 1 question asked")
    keys.press("Tab")
    keys.press("ArrowRight")
    assert page.locator(f"{LAB} input[value=green]").is_checked()
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_selector(f"{LAB} [data-act=search]:not([aria-busy])")
    settle(page)
    assert verdict(page, LAB).startswith("With 1 pixel painted")


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    cells = [(i, j) for i in (4, 12, 20) for j in (8, 16, 24)]
    assert median_ms(desk.page, LAB, cells, lambda c: press(desk.page, *c)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, button, .pixels-colours label)")
    assert len(sizes) == 3 + len(lab.COLOURS)
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, "dark 1", "blue")
        press(page, 3, 3)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 3
    assert stand_in.overhang <= 0
