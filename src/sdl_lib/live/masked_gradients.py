"""The lab *masked-gradients*: accuracy against the budget, as two attackers see it.

A reader chooses a network and a budget, and may multiply the logits by a thousand, which changes
no answer. The curves are measured here, when the lab is exported; the page reads between their
points, as ``book/static/live/masked-curves.js`` does.
"""

import html
import io
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from torch import Tensor, nn

from sdl_lib import figures, training, validate
from sdl_lib.attacks import apgd
from sdl_lib.data import mnist10k
from sdl_lib.defences import hardened
from sdl_lib.models import load

COUNT = 48  # digits on which the curves are measured
STEPS = 10  # of either attack
GRID = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
NETWORKS = {"ordinary": "ordinary", "trained": "adversarially trained"}
START: dict[str, Any] = {"network": "ordinary", "masked": False, "eps": 20}


class Seen(NamedTuple):
    """Accuracy that each of the two attacks leaves."""

    textbook: float
    adaptive: float


class _Scaled(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.model(x)
        return 1000 * logits


def _textbook(model: nn.Module, x: Tensor, y: Tensor, eps: float) -> Tensor:
    """PGD on the cross-entropy as the softmax rounds it."""
    x_adv = x.clone()
    for _ in range(STEPS):
        here = x_adv.clone().requires_grad_()
        with torch.enable_grad():
            loss = nn.functional.cross_entropy(model(here), y)
        (gradient,) = torch.autograd.grad(loss, here)
        moved = x_adv + 2.5 * eps / STEPS * gradient.sign()
        x_adv = moved.clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv


@cache
def curves() -> dict[str, dict[str, list[float]]]:
    """Accuracy at each budget of the grid, by network (and mask) and by attack."""
    images, labels = mnist10k("test")
    x, y = images[:COUNT], labels[:COUNT]
    networks = {"ordinary": load("lenet5"), "trained": hardened("lenet5-adversarial")}
    found = {}
    for name, plain in networks.items():
        for key, model in ((name, plain), (f"{name}-masked", _Scaled(plain).eval())):
            left: dict[str, list[float]] = {"textbook": [], "adaptive": []}
            for eps in GRID:
                blind = _textbook(model, x, y, eps)
                sharp = apgd(model, x, y, eps=eps, loss="dlr", steps=STEPS).x_adv
                left["textbook"].append(training.accuracy(model, blind, y))
                left["adaptive"].append(training.accuracy(model, sharp, y))
            found[key] = left
    return found


def look(network: str, masked: bool, eps: float) -> Seen:
    """What each attack leaves at a budget, on the straight line between two measured points."""
    validate.choice(network, tuple(NETWORKS), "network")
    measured = curves()[f"{network}-masked" if masked else network]
    place = min(max(eps, 0.0), GRID[-1]) / GRID[1]
    i = min(int(place), len(GRID) - 2)
    part = place - i
    return Seen(
        *(
            (1 - part) * measured[attack][i] + part * measured[attack][i + 1]
            for attack in ("textbook", "adaptive")
        )
    )


def sentence(seen: Seen, *, network: str, masked: bool, eps: float) -> str:
    """What is to be seen, in words: the same as in the page."""
    mask = "with masked gradients" if masked else "as it is"
    gap = max(seen.textbook - seen.adaptive, 0)
    return (
        f"At a budget of {eps:.2f} the textbook attack leaves {seen.textbook:.2f} of the "
        f"{NETWORKS[network]} network, {mask}; the adaptive attack leaves {seen.adaptive:.2f}. "
        f"An accuracy of {gap:.2f} was never there."
    )


def draw(ax: Axes, network: str, masked: bool) -> None:
    """Both curves of one network."""
    measured = curves()[f"{network}-masked" if masked else network]
    ax.plot(GRID, measured["textbook"], "o-", label="textbook attack")
    ax.plot(GRID, measured["adaptive"], "D--", label="adaptive attack")
    ax.set(xlabel="budget $\\epsilon$", ylabel="accuracy left", ylim=(-0.03, 1.03))


def write(folder: Path) -> None:
    """Write the curves, and what stands in for the lab."""
    setup = {"grid": GRID, "networks": NETWORKS, "start": START, "curves": curves()}
    (folder / "lab.json").write_text(json.dumps(setup), encoding="utf-8")
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 3), sharey=True)
        for ax, masked in zip(axes, (False, True), strict=True):
            draw(ax, "ordinary", masked)
            ax.set_title("gradients masked" if masked else "as it is", fontsize="medium")
        axes[1].set_ylabel("")
        axes[1].legend(loc="center right", fontsize="small")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for network, name in NETWORKS.items():
        for masked in (False, True):
            seen = look(network, masked, 0.2)
            mask = "masked" if masked else "as it is"
            rows.append([f"{name}, {mask}", f"{seen.textbook:.2f}", f"{seen.adaptive:.2f}"])
    table = {
        "title": "Accuracy left at a budget of .2",
        "head": ["network", "textbook attack", "adaptive attack"],
        "rows": rows,
    }
    alt = (
        "Two charts of accuracy against the budget. On the left, for the ordinary network, the "
        "curves of both attacks fall together to zero. On the right, with masked gradients, the "
        "textbook attack's curve stays at the top while the adaptive attack's falls as before."
    )
    text = json.dumps({"alt": alt, "table": table})
    (folder / "fallback.json").write_text(text, encoding="utf-8")


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    network, masked, eps : the knobs; ``eps`` counts hundredths
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        options = [(text, name) for name, text in NETWORKS.items()]
        self.network = widgets.Dropdown(options=options, description="network")
        self.masked = widgets.Checkbox(value=START["masked"], description="mask my gradients")
        self.eps = widgets.IntSlider(value=START["eps"], max=30, description="budget, %")
        self.picture = widgets.Image(format="png", width=480)
        self.verdict = widgets.HTML()
        for knob in (self.network, self.masked, self.eps):
            knob.observe(self.update, names="value")
        knobs = [self.network, self.masked, self.eps]
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, and show what both attackers see."""
        network, masked, eps = self.network.value, self.masked.value, self.eps.value / 100
        said = sentence(look(network, masked, eps), network=network, masked=masked, eps=eps)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(4.8, 3))
            draw(ax, network, masked)
            ax.axvline(eps, color="0.6", linewidth=1)
            ax.legend(loc="best", fontsize="small")
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
