"""The lab "ring-gan" in a real browser: its counts, its player, its looks."""

from __future__ import annotations

import re
from itertools import product

from lab import (
    StageHeights,
    StandIn,
    median_ms,
    phone_faults,
    pick,
    same_sentence,
    settle,
    target_sizes,
    verdict,
)
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.gan.playback import EVERY, GAMES, PICTURES
from sdl_lib.live import ring_gan as lab

PAGE = "book/security/gans-in-practice.html"
LAB = "[data-lab='ring-gan']"
TIME = f"{LAB} input[type=range]"
# of every picture of every game: points, points near each mode, modes covered
LOOK = """async (site) => {
  const { coverage, pointsOf } = await import(`${site}/_static/live/ring-coverage.js`);
  const folder = `${site}/_static/labs/ring-gan`;
  const setup = await (await fetch(`${folder}/lab.json`)).json();
  const bytes = new Uint8Array(await (await fetch(`${folder}/games.bin`)).arrayBuffer());
  return setup.games.map((_, game) => Array.from({ length: setup.pictures + 1 }, (_, t) => {
    const points = pointsOf(bytes, setup, game, t);
    const seen = coverage(points, setup);
    return [[...points], seen.counts, seen.covered, seen.near];
  }));
}"""


def move(page: Page, picture: int) -> None:
    page.locator(TIME).fill(str(picture))
    settle(page)


def choose(page: Page, game: str) -> None:
    pick(page, LAB, "game", str(list(GAMES).index(game)))


def updates(page: Page) -> int:
    found = re.search(r"after (\d+) of", verdict(page, LAB))
    assert found, verdict(page, LAB)
    return int(found[1])


def play_button(page: Page) -> str:
    return page.locator(f"{LAB} [data-act=play]").inner_text()


def test_the_page_counts_what_mode_coverage_counts(desk: Visit, site: str) -> None:
    found = desk.page.evaluate(LOOK, site)
    for game, pictures in zip(GAMES, found, strict=True):
        assert len(pictures) == PICTURES + 1
        for t, (points, counts, covered, near) in enumerate(pictures):
            expected = lab.look(game, t)
            assert points == lab.points_of(game, t).flatten().tolist()
            assert counts == expected.counts.tolist()
            assert (covered, near) == (expected.covered, sum(counts))


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("ring-gan")
    for game, picture in product(GAMES, (0, 23)):
        choose(desk.page, game)
        move(desk.page, picture)
        same_sentence(verdict(desk.page, LAB), lab.sentence(game, picture))
    control.game.value, control.time.value = game, picture
    same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_it_plays_only_when_asked_and_can_be_paused(desk: Visit) -> None:
    page = desk.page
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_timeout(300)
    assert updates(page) == PICTURES * EVERY
    page.locator(f"{LAB} select").select_option("fast")
    page.locator(f"{LAB} [data-act=play]").click()
    page.wait_for_timeout(500)
    assert play_button(page) == "Pause"
    page.locator(f"{LAB} [data-act=play]").click()
    settle(page)
    stopped = updates(page)
    assert 0 < stopped < PICTURES * EVERY
    page.wait_for_timeout(200)
    assert updates(page) == stopped
    page.locator(f"{LAB} [data-act=play]").click()
    page.wait_for_function(
        f"document.querySelector(\"{LAB} [data-act=play]\").textContent === 'Play'"
    )
    settle(page)
    assert updates(page) == PICTURES * EVERY


def test_where_motion_is_unwelcome_it_goes_in_a_few_pictures(desk: Visit) -> None:
    page = desk.page
    page.emulate_media(reduced_motion="reduce")
    page.locator(f"{LAB} [data-act=play]").click()
    page.wait_for_timeout(1100)
    assert updates(page) in (5 * EVERY, 10 * EVERY)
    page.locator(f"{LAB} [data-act=play]").click()


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.emulate_media(reduced_motion="no-preference")
    page.locator(f"{LAB} input[data-name=game]:checked").focus()
    keys.press("ArrowLeft")
    settle(page)
    assert verdict(page, LAB).startswith("Two steps of G to one of D")
    for _ in range(3):
        keys.press("Tab")
    keys.press("ArrowLeft")
    settle(page)
    assert updates(page) == (PICTURES - 1) * EVERY
    keys.press("Home")
    keys.press("Space")
    assert play_button(page) == "Pause"
    page.wait_for_timeout(300)
    keys.press("Space")
    settle(page)
    assert play_button(page) == "Play"
    assert updates(page) > 0
    text = page.locator(TIME).get_attribute("aria-valuetext") or ""
    assert re.fullmatch(rf"{updates(page)} updates, \d of 8 modes", text)


def test_scrubbing_pauses(desk: Visit) -> None:
    desk.page.locator(f"{LAB} [data-act=play]").click()
    move(desk.page, 7)
    assert play_button(desk.page) == "Play"
    desk.page.wait_for_timeout(200)
    assert updates(desk.page) == 7 * EVERY


def test_a_screen_reader_hears_it_when_the_play_is_over(desk: Visit) -> None:
    move(desk.page, 3)
    status = desk.page.locator(f"{LAB} [role=status]")
    desk.page.wait_for_timeout(800)
    assert status.inner_text() == verdict(desk.page, LAB)


def test_a_finger_can_play_it(finger: Page) -> None:
    finger.locator(f"{LAB} label:has(input[data-name=game][value='0'])").tap()
    finger.locator(f"{LAB} [data-act=play]").tap()
    finger.wait_for_timeout(300)
    finger.locator(f"{LAB} [data-act=play]").tap()
    settle(finger)
    assert verdict(finger, LAB).startswith("Five steps of G to one of D, after")
    assert 0 < updates(finger) < PICTURES * EVERY


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    assert median_ms(desk.page, LAB, range(0, PICTURES, 5), lambda t: move(desk.page, t)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    parts = f"{LAB} :is(select, input[type=range], button, .lab-segments label)"
    sizes = target_sizes(phone.page, parts)
    assert len(sizes) == 3 + len(GAMES)
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, "5:1 packed")
        move(page, 9)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == len(GAMES)
    assert stand_in.overhang <= 0
