"""The lab "optimiser paths" in a real browser: its paths, its controls, its looks."""

from __future__ import annotations

import html
import itertools
import re
import statistics
from collections.abc import Iterator

import pytest
import torch
from playwright.sync_api import Browser, Page
from visit import DESKTOP, PHONE, OpenPage, Visit

from sdl_lib import live
from sdl_lib.live import optimiser_paths as lab

PAGE = "book/fundamentals/training-and-platforms.html"
LAB = "[data-lab='optimiser-paths']"
MAP = f"{LAB} .paths-map canvas"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
WALK = """async ([site, cases, steps]) => {
  const o = await import(`${site}/_static/live/optimisers.js`);
  return cases.map(([start, kappa, lr, beta, adam, turned]) => {
    const bowl = o.bowl(kappa, turned);
    const paths = [o.gd(bowl, start, { lr, steps }), o.momentum(bowl, start, { lr, beta, steps }),
      o.adam(bowl, start, { lr: adam, steps }), o.newton(bowl, start, { steps })];
    return paths.map((path) => [[...path], [...o.lossesOf(bowl, path)]]);
  });
}"""


def begin(page: Page) -> None:
    page.locator(LAB).scroll_into_view_if_needed()
    page.wait_for_selector(f"{LAB}[data-ready]")
    page.evaluate(TWO_FRAMES)


@pytest.fixture
def desk(open_page: OpenPage, site: str) -> Iterator[Visit]:
    visit = open_page(f"{site}/{PAGE}", DESKTOP)
    begin(visit.page)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


@pytest.fixture
def phone(open_page: OpenPage, site: str) -> Iterator[Visit]:
    visit = open_page(f"{site}/{PAGE}", PHONE, "dark")
    begin(visit.page)
    yield visit
    assert (visit.outside, visit.missing, visit.console) == ([], [], [])
    visit.page.context.close()


def move(page: Page, name: str, value: float) -> None:
    page.locator(f"{LAB} input[name={name}]").fill(f"{value:.2f}")
    page.evaluate(TWO_FRAMES)


def turn(page: Page) -> None:
    page.locator(f"{LAB} label:has(input[data-name=turned][value=yes])").click()
    page.evaluate(TWO_FRAMES)


def verdict(page: Page) -> str:
    return page.locator(f"{LAB} .lab-verdict").inner_text()


def needed(page: Page) -> list[str]:
    return page.locator(f"{LAB} tbody td:nth-of-type(1)").all_inner_texts()


def test_paths_are_those_of_the_library(desk: Visit, site: str) -> None:
    starts, kappas = [(-1.8, 1.2), (0.35, -2.0)], (1.0, 25.1, 1000.0)
    rates = [(1.82, 0.6, 0.251), (0.05, 0.0, 0.02), (2.3, 0.95, 1.0)]  # the last one runs away
    cases = [
        (start, kappa, *rate, turned)
        for start, kappa, rate, turned in itertools.product(starts, kappas, rates, (False, True))
    ]
    answers = desk.page.evaluate(WALK, [site, cases, lab.STEPS])
    worst = 0.0
    for (start, kappa, lr, beta, adam_lr, turned), answer in zip(cases, answers, strict=True):
        expected = lab.walk(start, kappa=kappa, lr=lr, beta=beta, adam_lr=adam_lr, turned=turned)
        f = lab.bowl(kappa, turned)
        for path, (points, losses) in zip(expected.values(), answer, strict=True):
            found = torch.tensor(points, dtype=torch.float64).view(-1, 2)
            off = (found - path).abs() / path.abs().clamp_min(1)
            heights = torch.tensor(losses, dtype=torch.float64)
            low = lab.losses(f, path)
            off_loss = (heights - low).abs() / low.clamp_min(1)
            worst = max(worst, float(off.max()), float(off_loss.max()))
    print(f"largest difference from the library: {worst:.1e}")
    assert worst <= 1e-9


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("optimiser-paths")
    for name, value in [("lr", 0.3), ("kappa", 2.0), ("beta", 0.9), ("lr", 0.4), ("adam", -1.0)]:
        move(desk.page, name, value)
        shown = desk.page.locator(f"{LAB} input[name={name}]").get_attribute("aria-valuetext")
        getattr(control, name).value = float(shown or "nan")
        assert verdict(desk.page) == html.unescape(re.sub("<.*?>", "", control.verdict.value))
    turn(desk.page)
    control.turned.value = True
    assert verdict(desk.page) == html.unescape(re.sub("<.*?>", "", control.verdict.value))


