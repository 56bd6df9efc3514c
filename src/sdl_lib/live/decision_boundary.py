"""The lab *decision boundary*: what its page computes, and the same control for a notebook.

A reader moves the learning rate of a linear model of two classes of points and sees its boundary
and its empirical risk. In the page ``book/static/live/decision-boundary.js`` does this.
"""

import html
import io
import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from torch import Tensor

from sdl_lib import figures, losses, validate

MODELS = {"line": "a line", "curve": "a curve"}
LOSSES = {"logistic": "cross-entropy", "squared": "squared"}
STEPS = 200
TICKS = 20  # of the rate's slider in one power of ten
START: dict[str, Any] = {"model": "curve", "loss": "logistic", "rate": -6, "steps": 60}
REACH = 2.0  # the points lie in [-2, 2] x [-2, 2]
DIVERGED = 1e6  # a risk beyond this ends the training
# of a loss as a function of the margin: its greatest second derivative
_CURVATURE = {"logistic": 0.25, "squared": 1.0}


@dataclass(frozen=True)
class Data:
    """Features, shape (n, d), and labels as 1 and -1, shape (n,), of points for one model."""

    rows: Tensor
    signs: Tensor


@dataclass(frozen=True)
class Run:
    """Weights and empirical risk after 0, 1, 2, ... steps; both end where training diverges."""

    path: Tensor
    risks: list[float]
    diverged: int | None


