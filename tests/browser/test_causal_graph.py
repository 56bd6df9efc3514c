"""The lab "causal-graph" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import pytest
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
from sdl_lib.live import causal_graph as lab

PAGE = "book/fairness/individuals-causality-and-law.html"
LAB = "[data-lab='causal-graph']"
EDGES = list(lab.STRENGTH)
LOOK = """async ([site, cases, sd]) => {
  const { look } = await import(`${site}/_static/live/causal-law.js`);
  return cases.map((strength) => look(strength, sd));
}"""


def move(page: Page, edge: int, value: float) -> None:
    page.locator(f"{LAB} .causal-edges input[type=range]").nth(edge).fill(str(value))
    settle(page)


def cut(page: Page, edge: int) -> None:
    page.locator(f"{LAB} .causal-keep").nth(edge).click()
    settle(page)


def test_the_page_computes_what_the_matrices_say(desk: Visit, site: str) -> None:
    start = [*lab.STRENGTH.values()]
    cases = [start, [0.0] * 6, [1.0] * 6, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]
    cases += [[v if i != k else 0.0 for i, v in enumerate(start)] for k in range(6)]
    cases += [[0.05 * ((7 * i + 3 * k) % 21) for i in range(6)] for k in range(8)]
    sd = [lab.SD[name] for name in lab.NAMES[1:]]
    found = desk.page.evaluate(LOOK, [site, cases, sd])
    for case, rules in zip(cases, found, strict=True):
        for name, seen in lab.look(dict(zip(EDGES, case, strict=True))).items():
            for part in ("first", "second", "gap"):
                assert rules[name][part] == pytest.approx(getattr(seen, part), abs=1e-5)


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("causal-graph")
    for edge, value in ((0, 0.35), (1, 0.9), (4, 0.05)):
        control.strength[EDGES[edge]].value = value
        move(desk.page, edge, value)
        same_sentence(verdict(desk.page, LAB), said(control))
    for edge in (1, 5):
        control.kept[EDGES[edge]].value = False
        cut(desk.page, edge)
        same_sentence(verdict(desk.page, LAB), said(control))


def test_two_cuts_make_the_unaware_rule_fair_and_not_the_aware_one(desk: Visit) -> None:
    cut(desk.page, EDGES.index(("group", "schooling")))
    cut(desk.page, EDGES.index(("group", "test")))
    rows = desk.page.locator(f"{LAB} .causal-rules tbody tr")
    assert rows.nth(0).inner_text().split()[1:] == ["50.0%", "50.0%", "0.00"]
    assert rows.nth(1).inner_text().split()[3] == "0.50"


def test_an_arrow_can_be_cut_by_a_click(desk: Visit) -> None:
    arrow = desk.page.locator(f"{LAB} .causal-arrow").nth(3)
    arrow.locator(".causal-touch").dispatch_event("click")
    settle(desk.page)
    assert verdict(desk.page, LAB).startswith("With 5 of 6 edges")
    assert "causal-cut" in (arrow.get_attribute("class") or "")
    assert desk.page.locator(f"{LAB} input[type=range]").nth(3).is_disabled()


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} input[type=checkbox]").first.focus()
    keys.press("Space")
    settle(page)
    assert verdict(page, LAB).startswith("With 5 of 6 edges")
    keys.press("Tab")  # the slider of a cut edge is passed over
    keys.press("Tab")
    before = verdict(page, LAB)
    keys.press("End")
    settle(page)
    assert verdict(page, LAB) != before


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    steps = [i / 20 for i in range(0, 21, 2)]
    assert median_ms(desk.page, LAB, steps, lambda value: move(desk.page, 0, value)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(.causal-keep, input[type=range])")
    assert len(sizes) == 12
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, 2, 1)
        cut(page, 0)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 6
    assert stand_in.overhang <= 0