def test_the_bowl_tells_the_story_of_the_chapter(desk: Visit) -> None:
    page = desk.page
    assert needed(page)[3] == "1"  # Newton
    move(page, "kappa", 2)
    upright = int(needed(page)[2])  # Adam
    turn(page)
    turned = needed(page)[2]
    assert turned == "–" or int(turned) > upright
    move(page, "lr", 0.32)  # beyond 2/L = 2
    assert "Running away: gradient descent." in verdict(page)
    move(page, "kappa", 0)
    assert needed(page)[0] == "–"
    move(page, "lr", 0)
    assert needed(page)[0] == "1"  # on a round bowl a rate of 1 is Newton's


def test_a_click_and_a_drag_choose_the_start(desk: Visit) -> None:
    page = desk.page
    page.locator(MAP).scroll_into_view_if_needed()
    box = page.locator(MAP).bounding_box()
    assert box
    x, y, side = box["x"], box["y"], box["width"]
    before = needed(page), page.locator(MAP).evaluate("c => c.toDataURL()")
    page.mouse.move(x + 0.8 * side, y + 0.2 * side)
    page.mouse.down()
    page.evaluate(TWO_FRAMES)
    middle = page.locator(MAP).evaluate("c => c.toDataURL()")
    page.mouse.move(x + side / 2, y + side / 2, steps=4)
    page.mouse.up()
    page.evaluate(TWO_FRAMES)
    assert middle != before[1]
    assert verdict(page) == "You start at the lowest point: nothing is left to do."
    page.get_by_role("button", name="Back to the first start").click()
    page.evaluate(TWO_FRAMES)
    assert needed(page) == before[0]


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    before = verdict(page)
    page.locator(MAP).focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for key in [*["ArrowRight"] * 8, *["Shift+ArrowRight"] * 2, *["ArrowDown"] * 12]:
        keys.press(key)
    page.evaluate(TWO_FRAMES)
    assert verdict(page) == "You start at the lowest point: nothing is left to do."
    keys.press("Home")
    page.evaluate(TWO_FRAMES)
    assert verdict(page) == before
    for name in ("kappa", "lr", "beta", "adam"):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.name") == name
    keys.press("Tab")
    keys.press("ArrowRight")
    page.evaluate(TWO_FRAMES)
    assert page.locator(f"{LAB} input[value=yes]").is_checked()


def test_a_method_can_be_hidden(desk: Visit) -> None:
    page = desk.page
    pictures = f"{LAB} canvas"
    before = page.locator(pictures).evaluate_all("cs => cs.map(c => c.toDataURL())")
    page.get_by_label("gradient descent").uncheck()
    page.evaluate(TWO_FRAMES)
    after = page.locator(pictures).evaluate_all("cs => cs.map(c => c.toDataURL())")
    assert all(a != b for a, b in zip(before, after, strict=True))


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    times = []
    for step in range(60):
        move(desk.page, "kappa", step % 60 / 20)
        times.append(float(desk.page.locator(LAB).get_attribute("data-ms") or "nan"))
    median = statistics.median(times)
    print(f"frame: median {median:.1f} ms, 95th percentile {sorted(times)[57]:.1f} ms")
    assert median <= 16


def test_verdict_is_announced_once_after_a_pause(desk: Visit) -> None:
    desk.page.wait_for_timeout(900)
    for step in range(5):
        move(desk.page, "kappa", 1 + step / 10)
    desk.page.wait_for_timeout(900)
    assert desk.page.locator(f"{LAB} [role=status]").inner_text() == verdict(desk.page)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone.axe() == []
    assert phone.too_wide() == []
    parts = phone.page.locator(
        f"{LAB} :is(button, .lab-choice span, input[type=range], .paths-table label)"
    )
    boxes = [box for part in parts.all() if (box := part.bounding_box())]
    assert len(boxes) >= 11
    assert min(min(box["width"], box["height"]) for box in boxes) >= 36


@pytest.mark.parametrize("size", [DESKTOP, (700, 1024), PHONE])
def test_nothing_shifts_when_the_lab_comes_to_life(
    browser: Browser, site: str, size: tuple[int, int]
) -> None:
    heights = []
    for blocked in (True, False):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        if blocked:
            page.route("**/_static/labs/optimiser-paths/lab.json", lambda route: route.abort())
        page.goto(f"{site}/{PAGE}")
        if blocked:
            page.locator(LAB).scroll_into_view_if_needed()
            page.wait_for_selector(f"{LAB} .lab-problem")  # the picture stays, with a note
            assert page.locator(f"{LAB} img").is_visible()
        else:
            begin(page)
            move(page, "lr", 0.6)
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
    assert page.locator(f"{LAB} img").is_visible()
    assert len(page.locator(f"{LAB} img").get_attribute("alt") or "") > 100
    assert page.locator(f"{LAB} tbody tr").count() == 7
    context.close()
