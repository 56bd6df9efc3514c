"""The lab "COMPAS thresholds" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import itertools
import math

import pytest
from lab import (
    SIZES,
    StageHeights,
    StandIn,
    box_of,
    median_ms,
    phone_faults,
    pick,
    said,
    settle,
    target_sizes,
    verdict,
)
from playwright.sync_api import Page
from visit import Visit

from sdl_lib import live
from sdl_lib.live import compas_thresholds as lab

PAGE = "book/fairness/criteria-and-impossibility.html"
LAB = "[data-lab='compas-thresholds']"
COUNT = """async ([site, name, cases]) => {
  const t = await import(`${site}/_static/live/thresholds.js`);
  const file = await fetch(`${site}/_static/labs/compas-thresholds/lab.json`);
  const setup = await file.json();
  const groups = setup.groups[name];
  return cases.map(([first, second, ...base]) => {
    const found = t.rates(groups, [first, second], base);
    const matched = t.match(groups, "fpr", first, base, setup.threshold, setup.start);
    return { found, gap: t.gaps(found), matched };
  });
}"""


def move(page: Page, name: str, group: int, value: float) -> None:
    page.locator(f"{LAB} input[data-name={name}]").nth(group).fill(f"{value:g}")
    settle(page)


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"{LAB} tbody td:nth-of-type({number})").all_inner_texts()


def test_numbers_are_those_of_the_library(desk: Visit, site: str) -> None:
    thresholds = (1.0, 4.3, 5.0, 9.9)
    cases = [
        (first, second, *base)
        for first, second, base in itertools.product(
            thresholds, thresholds, [(0.514, 0.394), (0.5, 0.5), (0.05, 0.9)]
        )
    ]
    worst = 0.0
    for name in lab.GROUPS:
        groups = lab.split(name)
        answers = desk.page.evaluate(COUNT, [site, name, cases])
        for (first, second, *base), answer in zip(cases, answers, strict=True):
            pair = (base[0], base[1])
            found = lab.rates(groups, (first, second), pair)
            for rate in ("selection", "tpr", "fpr", "ppv"):
                for mine, theirs in zip(found[rate].tolist(), answer["found"][rate], strict=True):
                    worst = max(worst, abs(mine - theirs))
            for criterion, gap in lab.gaps(found).items():
                worst = max(worst, abs(gap - answer["gap"][criterion]))
            assert answer["matched"] == lab.match(groups, "fpr", first, pair)
    print(f"largest difference from the library: {worst:.1e}")
    assert worst <= 1e-9


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("compas-thresholds")
    assert verdict(desk.page, LAB) == said(control)
    for name, group, value in [
        ("threshold", 1, 3.2), ("base", 1, 0.5), ("base", 0, 0.2), ("threshold", 0, 11),
    ]:  # fmt: skip
        move(desk.page, name, group, value)
        knob = f"{'base_' if name == 'base' else ''}{('first', 'second')[group]}"
        getattr(control, knob).value = value
        assert verdict(desk.page, LAB) == said(control)
        for line in desk.page.locator(f"{LAB} .compas-identity").all_inner_texts():
            assert line in control.table.value
    desk.page.get_by_role("button", name="As it was").click()
    pick(desk.page, LAB, "groups", "sex")
    control.first.value = control.second.value = lab.START
    control.groups.value = "sex"
    assert verdict(desk.page, LAB) == said(control)


def test_the_lab_tells_the_story_of_the_chapter(desk: Visit) -> None:
    page = desk.page
    assert column(page, 1)[2] == "0.448"
    assert column(page, 2)[2] == "0.235"
    assert column(page, 4) == ["no"] * 4 + ["yes"] * 2
    page.get_by_role("button", name="FPR").click()
    settle(page)
    assert column(page, 4) == ["yes"] * 4 + ["no", "yes"]
    page.get_by_role("button", name="Same base rate").click()
    settle(page)
    assert column(page, 4) == ["yes"] * 5 + ["no"]
    for line in page.locator(f"{LAB} .compas-identity").all_inner_texts():
        left, right = line.split(" = ")
        product = math.prod(float(factor) for factor in right.split(" × "))
        assert abs(float(left) - product) < 0.002
    page.get_by_role("button", name="As it was").click()
    settle(page)
    assert column(page, 4) == ["no"] * 4 + ["yes"] * 2


def test_a_threshold_can_be_dragged(desk: Visit) -> None:
    page, chart = desk.page, desk.page.locator(f"{LAB} canvas").nth(1)
    chart.scroll_into_view_if_needed()
    box = box_of(chart)
    before = chart.evaluate("c => c.toDataURL()")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20, steps=4)
    page.mouse.up()
    settle(page)
    assert chart.evaluate("c => c.toDataURL()") != before
    assert page.locator(f"{LAB} input[data-name=threshold]").nth(1).input_value() == "11"
    assert verdict(page, LAB).endswith("predictive parity is not defined.")


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    before = column(page, 1)
    page.locator(f"{LAB} input[data-name=threshold]").first.focus()
    keys.press("ArrowRight")
    settle(page)
    assert column(page, 1) != before
    for name in ("base", "threshold", "base"):
        keys.press("Tab")
        assert page.evaluate("document.activeElement.dataset.name") == name
    keys.press("Tab")
    keys.press("ArrowRight")
    settle(page)
    assert page.locator(f"{LAB} [data-group='0']").first.inner_text() == "Female"
    for _ in range(6):
        keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "As it was"
    keys.press("Enter")
    settle(page)
    assert page.locator(f"{LAB} input[data-name=threshold]").first.input_value() == "5"


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    cuts = [1 + step / 6 for step in range(60)]
    take = lambda cut: move(desk.page, "threshold", 0, round(cut, 1))  # noqa: E731
    assert median_ms(desk.page, LAB, cuts, take) <= 16


def test_verdict_is_announced_once_after_a_pause(desk: Visit) -> None:
    desk.page.wait_for_timeout(900)
    for step in range(5):
        move(desk.page, "threshold", 1, 3 + step / 10)
    desk.page.wait_for_timeout(900)
    assert desk.page.locator(f"{LAB} [role=status]").inner_text() == verdict(desk.page, LAB)


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []
    sizes = target_sizes(phone.page, f"{LAB} :is(button, .lab-choice span, input[type=range])")
    assert len(sizes) >= 12
    assert min(sizes) >= 36


@pytest.mark.parametrize("stage_heights", SIZES, indirect=True)
def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    before, after = stage_heights(lambda page: move(page, "threshold", 0, 11))
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 6
    assert stand_in.overhang <= 0
