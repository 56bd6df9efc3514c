"""The lab "choose groups" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import itertools
import math

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
from sdl_lib.live import choose_groups as lab

PAGE = "book/fairness/auditing-intersections.html"
LAB = "[data-lab='choose-groups']"
LOOK = """async ([site, cases]) => {
  const { look, order } = await import(`${site}/_static/live/audit-table.js`);
  const setup = await (await fetch(`${site}/_static/labs/choose-groups/lab.json`)).json();
  const places = setup.attributes.map(([name]) => name);
  return cases.map(([chosen, rate, by]) => {
    const seen = look(setup, chosen.map((name) => places.indexOf(name)), rate);
    const rows = seen.rows.map((r) => [r.name, r.part, r.whole, r.rate, ...r.ends, r.p]);
    return [rows.map((r) => r.map((v) => (Number.isNaN(v) ? null : v))),
      order(seen, by).map((r) => r.name)];
  });
}"""


def toggle(page: Page, attribute: str) -> None:
    page.locator(f"{LAB} label:has(input[value='{attribute}'])").click()
    settle(page)


def choose(page: Page, place: int, value: str) -> None:
    page.locator(f"{LAB} select").nth(place).select_option(value=value)
    settle(page)


def test_the_page_counts_what_torch_counts(desk: Visit, site: str) -> None:
    names = list(lab.ATTRIBUTES)
    subsets = [list(s) for k in range(5) for s in itertools.combinations(names, k)]
    orders = itertools.cycle(lab.ORDERS)
    cases = [(s, rate, next(orders)) for s in subsets for rate in lab.RATES]
    found = desk.page.evaluate(LOOK, [site, cases])
    for (chosen, rate, by), (rows, ordered) in zip(cases, found, strict=True):
        seen = lab.look(chosen, rate)
        assert [row[0] for row in rows] == seen.names
        for i, (_, part, whole, share, low, high, p) in enumerate(rows):
            assert (part, whole) == (int(seen.part[i]), int(seen.whole[i]))
            ours = [float(v) for v in (seen.rate[i], *seen.ends[i], seen.p[i])]
            for value, expected in zip((share, low, high, p), ours, strict=True):
                assert (value is None) == math.isnan(expected)
                assert value is None or value == pytest.approx(expected, abs=1e-5)
        assert ordered == [seen.names[i] for i in lab.order(seen, by)]


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("choose-groups")

    same_sentence(verdict(desk.page, LAB), said(control))
    for attribute in ("age_cat", "race", "c_charge_degree", "sex", "age_cat", "c_charge_degree"):
        box = control.attributes[attribute]
        box.value = not box.value
        toggle(desk.page, attribute)
        same_sentence(verdict(desk.page, LAB), said(control))


def test_the_order_moves_the_widest_group_to_the_top(desk: Visit) -> None:
    first = desk.page.locator(f"{LAB} tbody th").first
    assert first.inner_text() == "African-American, Male"
    choose(desk.page, 1, "width")
    seen = lab.look(["race", "sex"], "fpr")
    assert first.inner_text() == seen.names[lab.order(seen, "width")[0]]
    choose(desk.page, 0, "ppv")
    assert "12 groups" in verdict(desk.page, LAB)


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} input").first.focus()
    before = verdict(page, LAB)
    keys.press("Space")
    settle(page)
    assert verdict(page, LAB) != before
    page.locator(f"{LAB} select").first.focus()
    before = verdict(page, LAB)
    keys.press("ArrowDown")
    settle(page)
    assert verdict(page, LAB) != before


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    steps = [*lab.ATTRIBUTES] * 4
    assert median_ms(desk.page, LAB, steps, lambda a: toggle(desk.page, a)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, .groups-boxes label)")
    assert len(sizes) == 6
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        toggle(page, "age_cat")
        toggle(page, "c_charge_degree")

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 6
    assert stand_in.overhang <= 0
