"""The lab *causal-graph*: cut an edge, or weaken it, and see what three rules do to two groups.

All numbers are those of a whole population, in closed form: here by matrices, in the page
(``book/static/live/causal-law.js``) by the sums over paths.
"""

import html
import io
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from torch import Tensor

from sdl_lib import figures
from sdl_lib.causal_figure import draw_causal_graph
from sdl_lib.fairness.structural_model import Edge
from sdl_lib.live.export import write_json

NAMES = ("group", "schooling", "test", "rating")
# invented, as all numbers of this model
STRENGTH: dict[Edge, float] = {
    ("group", "schooling"): 0.8,
    ("group", "test"): 0.4,
    ("group", "rating"): 0.5,
    ("schooling", "test"): 0.6,
    ("schooling", "rating"): 0.4,
    ("test", "rating"): 0.7,
}
SD = {"schooling": 1.0, "test": 0.8, "rating": 0.9}
PLACES = {"group": (0.0, 0.5), "schooling": (0.5, 1.0), "test": (0.5, 0.0), "rating": (1.0, 0.5)}
RULES = ("unaware", "aware", "repaired")


class Seen(NamedTuple):
    """Of one rule: the shares invited of group 0 and group 1, how far a person's score would move
    had the group been other, and the correlation of score and rating."""

    first: float
    second: float
    gap: float
    correlation: float


def look(strength: Mapping[Edge, float]) -> dict[str, Seen]:
    """What the three rules do, each the best linear one on what it looks at; half are invited."""
    weights = torch.zeros(4, 4, dtype=torch.float64)  # row: effect, column: cause
    for (cause, effect), value in strength.items():
        weights[NAMES.index(effect), NAMES.index(cause)] = value
    mix = torch.linalg.inv(torch.eye(4, dtype=torch.float64) - weights)  # from noise to values
    own = torch.tensor([0.25, *(SD[name] ** 2 for name in NAMES[1:])], dtype=torch.float64)
    return {
        "unaware": _seen(_best(mix, own, mix[[1, 2]]), mix, own),
        "aware": _seen(_best(mix, own, mix[[0, 1, 2]]), mix, own),
        "repaired": _seen(_best(mix, own, torch.eye(4, dtype=torch.float64)[[1, 2]]), mix, own),
    }


def _best(mix: Tensor, own: Tensor, seen: Tensor) -> Tensor:
    """The linear rule on the rows of ``seen`` that predicts the rating best, on the noises."""
    within = seen @ (own[:, None] * seen.T)
    weight: Tensor = torch.linalg.solve(within, seen @ (own * mix[3]))
    return weight @ seen


def _seen(rule: Tensor, mix: Tensor, own: Tensor) -> Seen:
    move = float(rule[0])  # what the group, a coin of 0 or 1, adds to the score
    spread = float((rule[1:] ** 2 @ own[1:]).sqrt())
    second = (
        float(torch.special.ndtr(torch.tensor(move / (2 * spread), dtype=torch.float64)))
        if spread > 1e-9
        else 0.5
    )
    if spread <= 1e-9 and move > 1e-9:
        second = 1.0
    variance = float(rule**2 @ own)
    shared = float(rule @ (own * mix[3]))
    total = float(mix[3] ** 2 @ own)
    correlation = shared / (variance * total) ** 0.5 if variance > 1e-18 else 0.0
    return Seen(1 - second, second, abs(move), correlation)


def sentence(seen: Mapping[str, Seen], strength: Mapping[Edge, float]) -> str:
    """What is to be seen, in words: the same as in the page."""
    count = sum(value > 0 for value in strength.values())
    one, two, three = seen.values()
    return (
        f"With {count} of {len(STRENGTH)} edges in place the unaware rule invites "
        f"{100 * one.first:.1f}% of group 0 and {100 * one.second:.1f}% of group 1, and the group "
        f"alone moves a person's score by {one.gap:.2f}; for the aware rule it is "
        f"{100 * two.first:.1f}%, {100 * two.second:.1f}% and {two.gap:.2f}, for the repaired rule "
        f"{100 * three.first:.1f}%, {100 * three.second:.1f}% and {three.gap:.2f}."
    )


def write(folder: Path) -> None:
    """Write the model, and what stands in for the lab."""
    setup = {
        "edges": [[*edge] for edge in STRENGTH],
        "start": [*STRENGTH.values()],
        "sd": [SD[name] for name in NAMES[1:]],
        "places": PLACES,
    }
    write_json(folder / "lab.json", setup)
    cut = STRENGTH | {("group", "test"): 0.0}
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.0))
        for ax, strength in zip(axes, (STRENGTH, cut), strict=True):
            draw_causal_graph(ax, strength, PLACES, marked=("group",))
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for what, strength in (("all edges", STRENGTH), ("group to test cut", cut)):
        for name, s in look(strength).items():
            shares = f"{100 * s.first:.1f}% / {100 * s.second:.1f}%"
            rows.append([what, name, shares, f"{s.gap:.2f}"])
    table = {
        "title": "Shares invited of group 0 / group 1, and how far a score would move",
        "head": ["graph", "rule", "invited", "moves by"],
        "rows": rows,
    }
    alt = (
        "Two drawings of the same graph. Group stands on the left, schooling above, test below, "
        "rating on the right. Arrows lead from group to the three others, from schooling to test "
        "and rating, and from test to rating, each with its strength. In the second drawing the "
        "arrow from group to test is dotted and marked as cut."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    kept, strength : for each edge the box that keeps it and its slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "11em"}
        self.kept = {e: widgets.Checkbox(value=True, description="in place") for e in STRENGTH}
        self.strength = {
            (cause, effect): widgets.FloatSlider(
                value=value, max=1, step=0.05, description=f"{cause} to {effect}", style=style
            )
            for (cause, effect), value in STRENGTH.items()
        }
        self.picture = widgets.Image(format="png", width=420)
        self.verdict = widgets.HTML()
        for knob in itertools.chain(self.kept.values(), self.strength.values()):
            knob.observe(self.update, names="value")
        rows = [widgets.HBox([self.strength[edge], self.kept[edge]]) for edge in STRENGTH]
        self.box = widgets.VBox([*rows, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, solve the model, show what came of it."""
        strength = {e: self.strength[e].value if self.kept[e].value else 0.0 for e in STRENGTH}
        said = html.escape(sentence(look(strength), strength))
        self.verdict.value = f"<p><b>{said}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(4.2, 3.2))
            draw_causal_graph(ax, strength, PLACES, marked=("group",))
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
