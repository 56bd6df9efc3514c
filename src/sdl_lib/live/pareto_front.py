"""The lab *pareto-front*: allow a gap, and see the accuracy and the rates of each group.

For each criterion the best thresholds are found for eleven gaps, from none to that of nobody's
constraint, on the training people of Adult; a reader picks one and sees what it does to new people.
In the page ``book/static/live/pareto-front.js`` computes the rates from expected counts; here
they are computed from the people.
"""

import html
import io
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from torch import Tensor

from sdl_lib import fairness, figures
from sdl_lib.data import adult, fit_encoding
from sdl_lib.live.export import write_json
from sdl_lib.models import ADULT_FEATURES

STEPS = 10  # gaps that may be allowed, from 0 to all of it
START: dict[str, Any] = {"criterion": "demographic parity", "step": STEPS}
ROWS = {"selection": "selected", "tpr": "TPR", "fpr": "FPR", "ppv": "PPV"}


class People(NamedTuple):
    """New people: their label (n,), group number (n,), and the names of the groups."""

    y: Tensor
    group: Tensor
    names: tuple[str, ...]


class Rule(NamedTuple):
    """The gap that was allowed in training, and the chance of each new person, shape (n,)."""

    slack: float
    chance: Tensor


class Seen(NamedTuple):
    """For each of ``ROWS`` the rate of each group; the accuracy; the gap of the criterion."""

    rates: dict[str, list[float]]
    accuracy: float
    gap: float


@cache
def computed() -> tuple[People, dict[str, tuple[Rule, ...]]]:
    """The new people, and the rules for each criterion by rising gap."""
    train, test = adult("train"), adult("test")
    encode = fit_encoding(train, [name for name in ADULT_FEATURES if name != "sex"])
    x, y = encode(train), torch.tensor(train.over_50k.to_numpy())
    model = fairness.weighted_logistic(x, y)
    score, fresh = model(x), model(encode(test))
    rules = {}
    for name, parts in fairness.CRITERIA.items():
        if name not in fairness.REPAIRABLE:
            continue

        def best(slack: float, name: str = name) -> fairness.GroupThresholds:
            return fairness.threshold_optimizer(y, score, train.sex, criterion=name, slack=slack)

        free = fairness.expected_rates(y, best(1).probability(score, train.sex), train.sex)
        widest = max(free.gap(part) for part in parts)
        slacks = [widest * step / STEPS for step in range(STEPS + 1)]
        rules[name] = tuple(Rule(s, best(s).probability(fresh, test.sex)) for s in slacks)
    names = tuple(sorted(test.sex.unique()))
    group = torch.tensor([names.index(sex) for sex in test.sex])
    return People(torch.tensor(test.over_50k.to_numpy()).long(), group, names), rules


@cache
def look(criterion: str, step: int) -> Seen:
    """What the rule for ``criterion`` with the gap number ``step`` does to new people."""
    people, rules = computed()
    chance = rules[criterion][step].chance
    found = fairness.expected_rates(people.y, chance, people.group)
    own = [people.group == g for g in range(len(people.names))]
    ppv = [float(chance[m] @ people.y[m].double() / chance[m].sum()) for m in own]
    rates = {name: getattr(found, name).tolist() for name in ("selection", "tpr", "fpr")}
    gap = max(found.gap(part) for part in fairness.CRITERIA[criterion])
    return Seen({**rates, "ppv": ppv}, found.accuracy, gap)


def cells(chance: Tensor) -> list[list[float]]:
    """Expected true and false negatives and positives of each group: TN, FP, FN, TP."""
    people, _ = computed()
    code = 4 * people.group + 2 * people.y
    counts = torch.zeros(4 * len(people.names), dtype=torch.float64)
    counts.index_add_(0, code, 1 - chance).index_add_(0, code + 1, chance)
    rows: list[list[float]] = counts.view(-1, 4).tolist()
    return rows


def sentence(seen: Seen, criterion: str, slack: float) -> str:
    """What is to be seen, in words: the same as in the page."""
    apart = [abs(a - b) for a, b in (seen.rates[name] for name in ("selection", "tpr", "fpr"))]
    return (
        f"Thresholds for {criterion}, with a gap of at most {slack:.3f} in training: among new "
        f"people the gap is {seen.gap:.3f} and the accuracy {seen.accuracy:.3f}. The groups differ "
        f"by {apart[0]:.3f} in selection, {apart[1]:.3f} in TPR and {apart[2]:.3f} in FPR."
    )


def draw_front(ax: Axes, criterion: str, step: int) -> None:
    """Gap and accuracy of all rules for a criterion, one of them picked."""
    points = [look(criterion, k) for k in range(STEPS + 1)]
    ax.plot([p.gap for p in points], [p.accuracy for p in points], "o-", markersize=4)
    ax.plot(points[step].gap, points[step].accuracy, "o", markersize=11, mfc="none", mew=2)
    ax.set(xlabel=f"gap of {criterion}", ylabel="accuracy")


def write(folder: Path) -> None:
    """Write the expected counts of all rules, and what stands in for the lab."""
    people, rules = computed()
    setup = {
        "names": people.names,
        "rows": ROWS,
        "criteria": {name: fairness.CRITERIA[name] for name in rules},
        "rules": {
            name: [{"slack": r.slack, "cells": cells(r.chance)} for r in own]
            for name, own in rules.items()
        },
        "start": START,
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder, people.names)


def _write_fallback(folder: Path, names: tuple[str, ...]) -> None:
    with plt.rc_context():
        figures.use_look()
        figure, ax = plt.subplots(figsize=(6.4, 3.2))
        draw_front(ax, START["criterion"], 0)
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for step in (STEPS, STEPS // 2, 0):
        seen = look(START["criterion"], step)
        pairs = (" / ".join(f"{v:.2f}" for v in seen.rates[r]) for r in ("selection", "tpr", "fpr"))
        rows.append([f"{seen.gap:.3f}", f"{seen.accuracy:.3f}", *pairs])
    table = {
        "title": f"Three points for {START['criterion']}: rates of {' / '.join(names)}",
        "head": ["gap", "accuracy", "selected", "TPR", "FPR"],
        "rows": rows,
    }
    alt = (
        "A rising, concave line of eleven points: accuracy against the gap of demographic parity, "
        "from about 0.825 where the gap is nearly zero to about 0.848 where it is 0.18. The point "
        "at the lower left is picked."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    criterion, step : the knobs; setting ``step.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "8em"}
        self.criterion = widgets.Dropdown(
            options=list(computed()[1]),
            value=START["criterion"],
            description="criterion",
            style=style,
        )
        self.step = widgets.IntSlider(
            value=START["step"], max=STEPS, description="allowed gap", style=style
        )
        self.picture = widgets.Image(format="png", width=520)
        self.table = widgets.HTML()
        self.verdict = widgets.HTML()
        for knob in (self.criterion, self.step):
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([self.criterion, self.step, self.picture, self.table, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, pick the point, show what it does."""
        criterion, step = self.criterion.value, self.step.value
        people, rules = computed()
        seen = look(criterion, step)
        said = sentence(seen, criterion, rules[criterion][step].slack)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *people.names))
        body = "".join(
            f"<tr><th>{title}</th>" + "".join(f"<td>{v:.3f}</td>" for v in seen.rates[name])
            for name, title in ROWS.items()
        )
        self.table.value = f"<table><tr>{head}</tr>{body}</table>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(5.2, 3))
            draw_front(ax, criterion, step)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
