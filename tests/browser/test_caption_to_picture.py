"""The lab "caption to picture" in a real browser: its generator, its reader, its controls."""

from __future__ import annotations

import torch
from lab import StageHeights, StandIn, median_ms, phone_faults, said, settle, target_sizes, verdict
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.data import CAPTION_SLOTS, all_captions, captioned_shapes, parse_caption
from sdl_lib.gan import read_captions
from sdl_lib.live import caption_to_picture as lab

PAGE = "book/security/conditional-gans.html"
LAB = "[data-lab='caption-to-picture']"
# what the page draws for rows of words, and the milliseconds of a picture
DRAW = """async ([site, cases]) => {
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const { draw, encode } = await import(`${site}/_static/live/caption-drawer.js`);
  const folder = new URL(`${site}/_static/labs/caption-to-picture/`);
  const setup = await (await fetch(new URL("lab.json", folder))).json();
  const networks = {
    drawer: await loadNetwork(folder, setup.drawer),
    styles: await loadNetwork(folder, setup.styles),
  };
  const one = (words, k) => [...draw(networks, setup.starts[k], encode(setup.slots, words))];
  const drawn = cases.map((words) => setup.starts.map((_, k) => one(words, k)));
  const times = Array.from({ length: 25 }, () => {
    const begin = performance.now();
    one(cases[0], 0);
    return performance.now() - begin;
  }).sort((a, b) => a - b);
  return [drawn, times[12]];
}"""
READ = """async ([site, pictures]) => {
  const { read } = await import(`${site}/_static/live/caption-drawer.js`);
  const folder = new URL(`${site}/_static/labs/caption-to-picture/`);
  const setup = await (await fetch(new URL("lab.json", folder))).json();
  return pictures.map((picture) => read(picture, setup));
}"""
TEXTS = [
    lab.START,
    "a large green triangle above a red circle",
    "a small blue square above a green square",
    "a large red square left of a blue triangle",
]


def choose(page: Page, words: list[int]) -> None:
    """Take all words at once: one after the other, colours might pass through the same."""
    page.locator(LAB).evaluate(
        """(lab, words) => {
          lab.querySelectorAll("select").forEach((choice, i) => (choice.value = words[i]));
          lab.querySelector("select").dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        words,
    )
    settle(page)


def test_the_page_draws_what_the_generator_draws(desk: Visit, site: str) -> None:
    words = [parse_caption(text) for text in TEXTS]
    found, ms = desk.page.evaluate(DRAW, [site, [row.tolist() for row in words]])
    for row, pictures in zip(words, found, strict=True):
        expected = lab.draw(row).flatten(1)
        assert float((torch.tensor(pictures) - expected).abs().max()) <= 1e-5
    print(f"{ms:.1f} ms a picture")
    assert ms <= 33


def test_the_page_reads_what_the_reader_reads(desk: Visit, site: str) -> None:
    x, words = captioned_shapes(40, generator=torch.Generator().manual_seed(5))
    x = torch.cat([x, lab.draw(words[0]), lab.draw(words[1])])
    found = desk.page.evaluate(READ, [site, x.double().flatten(1).tolist()])
    assert found == read_captions(x).tolist()
    assert found[:40] == words.tolist()


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("caption-to-picture")
    for text, which in zip(TEXTS, (1, 4, 7, 2), strict=True):
        words = parse_caption(text).tolist()
        for slot, value in zip(control.slots, words, strict=True):
            slot.value = value
        control.which.value = which
        choose(desk.page, words)
        desk.page.locator(f"{LAB} .walk-strip button").nth(which - 1).click()
        settle(desk.page)
        assert verdict(desk.page, LAB) == said(control)


def test_every_caption_can_be_chosen_and_two_colours_cannot_be_one(desk: Visit) -> None:
    page = desk.page
    for words in all_captions()[::40].tolist():
        choose(page, words)
        for mine, other in ((1, 4), (4, 1)):
            options = page.locator(f"{LAB} select").nth(mine).locator("option")
            off = options.evaluate_all("all => all.map((o) => o.disabled)")
            assert off == [k == words[other] for k in range(3)]


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    choose(page, parse_caption(lab.START).tolist())
    page.locator(f"{LAB} select").first.focus()
    keys.press("l")  # large
    for _ in range(2):
        keys.press("Tab")
    keys.press("t")  # triangle
    settle(page)
    assert verdict(page, LAB).startswith(
        "Asked for a large red triangle left of a blue square, it drew"
    )
    for _ in range(3 + 2):
        keys.press("Tab")
    keys.press("Enter")
    settle(page)
    chosen = page.locator(f"{LAB} .walk-strip button[aria-pressed=true]")
    assert chosen.get_attribute("aria-label") == "look at picture 2"


def test_a_picture_takes_at_most_33_ms(desk: Visit) -> None:
    def step(k: int) -> None:
        choose(desk.page, all_captions()[10 * k].tolist())

    assert median_ms(desk.page, LAB, range(20), step) <= 33


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, button)")
    assert len(sizes) == len(CAPTION_SLOTS) + lab.DRAWS
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, parse_caption(TEXTS[1]).tolist())

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 4
    assert stand_in.overhang <= 0
