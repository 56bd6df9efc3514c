"""The lab *transfer map*: who fools whom, how, and with what budget.

Three kinds of models are trained on the first half of MNIST-10k's training set and three on the
second; examples made for the first are put before the second. What happened is counted here; the
page ``book/static/live/transfer-map.js`` and the control below show rates and their intervals.
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
from torch import Tensor, nn

from sdl_lib import figures, validate
from sdl_lib.attacks import fgsm, pgd, transfer_matrix
from sdl_lib.data import mnist10k
from sdl_lib.intervals import Interval, wilson
from sdl_lib.live.export import write_json
from sdl_lib.models import MLP, LeNet5, Softmax
from sdl_lib.training import fit, predict

COUNT = 200  # test digits
HALF = 4000  # of the training set
BUDGETS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
KINDS: dict[str, tuple[type[nn.Module], int]] = {
    "linear": (Softmax, 8),
    "perceptron": (MLP, 6),
    "LeNet-5": (LeNet5, 3),
}
NAMES = tuple(KINDS)
ATTACKS = ("PGD", "FGSM", "random signs")
NOISE = ATTACKS.index("random signs")
START: dict[str, Any] = {"attack": "PGD", "source": "linear", "target": "LeNet-5", "budget": 4}


class Counts(NamedTuple):
    """``hits[attack, budget, source, target]`` of ``counted[source, target]`` digits."""

    hits: Tensor
    counted: Tensor


class Rate(NamedTuple):
    """A transfer rate, and the 95 % interval for it that Wilson's formula gives."""

    share: float
    interval: Interval


@cache
def counts() -> Counts:
    """Train both sides, attack, and count; some seconds at the first call."""
    sources, targets = _train(0), _train(1)
    x, y = (part[:COUNT] for part in mnist10k("test"))
    right = [
        torch.stack([predict(m, x).argmax(1) == y for m in side.values()])
        for side in (sources, targets)
    ]
    counted = (right[0][:, None] & right[1]).sum(2)
    chance = torch.Generator().manual_seed(0)
    signs = torch.randn(x.shape, generator=chance).sign()

    def run(attack: int, eps: float) -> Tensor:
        def make(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
            if attack == NOISE:
                return (x + eps * signs).clamp(0, 1)
            if ATTACKS[attack] == "FGSM":
                return fgsm(model, x, y, eps=eps)
            return pgd(model, x, y, eps=eps, steps=10)

        rates = transfer_matrix(sources, targets, x, y, attack=make)
        return (rates * counted).round().long()

    hits = [torch.stack([run(a, eps) for eps in BUDGETS]) for a in range(len(ATTACKS))]
    return Counts(torch.stack(hits), counted)


def _train(half: int) -> dict[str, nn.Module]:
    x, y = (part[HALF * half : HALF * (half + 1)] for part in mnist10k("train"))
    models: dict[str, nn.Module] = {}
    with torch.random.fork_rng(devices=[]):
        for name, (kind, epochs) in KINDS.items():
            torch.manual_seed(half)
            models[name] = kind()
            fit(models[name], x, y, epochs=epochs, lr=2e-3)
    return models


def rate(attack: str, budget: int, source: str, target: str) -> Rate:
    """How often examples of ``source`` fool ``target``; ``budget`` is a place in ``BUDGETS``."""
    validate.choice(attack, ATTACKS, "attack")
    validate.choice(source, NAMES, "source")
    validate.choice(target, NAMES, "target")
    i, j = NAMES.index(source), NAMES.index(target)
    known = counts()
    hits, n = int(known.hits[ATTACKS.index(attack), budget, i, j]), int(known.counted[i, j])
    return Rate(hits / n, wilson(hits, n))


def sentence(attack: str, budget: int, source: str, target: str) -> str:
    """What is to be seen, in words: the same as in the page."""
    share, (low, high) = rate(attack, budget, source, target)
    noise = rate("random signs", budget, source, target).share
    made, against = f" made for the {source} model", f"; random signs of that size: {noise:.1%}"
    if attack == "random signs":
        made = against = ""
    return (
        f"{attack}{made} at {BUDGETS[budget]:.2f}: the {target} model, trained on other digits, "
        f"is wrong on {share:.1%} ({low:.1%} to {high:.1%}){against}."
    )


def draw_map(ax: Axes, attack: str, budget: int) -> None:
    """All pairs at one budget as a heat map with its numbers."""
    known = counts()
    share = known.hits[ATTACKS.index(attack), budget] / known.counted
    ax.imshow(share.numpy(), cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for i, row in enumerate(share.tolist()):
        for j, value in enumerate(row):
            ink = "k" if value > 0.5 else "w"
            ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=ink)
    ax.set_xticks(range(len(NAMES)), NAMES)
    ax.set_yticks(range(len(NAMES)), NAMES)
    ax.set(xlabel="fooled", ylabel="made for")


def write(folder: Path) -> None:
    """Write the counts, and what stands in for the lab."""
    known = counts()
    setup = {
        "names": NAMES,
        "attacks": ATTACKS,
        "noise": NOISE,
        "budgets": BUDGETS,
        "start": START,
        "hits": known.hits.tolist(),
        "counted": known.counted.tolist(),
    }
    write_json(folder / "lab.json", setup)
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), sharey=True)
        for ax, budget in zip(axes, (2, 4), strict=True):
            draw_map(ax, "PGD", budget)
            ax.set_title(f"PGD, budget {BUDGETS[budget]:g}", fontsize="medium")
        axes[1].set_ylabel("")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = [
        [source, *(f"{rate('PGD', START['budget'], source, target).share:.2f}" for target in NAMES)]
        for source in NAMES
    ]
    table = {
        "title": f"Transfer rate of PGD at a budget of {BUDGETS[START['budget']]:g}",
        "head": ["made for", *(f"fools {name}" for name in NAMES)],
        "rows": rows,
    }
    alt = (
        "Two heat maps of three rows and three columns, for a smaller and a larger budget. In "
        "both, the linear model and the perceptron fool each other most, and LeNet-5 is fooled "
        "least; with the larger budget all numbers are higher."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    attack, source, target, budget : the knobs; ``budget.value`` is a place in ``BUDGETS``
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "6em"}

        def menu(name: str, options: tuple[str, ...], title: str) -> widgets.Dropdown:
            return widgets.Dropdown(
                options=options, value=START[name], description=title, style=style
            )

        self.attack = menu("attack", ATTACKS, "attack")
        self.source = menu("source", NAMES, "made for")
        self.target = menu("target", NAMES, "put before")
        self.budget = widgets.SelectionSlider(
            options=[(f"{eps:g}", i) for i, eps in enumerate(BUDGETS)],
            value=START["budget"],
            description="budget",
            style=style,
        )
        self.picture = widgets.Image(format="png", width=420)
        self.verdict = widgets.HTML()
        knobs = (self.attack, self.source, self.target, self.budget)
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, and show what came of it."""
        attack, budget = self.attack.value, self.budget.value
        said = sentence(attack, budget, self.source.value, self.target.value)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(4.2, 3))
            draw_map(ax, attack, budget)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
