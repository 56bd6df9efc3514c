"""The lab "influence explorer" in a real browser: its numbers, its controls, its looks."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
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

from sdl_lib import models
from sdl_lib.data import mnist10k
from sdl_lib.live import influence_explorer as lab
from sdl_lib.live.draw_a_digit import sample_rows

PAGE = "book/explanation/internal-influence.html"
LAB = "[data-lab='influence-explorer']"
NAMES = list(lab.SLICES)

# the influence of every unit, for each question
RUN = """async ([site, picture, gallery, noise, settings, questions]) => {
  const { loadNetwork } = await import(`${site}/_static/live/engine.js`);
  const { distribution, Influence } = await import(`${site}/_static/live/influence.js`);
  const engine = await loadNetwork(new URL(`${site}/_static/labs/influence-explorer/`), "lenet5");
  return questions.map(({ slice, quantity, kind, inside, pictures }) => {
    const given = { pictures: pictures.map((i) => gallery[i]), noise, settings };
    const points = distribution(kind, Float64Array.from(picture), given);
    const found = new Influence(engine, slice, quantity, points, inside);
    while (found.done < points.count) found.step();
    return [...found.sum].map((value) => value / points.count);
  });
}"""


@cache
def in_float64() -> models.LeNet5:
    model = models.load(lab.FILE).double()
    assert isinstance(model, models.LeNet5)
    return model


def sample(digit: int) -> torch.Tensor:
    row = sample_rows()[digit]
    return mnist10k("test")[0][row : row + 1].double()


def wait(page: Page) -> None:
    page.wait_for_selector(f"{LAB}[data-done]")
    settle(page)


def ask(page: Page, digit: int, question: lab.Question) -> None:
    page.locator(f"{LAB} [data-sample='{digit}']").click()
    pick(page, LAB, "slice", str(NAMES.index(question.slice)))
    pick(page, LAB, "kind", question.kind)
    for name, value in (("k", question.k), ("other", question.other), ("map", question.map)):
        knob = page.locator(f"{LAB} select[data-name={name}]")
        if knob.is_enabled():
            knob.select_option(str(value))
    pick(page, LAB, "distribution", question.distribution)
    pick(page, LAB, "measure", str(int(question.multiply)))
    wait(page)


def expected(digit: int, question: lab.Question) -> str:
    """What the lab should say, from torch in double precision."""
    x, model = sample(digit), in_float64()
    chi = lab.explain(model, x, digit, question)
    rise = lab.measured(model, x, question) - lab.measured(model, 0 * x, question)
    return lab.sentence(question, digit, chi, rise)


def test_page_computes_what_torch_computes(desk: Visit, site: str) -> None:
    x, model = sample(5), in_float64()
    layers = {"input": -1, "conv 1": 1, "conv 2": 4}
    questions: list[dict[str, Any]] = []
    theirs = []
    for slice in NAMES:
        shape = lab.explain(model, x, 5, lab.Question(slice, distribution="point")).shape
        for kind in lab.QUANTITIES.values():
            for distribution in lab.DISTRIBUTIONS.values():
                inside = distribution in ("class", "data")
                question = lab.Question(slice, kind, 5, 6, 9, distribution, inside)
                rows = range(50, 60) if distribution == "class" else range(100)
                quantity = {"kind": kind, "k": 5, "other": 6, "map": 9, "layer": 4}
                questions.append(
                    {
                        "slice": {"layer": layers[slice], "shape": list(shape)},
                        "quantity": quantity,
                        "kind": distribution,
                        "inside": inside,
                        "pictures": list(rows),
                    }
                )
                theirs.append(lab.explain(model, x, 5, question).flatten())
    settings = {"steps": lab.STEPS, "draws": lab.DRAWS, "sigma": lab.SIGMA}
    given = [
        x.flatten().tolist(),
        lab.gallery().flatten(1).tolist(),
        lab.noise().flatten().tolist(),
    ]
    ours = desk.page.evaluate(RUN, [site, *given, settings, questions])
    pairs = zip(ours, theirs, strict=True)
    worst = max(float((torch.tensor(a).double() - b).abs().max()) for a, b in pairs)
    print(f"{len(questions)} questions, worst {worst:.1e}")
    assert worst <= 1e-5


QUESTIONS = [
    lab.Question(),
    lab.Question("input", "class", 3, 8, 0, "segment", True),
    lab.Question("conv 1", "two", 9, 4, 0, "noise", True),
    lab.Question("conv 2", "max", 3, 8, 0, "data", True),
    lab.Question("input", "map", 3, 8, 11, "point", False),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_sentence_is_that_of_torch(desk: Visit, question: lab.Question) -> None:
    ask(desk.page, 3, question)
    same_sentence(verdict(desk.page, LAB), expected(3, question))


def test_a_map_becomes_the_quantity(desk: Visit) -> None:
    page = desk.page
    page.locator(f"{LAB} [data-map='4']").focus()
    page.keyboard.press("Enter")
    wait(page)
    wanted = lab.Question("input", "map", 3, 8, 4, "class", False)
    same_sentence(verdict(page, LAB), expected(3, wanted))
    assert page.locator(f"{LAB} select[data-name=map]").input_value() == "4"
    assert page.locator(f"{LAB} select[data-name=k]").is_disabled()


def test_keyboard_moves_through_the_choices(desk: Visit) -> None:
    page = desk.page
    page.locator(f"{LAB} input[data-name=distribution]:checked").focus()
    page.keyboard.press("ArrowRight")
    wait(page)
    assert "over 100 digits of all classes" in verdict(page, LAB)
    shown = page.locator(f"{LAB} input[data-name=distribution]:checked + span")
    assert shown.evaluate("e => getComputedStyle(e)['outline-style']") == "solid"


def test_two_equal_classes_are_taken_apart(desk: Visit) -> None:
    ask(desk.page, 3, lab.Question(kind="two", k=8, other=2))
    desk.page.locator(f"{LAB} select[data-name=other]").select_option("8")
    wait(desk.page)
    assert "score of 8 less that of 9" in verdict(desk.page, LAB)


def test_a_frame_takes_at_most_16_ms(desk: Visit) -> None:
    ask(desk.page, 3, lab.Question("input", distribution="data"))

    def next_frame(digit: int) -> None:
        desk.page.locator(f"{LAB} [data-sample='{digit}']").click()
        settle(desk.page)

    assert median_ms(desk.page, LAB, [i % 10 for i in range(40)], next_frame) <= 16


def test_lab_is_accessible_in_light(desk: Visit) -> None:
    assert desk.axe() == []


def test_lab_is_accessible_in_dark_and_fits_a_phone(phone: Visit) -> None:
    assert phone_faults(phone, LAB) == []


def test_targets_are_large_enough_for_a_finger(phone: Visit) -> None:
    assert min(target_sizes(phone.page, f"{LAB} :is(button, select)")) >= 36


def test_nothing_shifts_when_the_lab_comes_to_life(stage_heights: StageHeights) -> None:
    def use(page: Page) -> None:
        for question in (QUESTIONS[1], QUESTIONS[2], lab.Question("conv 2", "two", 3, 8)):
            ask(page, 3, question)

    before, after = stage_heights(use)
    assert before == after


def test_a_picture_and_a_table_stand_in_without_javascript(stand_in: StandIn) -> None:
    assert stand_in.rows == 6
    assert stand_in.overhang <= 0
