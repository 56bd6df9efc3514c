"""What the tests of every lab share: opening it, using it, and looking at it.

A lab is named by the selector of its card, ``[data-lab='...']``.
"""

from __future__ import annotations

import html
import re
import statistics
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from playwright.sync_api import Browser, FloatRect, Locator, Page, ViewportSize
from visit import DESKTOP, PHONE, Visit

Size = tuple[int, int]
Step = TypeVar("Step")
Use = Callable[[Page], None]
StageHeights = Callable[[Use], tuple[int, int]]

SIZES: list[Size] = [DESKTOP, (700, 1024), PHONE, (1920, 1080)]
NUMBER = r"\d+\.\d+"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

BEYOND_CARD = """card => {
  const edge = card.getBoundingClientRect().right;
  const beyond = (e) => e.getBoundingClientRect().right - edge;
  return [...card.querySelectorAll("*")]
    .filter(e => e.checkVisibility() && beyond(e) > 1)
    .map(e => `${beyond(e).toFixed(1)} px beyond the card: ${e.outerHTML.slice(0, 120)}`);
}"""


# opening and using it


def settle(page: Page) -> None:
    """Wait until what was done is drawn."""
    page.evaluate(TWO_FRAMES)


def start(page: Page, lab: str) -> None:
    """Bring the lab of the page to life."""
    page.locator(lab).scroll_into_view_if_needed()
    page.wait_for_selector(f"{lab}[data-ready]")
    settle(page)


def pick(page: Page, lab: str, name: str, value: str) -> None:
    """Take one of the options of a choice."""
    page.locator(f"{lab} label:has(input[data-name={name}][value='{value}'])").click()
    settle(page)


def box_of(part: Locator) -> FloatRect:
    """Where a part of the page lies, which must be somewhere."""
    box = part.bounding_box()
    assert box, f"{part} has no box"
    return box


# what it says, and how fast


def verdict(page: Page, lab: str) -> str:
    """The sentence that the lab of the page shows."""
    return page.locator(f"{lab} .lab-verdict").inner_text()


def said(control: Any) -> str:
    """The sentence that a lab's control of ipywidgets shows."""
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def same_sentence(
    found: str, expected: str, *, number: str = NUMBER, tolerance: float | None = None
) -> None:
    """Word for word; a number may differ by the tolerance, or be rounded to the next digit."""
    words = [re.sub(number, "#", text) for text in (found, expected)]
    assert words[0] == words[1], (found, expected)
    for a, b in zip(re.findall(number, found), re.findall(number, expected), strict=True):
        next_digit = 1.001 * 10 ** -len(a.split(".")[1])
        allowed = next_digit if tolerance is None else tolerance
        assert abs(float(a) - float(b)) <= allowed, (found, expected)


def median_ms(page: Page, lab: str, steps: Iterable[Step], take: Callable[[Step], None]) -> float:
    """The median of the times that the lab gives for its answers to the steps."""
    times = []
    for step in steps:
        take(step)
        times.append(float(page.locator(lab).get_attribute("data-ms") or "nan"))
    median = statistics.median(times)
    late = sorted(times)[int(0.95 * len(times))]
    print(f"{lab}: median {median:.1f} ms, 95th percentile {late:.1f} ms")
    return median


# how it looks


def phone_faults(visit: Visit, lab: str) -> list[str]:
    """What is wrong with the lab on a phone in the dark."""
    page = visit.page
    return [*visit.axe(), *visit.too_wide(), *beyond_card(page, lab), *too_light(page, lab)]


def beyond_card(page: Page, lab: str) -> list[str]:
    """The visible parts of the lab that reach beyond the right edge of its card."""
    return list(page.locator(lab).evaluate(BEYOND_CARD))


def too_light(page: Page, lab: str) -> list[str]:
    """The paper of the lab, where it is not dark."""
    stage = page.locator(f"{lab} .sdl-lab-stage")
    paper = stage.evaluate("e => getComputedStyle(e).backgroundColor")
    return [paper] if sum(map(int, re.findall(r"\d+", paper)[:3])) >= 3 * 64 else []


def target_sizes(page: Page, parts: str) -> list[float]:
    """The shorter sides of the parts that are there to be touched."""
    boxes = [box for part in page.locator(parts).all() if (box := part.bounding_box())]
    return [min(box["width"], box["height"]) for box in boxes]


# before it comes to life, and without JavaScript


def idle_height(browser: Browser, url: str, lab: str, size: Size) -> int:
    """The height of the lab while its files cannot be had."""
    with browser.new_context(viewport=_viewport(size)) as context:
        page = context.new_page()
        page.route("**/_static/labs/**", lambda route: route.abort())
        page.goto(url)
        page.locator(lab).scroll_into_view_if_needed()
        page.wait_for_selector(f"{lab} .lab-problem")  # the picture stays, with a note
        assert page.locator(f"{lab} img").is_visible(), "the picture is gone"
        return _height(page, lab)


def height_in_use(browser: Browser, url: str, lab: str, size: Size, use: Use) -> int:
    """The height of the lab after this use of it."""
    with browser.new_context(viewport=_viewport(size)) as context:
        page = context.new_page()
        page.goto(url)
        start(page, lab)
        use(page)
        return _height(page, lab)


def _height(page: Page, lab: str) -> int:
    return int(page.locator(f"{lab} .sdl-lab-stage").evaluate("e => e.offsetHeight"))


class StandIn(NamedTuple):
    """The table that stands in for a lab: its rows, and how far it reaches beyond the card."""

    rows: int
    overhang: float


def without_javascript(browser: Browser, url: str, lab: str, size: Size) -> StandIn:
    """What stands in for the lab: a picture that is described, and this table."""
    with browser.new_context(java_script_enabled=False, viewport=_viewport(size)) as context:
        page = context.new_page()
        page.goto(url)
        picture = page.locator(f"{lab} img")
        assert picture.is_visible(), "there is no picture"
        described = picture.get_attribute("alt") or ""
        assert len(described) > 100, described
        parts = (page.locator(f"{lab} {part}") for part in ("table", ".sdl-lab-stage"))
        table, stage = (box["x"] + box["width"] for box in map(box_of, parts))
        return StandIn(page.locator(f"{lab} tbody tr").count(), table - stage)


def _viewport(size: Size) -> ViewportSize:
    return {"width": size[0], "height": size[1]}