def draw(n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """``n`` points, uniform on the board, and their classes: 1 is likely above a parabola.

    The probability of class 1 is sigmoid(4 (x2 + 1 - x1^2)): no line can separate the classes,
    and even the true boundary leaves some points on the wrong side. Coordinates have 3 decimals.
    """
    x = (2 * REACH * torch.rand(n, 2, generator=generator, dtype=torch.float64) - REACH).mul(1e3)
    x = x.round().div(1e3)
    chance = (4 * (x[:, 1] + 1 - x[:, 0] ** 2)).sigmoid()
    return x, (torch.rand(n, generator=generator, dtype=torch.float64) < chance).long()


@cache
def samples() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The points of the lab: 60 to train on, and 500 fresh ones of the same law."""
    generator = torch.Generator().manual_seed(7)
    return draw(60, generator=generator), draw(500, generator=generator)


def design(model: str, x: Tensor, y: Tensor) -> Data:
    """What a ``model`` of ``MODELS`` sees of points ``x``, shape (n, 2), of classes ``y``."""
    validate.choice(model, tuple(MODELS), "model")
    validate.labels(y, len(x), 2)
    a, b = x.double().unbind(1)
    columns = [torch.ones_like(a), a, b]
    if model == "curve":
        columns += [a * a, a * b, b * b]
    return Data(torch.stack(columns, 1), 2.0 * y - 1)


def risk_and_gradient(data: Data, loss: str, weights: Tensor) -> tuple[float, Tensor]:
    """The empirical risk of ``weights``, shape (d,), and its gradient."""
    margins = data.signs * (data.rows @ weights)
    if loss == "logistic":
        values, slopes = losses.logistic(margins), losses.logistic_gradient(margins)
    else:
        values, slopes = (margins - 1) ** 2 / 2, margins - 1
    return float(values.mean()), data.rows.T @ (data.signs * slopes) / len(margins)


def descend(data: Data, *, loss: str, rate: float, steps: int = STEPS) -> Run:
    """Gradient descent from zero on the empirical risk, until it passes ``DIVERGED``."""
    validate.choice(loss, tuple(LOSSES), "loss")
    weights = torch.zeros(data.rows.shape[1], dtype=torch.float64)
    value, gradient = risk_and_gradient(data, loss, weights)
    path, risks = [weights], [value]
    for step in range(1, steps + 1):
        weights = weights - rate * gradient
        value, gradient = risk_and_gradient(data, loss, weights)
        path.append(weights)
        risks.append(value)
        if not value <= DIVERGED:
            return Run(torch.stack(path), risks, step)
    return Run(torch.stack(path), risks, None)


def safe_rate(data: Data, loss: str) -> float:
    """The rate 2/L up to which no step of :func:`descend` can raise the risk."""
    moments = data.rows.T @ data.rows / len(data.rows)
    return 2 / (_CURVATURE[loss] * float(torch.linalg.eigvalsh(moments)[-1]))


def right(data: Data, weights: Tensor) -> int:
    """How many points have a score of the right sign."""
    return int(((data.rows @ weights > 0) == (data.signs > 0)).sum())


def rises(risks: list[float], steps: int) -> int:
    """At how many of the first ``steps`` steps the risk rose."""
    return sum(after > before + 1e-9 for before, after in pairwise(risks[: steps + 1]))


def plain(rate: float) -> str:
    """A rate with two digits."""
    return f"{rate:.{max(0, 1 - math.floor(math.log10(rate) + 1e-9))}f}"


def sentence(data: Data, fresh: Data, run: Run, *, rate: float, step: int) -> str:
    """What is to be seen, in words: the same as in the page."""
    began = f"{run.risks[0]:.3f}"
    if step == 0:
        return (
            f"Before the first step every point has the score 0, and the empirical risk is {began}."
        )
    if run.diverged is not None and step >= run.diverged:
        return (
            f"At rate {plain(rate)} the risk passes a million at step {run.diverged}: "
            "training has diverged."
        )
    rose = rises(run.risks, step)
    how = f"rose at {rose} of them" if rose else "fell at every step"
    weights = run.path[step]
    return (
        f"After {step} step{'' if step == 1 else 's'} at rate {plain(rate)} the empirical risk is "
        f"{run.risks[step]:.3f}, from {began}; it {how}. {right(data, weights)} of "
        f"{len(data.signs)} points and {right(fresh, weights)} of {len(fresh.signs)} fresh ones "
        "lie on the right side."
    )


def draw_board(ax: Axes, model: str, x: Tensor, y: Tensor, weights: Tensor) -> None:
    """The points, the side that the model gives to each class, and the boundary between."""
    side = torch.linspace(-REACH, REACH, 121, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side).flip(1)
    scores = design(model, grid, torch.zeros(len(grid), dtype=torch.long)).rows @ weights
    field = scores.view(121, 121).numpy()
    colours = list(figures.PALETTE[:2])
    ax.contourf(side, side, field, levels=[-math.inf, 0, math.inf], colors=colours, alpha=0.2)
    if bool((scores > 0).any()) and bool((scores <= 0).any()):
        ax.contour(side, side, field, levels=[0], colors="black")
    for label, marker in enumerate("os"):
        first, second = x[y == label].T
        ax.scatter(first, second, s=18, marker=marker, color=colours[label], edgecolor="white")
    ax.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2], aspect="equal")


def draw_risks(ax: Axes, risks: list[float], step: int) -> None:
    """The empirical risk step by step, and where we are."""
    ax.semilogy([min(r, 10.0) for r in risks])
    ax.plot(min(step, len(risks) - 1), min(risks[min(step, len(risks) - 1)], 10.0), "ko")
    ax.set(xlim=(-3, STEPS + 3), ylim=(0.1, 12), xlabel="step", ylabel="empirical risk")


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Parameters
    ----------
    x, y : points, shape (n, 2), and their classes, 0 or 1, in place of the lab's

    Attributes
    ----------
    rate, steps, model, loss : the knobs; setting ``rate.value`` moves the slider
    picture, verdict : what is seen

    Raises
    ------
    ValueError : if ``x`` is not of shape (n, 2), or ``y`` has a class that is neither 0 nor 1.
    """

    def __init__(self, x: Any = None, y: Any = None) -> None:
        given, fresh = samples()
        self._fresh = fresh
        self._x = given[0] if x is None else torch.as_tensor(x, dtype=torch.float64)
        self._y = given[1] if y is None else torch.as_tensor(y)
        if self._x.ndim != 2 or self._x.shape[1] != 2 or len(self._x) == 0:
            raise ValueError(f"x: expected points of shape (n, 2), found {tuple(self._x.shape)}")
        validate.labels(self._y, len(self._x), 2)
        style = {"description_width": "7em"}
        wide = widgets.Layout(width="30em")
        self.rate = widgets.FloatLogSlider(
            value=10 ** (START["rate"] / TICKS),
            base=10,
            min=-2,
            max=2,
            step=1 / TICKS,
            description="learning rate",
            style=style,
            layout=wide,
        )
        self.steps = widgets.IntSlider(
            value=START["steps"], max=STEPS, description="steps", style=style, layout=wide
        )
        self.model = _toggle(MODELS, START["model"], "model")
        self.loss = _toggle(LOSSES, START["loss"], "loss")
        self.picture = widgets.Image(format="png", width=640)
        self.verdict = widgets.HTML()
        knobs = (self.rate, self.steps, self.model, self.loss)
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, train the model, show what came of it."""
        model, step, rate = self.model.value, self.steps.value, self.rate.value
        data, fresh = design(model, self._x, self._y), design(model, *self._fresh)
        run = descend(data, loss=self.loss.value, rate=rate)
        text = sentence(data, fresh, run, rate=rate, step=step)
        self.verdict.value = f"<p><b>{html.escape(text)}</b></p>"
        weights = run.path[min(step, len(run.path) - 1)]
        with plt.rc_context():
            figures.use_look()
            figure, (board, curve) = plt.subplots(1, 2)
            draw_board(board, model, self._x, self._y, weights)
            draw_risks(curve, run.risks, step)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)


def _toggle(names: dict[str, str], chosen: str, description: str) -> Any:
    options = [(text, name) for name, text in names.items()]
    return widgets.ToggleButtons(
        options=options, value=chosen, description=description, style={"description_width": "7em"}
    )
