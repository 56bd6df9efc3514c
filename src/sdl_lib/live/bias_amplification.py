"""The lab *bias-amplification*: how many examples, how many weak features, how much bias.

The page draws the sample and trains the regression itself, in ``weak-features.js``; so chance comes
from a hash of whole numbers here, which is the same in both places.
"""

import html
import io
import json
import math
from pathlib import Path
from typing import NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from torch import Tensor

from sdl_lib import figures, validate
from sdl_lib.fairness import bayes_rule, linear_behaviour, sgd_logistic, weak_features

SIZES = (50, 100, 200, 500, 1000, 2000, 5000)
MOST = 100  # weak features
SAMPLES = 8
STRIDE = 104  # numbers a row: one for its class, one unused, two for each pair of features
START: dict[str, int] = {"n": 200, "count": 100, "sample": 1}
REACH = (-0.8, 1.2)  # of the axis of relative weights


class Seen(NamedTuple):
    """What came of a sample: weights, intercept, bias, its unavoidable part, accuracy."""

    weights: Tensor
    intercept: float
    bias: float
    unavoidable: float
    accuracy: float


def uniform(place: Tensor) -> Tensor:
    """A number in (0, 1) for each place, an integer under 2**32: Wellons' hash ``lowbias32``."""
    x = place & 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = _product(x ^ (x >> shift), factor)
    x = x ^ (x >> 16)
    return (x.double() + 0.5) / 2**32


def _product(x: Tensor, factor: int) -> Tensor:
    """The lower 32 bits of a product, which would not fit into 64 bits with a sign."""
    low, high = factor & 0xFFFF, factor >> 16
    return (x * low + ((x * high & 0xFFFF) << 16)) & 0xFFFFFFFF


def draw(n: int, count: int, sample: int) -> tuple[Tensor, Tensor]:
    """The first ``n`` rows of a sample: features (1, n, count + 1) and classes (1, n)."""
    on = weak_features(count)
    start = sample * 0x9E3779B9
    place = torch.arange(n * STRIDE, dtype=torch.int64).view(n, STRIDE) + start
    lots = uniform(place)
    y = (lots[:, 0] < on.prior).double()
    size = (-2 * lots[:, 2::2].log()).sqrt()
    turn = 2 * math.pi * lots[:, 3::2]
    noise = torch.stack([size * turn.cos(), size * turn.sin()], 2).flatten(1)[:, : count + 1]
    return (torch.where(y[:, None] > 0, on.positive, on.negative) + noise * on.sd)[None], y[None]


def look(n: int, count: int, sample: int) -> Seen:
    """Train on a sample, and see what the rule does on the whole distribution."""
    if n not in SIZES:
        raise ValueError(f"n: expected one of {SIZES}, found {n}")
    validate.count(count, "count", least=0)
    validate.count(sample, "sample")
    on = weak_features(count)
    weights, intercept = sgd_logistic(*draw(n, count, sample))
    rule = linear_behaviour(weights, intercept, on)
    best = linear_behaviour(*bayes_rule(on), on)
    return Seen(
        weights[0],
        float(intercept),
        float(rule.bias),
        float(best.bias),
        float(rule.accuracy),
    )


def sentence(seen: Seen, *, n: int, count: int) -> str:
    """What is to be seen, in words: the same as in the page."""
    prior = weak_features(0).prior
    said = (
        f"With {n} examples and {count} weak feature{'s' * (count != 1)} the rule says yes to "
        f"{100 * (prior + seen.bias):.1f}%, where the truth is 70.0%: a bias of {seen.bias:+.3f}, "
        f"of which {seen.unavoidable:+.3f} is unavoidable. "
        f"It is right for {100 * seen.accuracy:.1f}%."
    )
    if count:
        overrated = 18 * float(seen.weights[1:].mean() / seen.weights[0])
        said += f" A weak feature weighs {overrated:.1f} times its due."
    return said


def draw_weights(ax: Axes, seen: Seen) -> None:
    """The weights in proportion to that of the strong feature, and where they should be."""
    relative = (seen.weights / seen.weights[0]).clamp(*REACH)
    rows = torch.arange(len(relative)) * 0.618 % 1
    ax.axvline(0, color="0.6", linewidth=1)
    ax.axvline(1 / 18, linestyle="--", linewidth=1.5, label="due weight")
    ax.plot(relative[1:], 0.1 + 0.8 * rows[1:], "o", markersize=4, alpha=0.7, label="weak")
    ax.plot(1, 0.5, "D", markersize=8, label="strong")
    ax.set(xlim=REACH, ylim=(0, 1), yticks=[], xlabel="weight, strong feature = 1")


def write(folder: Path) -> None:
    """Write what the page needs to know, and what stands in for the lab."""
    setup = {
        "sizes": SIZES,
        "most": MOST,
        "samples": SAMPLES,
        "start": START,
        "reach": REACH,
        "prior": weak_features(0).prior,
    }
    (folder / "lab.json").write_text(json.dumps(setup), encoding="utf-8")
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(2, 1, figsize=(6.4, 2.6), sharex=True)
        for ax, n in zip(axes, (200, 5000), strict=True):
            draw_weights(ax, look(n, MOST, 1))
            ax.set_title(f"{n} examples", fontsize="medium")
        axes[0].set_xlabel("")
        axes[1].legend(loc="upper right", fontsize="small")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for n, count in ((200, 100), (200, 10), (5000, 100)):
        seen = look(n, count, 1)
        rate = f"{100 * (weak_features(0).prior + seen.bias):.1f}%"
        rows.append([f"{n} / {count}", rate, f"{seen.bias:+.3f}", f"{100 * seen.accuracy:.1f}%"])
    fallback = {
        "alt": (
            "Two strips of a hundred dots, the learnt weights of weak features in proportion to "
            "that of the strong one. With 200 examples the dots spread widely, from about minus "
            "0.4 to 0.6, and their middle lies right of the dashed mark of their due weight. With "
            "5000 examples they stand in a narrow band around it."
        ),
        "table": {
            "title": "One sample, by examples and weak features; the true positive rate is 70%",
            "head": ["examples / features", "says yes", "bias", "accuracy"],
            "rows": rows,
        },
    }
    (folder / "fallback.json").write_text(json.dumps(fallback), encoding="utf-8")


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    n, count, sample : the knobs; setting ``n.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "8em"}
        self.n = widgets.SelectionSlider(
            options=SIZES, value=START["n"], description="examples", style=style
        )
        self.count = widgets.IntSlider(
            value=START["count"], max=MOST, description="weak features", style=style
        )
        self.sample = widgets.Dropdown(
            options=range(1, SAMPLES + 1), description="sample", style=style
        )
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        for knob in (self.n, self.count, self.sample):
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([self.n, self.count, self.sample, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, draw and train, show what came of it."""
        n, count = self.n.value, self.count.value
        seen = look(n, count, self.sample.value)
        said = html.escape(sentence(seen, n=n, count=count))
        self.verdict.value = f"<p><b>{said}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(5.6, 2.4))
            draw_weights(ax, seen)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
