"""The lab "transfer map" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

import re

import pytest
import torch
from lab import (
    StageHeights,
    StandIn,
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
from sdl_lib.live import transfer_map as lab

PAGE = "book/security/transferability.html"
LAB = "[data-lab='transfer-map']"
RATES = """async (site) => {
  const { rate } = await import(`${site}/_static/live/transfer-rates.js`);
  const setup = await (await fetch(`${site}/_static/labs/transfer-map/lab.json`)).json();
  const all = (n) => [...Array(n).keys()];
  const models = all(setup.names.length);
  return all(setup.attacks.length).map((a) => all(setup.budgets.length).map((b) =>
    models.map((i) => models.map((j) => {
      const { share, low, high } = rate(setup, a, b, i, j);
      return [share, low, high];
    }))));
}"""


def move(page: Page, budget: int) -> None:
    page.locator(f"{LAB} [data-name=budget]").fill(str(budget))
    settle(page)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"{LAB} select[data-name={name}]").select_option(label=value)
    settle(page)


def test_the_pages_rates_are_those_of_the_models(desk: Visit, site: str) -> None:
    found = torch.tensor(desk.page.evaluate(RATES, site), dtype=torch.float64)
    known = lab.counts()
    share = known.hits / known.counted.double()
    assert torch.allclose(found[..., 0], share, atol=1e-5)
    for a, attack in enumerate(lab.ATTACKS):
        for b in range(len(lab.BUDGETS)):
            for i, source in enumerate(lab.NAMES):
                for j, target in enumerate(lab.NAMES):
                    interval = lab.rate(attack, b, source, target).interval
                    assert found[a, b, i, j, 1:].tolist() == pytest.approx(interval, abs=1e-5)


def test_nothing_falls_without_a_budget_and_attacks_beat_noise() -> None:
    hits = lab.counts().hits
    assert not hits[:, 0].any()
    assert bool((hits[0, 4] > hits[lab.NOISE, 4]).all())


def test_page_and_notebook_say_the_same(desk: Visit) -> None:
    control = live.show("transfer-map")
    cases = [
        ("PGD", "linear", "LeNet-5", 4),
        ("FGSM", "LeNet-5", "perceptron", 2),
        ("random signs", "linear", "linear", 6),
    ]
    for attack, source, target, budget in cases:
        control.attack.value, control.source.value = attack, source
        control.target.value, control.budget.value = target, budget
        choose(desk.page, "attack", attack)
        choose(desk.page, "source", source)
        choose(desk.page, "target", target)
        move(desk.page, budget)
        same_sentence(verdict(desk.page, LAB), re.sub("<.*?>", "", control.verdict.value))


def test_the_map_marks_the_chosen_pair(desk: Visit) -> None:
    choose(desk.page, "source", "perceptron")
    choose(desk.page, "target", "linear")
    marked = desk.page.locator(f"{LAB} td.transfer-chosen")
    assert marked.count() == 1
    found = float(marked.inner_text())
    assert found == pytest.approx(lab.rate("PGD", 4, "perceptron", "linear").share, abs=0.0051)


def test_everything_can_be_done_by_keyboard(desk: Visit) -> None:
    page, keys = desk.page, desk.page.keyboard
    page.locator(f"{LAB} [data-name=attack]").focus()
    for _ in range(4):
        before = verdict(page, LAB)
        keys.press("ArrowUp" if "LeNet-5 model, tr" in before and _ == 2 else "ArrowDown")
        settle(page)
        if _ == 3:
            keys.press("ArrowLeft")
            keys.press("ArrowLeft")
            settle(page)
        assert verdict(page, LAB) != before
        keys.press("Tab")


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    assert median_ms(desk.page, LAB, range(7), lambda b: move(desk.page, b)) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    sizes = target_sizes(phone.page, f"{LAB} :is(select, input[type=range])")
    assert len(sizes) == 4
    assert min(sizes) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        move(page, 6)
        choose(page, "target", "perceptron")

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 3
    assert stand_in.overhang <= 0
