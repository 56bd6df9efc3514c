"""The lab "feature coalition" in a real browser: its numbers, its switches, its looks."""

from __future__ import annotations

import torch
from lab import (
    StageHeights,
    StandIn,
    box_of,
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
from sdl_lib.live import feature_coalition as lab

PAGE = "book/explanation/shapley-lime-qii.html"
LAB = "[data-lab='feature-coalition']"

# of each person: the Shapley values, and the gains in some coalitions
RUN = """async ([site, rows]) => {
  const { gains, shapley } = await import(`${site}/_static/live/feature-coalition.js`);
  const answer = await fetch(`${site}/_static/labs/feature-coalition/worths.bin`);
  const worths = new Float32Array(await answer.arrayBuffer());
  return [0, 1, 2, 3].map((i) => {
    const own = worths.subarray(4096 * i, 4096 * (i + 1));
    return [[...shapley(own, 12)], rows.map((row) => [...gains(own, row, 12)])];
  });
}"""


def switch(page: Page, answer: int) -> None:
    page.locator(f"{LAB} tbody input").nth(answer).click()
    settle(page)


def press(page: Page, name: str) -> None:
    page.locator(LAB).get_by_role("button", name=name, exact=True).click()
    settle(page)


def choose(page: Page, name: str) -> None:
    page.locator(f"{LAB} select").select_option(label=name)
    settle(page)


def says(page: Page, name: str, known: list[bool]) -> None:
    wanted = lab.sentence(lab.people()[name], known)
    found, wanted = (text.replace("\u00a0", " ") for text in (verdict(page, LAB), wanted))
    same_sentence(found, wanted)


def test_values_and_gains_equal_torchs(desk: Visit, site: str) -> None:
    rows = [0, 1, 2048, 2730, 4095]
    worst = 0.0
    answers = desk.page.evaluate(RUN, [site, rows])
    for person, (phi, gains) in zip(lab.people().values(), answers, strict=True):
        worst = max(worst, float((torch.tensor(phi).double() - person.shapley).abs().max()))
        for row, found in zip(rows, gains, strict=True):
            known = [bit == "1" for bit in f"{row:012b}"]
            off = torch.tensor(found).double() - lab.gains(person.worths, known)
            worst = max(worst, float(off.abs().max()))
    print(f"largest difference from torch: {worst:.1e}")
    assert worst <= 1e-5


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    page, control = desk.page, live.show("feature-coalition")
    for name, answer in zip(lab.PEOPLE, (5, 8, 2, 3), strict=True):
        choose(page, name)
        control.person.value = name
        switch(page, answer)
        control.answers[answer].value = not control.answers[answer].value
        wanted = said(control)
        same_sentence(verdict(page, LAB).replace("\u00a0", " "), wanted.replace("\u00a0", " "))


def test_all_none_and_the_opposite(desk: Visit) -> None:
    page, name = desk.page, next(iter(lab.PEOPLE))
    says(page, name, [True] * 12)
    press(page, "All off")
    says(page, name, [False] * 12)
    switch(page, 3)
    press(page, "Swap on and off")
    says(page, name, [i != 3 for i in range(12)])
    assert not page.locator(f"{LAB} tbody input").nth(3).is_checked()
    press(page, "All on")
    says(page, name, [True] * 12)


def test_a_click_on_the_cloud_goes_to_a_coalition(desk: Visit) -> None:
    page = desk.page
    canvas = page.locator(f"{LAB} canvas")
    canvas.scroll_into_view_if_needed()
    before = canvas.evaluate("c => c.toDataURL()")
    box = box_of(canvas)
    page.mouse.click(box["x"] + 42, box["y"] + 0.7 * box["height"])  # nobody stands leftmost
    settle(page)
    says(page, next(iter(lab.PEOPLE)), [False] * 12)
    assert canvas.evaluate("c => c.toDataURL()") != before


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} select").focus()
    for _ in range(4 + 5):  # three buttons, then five answers on
        keys.press("Tab")
    keys.press("Space")
    settle(page)
    says(page, next(iter(lab.PEOPLE)), [i != 5 for i in range(12)])
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_verdict_is_announced_once_after_a_pause(desk: Visit) -> None:
    desk.page.wait_for_timeout(900)
    for answer in range(4):
        switch(desk.page, answer)
    desk.page.wait_for_timeout(900)
    assert desk.page.locator(f"{LAB} [role=status]").inner_text() == verdict(desk.page, LAB)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    answers = [step % 12 for step in range(60)]
    assert median_ms(desk.page, LAB, answers, lambda i: switch(desk.page, i)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []
    sizes = target_sizes(phone.page, f"{LAB} :is(button, select, .coalition-table label)")
    assert len(sizes) == 16
    assert min(sizes) >= 36


def test_an_answer_can_be_tapped(finger: Page) -> None:
    finger.locator(f"{LAB} .coalition-table label").nth(5).tap()
    settle(finger)
    says(finger, next(iter(lab.PEOPLE)), [i != 5 for i in range(12)])


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        choose(page, "a craft worker of 45")  # the longest words
        press(page, "All off")

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 12
    assert stand_in.overhang <= 0
