"""The lab *influence explorer*: what its page needs, and the same control for a notebook.

A reader chooses a slice of LeNet-5, a quantity and a distribution of interest, and sees which
pixels or maps have influence. In the page ``book/static/live/influence-explorer.js`` does this;
here it is done by :func:`sdl_lib.attribution.internal_influence` on the model itself.
"""

import html
import io
from functools import cache
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import models, validate
from sdl_lib.attribution import INPUT, internal_influence
from sdl_lib.attribution import distributions as doi
from sdl_lib.attribution import quantities as qoi
from sdl_lib.data import mnist10k
from sdl_lib.figures import draw_image
from sdl_lib.live.draw_a_digit import CHANGE, sample_rows

NAME, FILE = "LeNet-5", "lenet5"
# what the reader calls a slice -> the part of LeNet5, after its ReLU
SLICES = {"input": INPUT, "conv 1": "layers.1", "conv 2": "layers.4"}
QUANTITIES = {"one class": "class", "two classes": "two", "largest": "max", "a map": "map"}
DISTRIBUTIONS = {
    "this digit": "point",
    "segment": "segment",
    "noise": "noise",
    "its class": "class",
    "all digits": "data",
}
MEASURES = {"influence": False, "times activation": True}
STEPS, DRAWS, SIGMA, EACH = 50, 20, 0.2, 10
START_DIGIT = 3
_SIDE = 28


class Question(NamedTuple):
    """What is asked: a quantity of ``kind``, of class ``k`` (against ``other``) or map ``map``."""

    slice: str = "conv 2"
    kind: str = "class"
    k: int = START_DIGIT
    other: int = 8
    map: int = 0
    distribution: str = "class"
    multiply: bool = False


@cache
def noise() -> Tensor:
    """The draws of the distribution "noise", shape (20, 1, 28, 28), before they are scaled."""
    return torch.randn(DRAWS, 1, _SIDE, _SIDE, generator=torch.Generator().manual_seed(0))


@cache
def gallery() -> Tensor:
    """The first ten test digits of each class, shape (100, 1, 28, 28), class after class."""
    x, y = mnist10k("test")
    return torch.cat([x[y == digit][:EACH] for digit in range(10)])


def explain(model: models.LeNet5, x: Tensor, label: int, question: Question) -> Tensor:
    """The influence of each unit of the slice, shape (maps, h, w), for one picture ``x``."""
    quantity = _quantity(question)
    given = _distribution(x, label, question.distribution)
    around = question.distribution == "noise"  # the activation that counts is that of the picture
    slice = SLICES[question.slice]
    multiply = question.multiply and not around
    chi = internal_influence(model, slice, quantity, given, multiply=multiply)[0]
    if question.multiply and around:
        chi = chi * _computed(model, x, slice)[0]
    return chi


def _quantity(question: Question) -> qoi.Quantity:
    if question.kind == "class":
        return qoi.class_score(question.k)
    if question.kind == "two":
        return qoi.comparative(question.k, question.other)
    if question.kind == "max":
        return qoi.max_class()
    return qoi.channel(SLICES["conv 2"], question.map)


def _distribution(x: Tensor, label: int, kind: str) -> doi.Distribution:
    if kind == "point":
        return doi.point(x)
    if kind == "segment":
        return doi.segment(x, steps=STEPS)
    if kind == "noise":
        return doi.data(x + SIGMA * noise().to(x))
    own = gallery()[EACH * label : EACH * (label + 1)] if kind == "class" else gallery()
    return doi.data(own.to(x))


@torch.no_grad()
def _computed(model: models.LeNet5, x: Tensor, slice: str) -> Tensor:
    if slice == INPUT:
        return x
    z: Tensor = model.layers[: int(slice.split(".")[1]) + 1](x)
    return z


def measured(model: models.LeNet5, x: Tensor, question: Question) -> float:
    """The value of the quantity for a picture."""
    if question.kind == "map":
        return float(_computed(model, x, SLICES["conv 2"])[0, question.map].mean())
    with torch.no_grad():
        logits = model(x)[0]
    if question.kind == "max":
        return float(logits.max())
    rival = float(logits[question.other]) if question.kind == "two" else 0.0
    return float(logits[question.k]) - rival


def sentence(question: Question, label: int, chi: Tensor, rise: float) -> str:
    """What is to be seen, in words: the same as in the page."""
    subject = {
        "class": f"the score of {question.k}",
        "two": f"the score of {question.k} less that of {question.other}",
        "max": "the largest score",
        "map": f"map {question.map + 1} of conv 2",
    }[question.kind]
    where = {
        "point": "at this digit",
        "segment": f"over {STEPS} points from black to this digit",
        "noise": f"over {DRAWS} noisy copies of this digit",
        "class": f"over {EACH} digits of class {label}",
        "data": f"over {10 * EACH} digits of all classes",
    }[question.distribution]
    if question.slice == "input":
        at = int(chi.flatten().abs().argmax())
        row, column = at // _SIDE + 1, at % _SIDE + 1
        value = _signed(chi.flatten()[at], 3)
        most = f"the strongest pixel is in row {row}, column {column} ({value})"
    else:
        totals = chi.sum((1, 2))
        top, low = int(totals.argmax()), int(totals.argmin())
        most = (
            f"map {top + 1} of {question.slice} raises it most ({_signed(totals[top])}), "
            f"map {low + 1} least ({_signed(totals[low])})"
        )
    text = f"What moves {subject}, {where}: {most}. All together: {_signed(chi.sum())}."
    if question.slice == "input" and question.distribution == "segment" and question.multiply:
        text += f" From black to this digit it changes by {_signed(rise)}."
    return text


def _signed(value: float | Tensor, decimals: int = 2) -> str:
    return f"{float(value):+.{decimals}f}".replace("-", "\u2212")


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real model.

    Parameters
    ----------
    model : explained in place of the book's network: a ``LeNet5`` in evaluation mode

    Attributes
    ----------
    digit, slice, quantity, k, other, map, distribution, measure : the knobs
    picture, verdict : what is seen

    Raises
    ------
    ValueError : if ``model`` is no ``LeNet5`` or is in training mode.
    """

    def __init__(self, model: models.LeNet5 | None = None) -> None:
        chosen = models.load(FILE) if model is None else model
        if not isinstance(chosen, models.LeNet5):
            raise ValueError(f"model: expected a LeNet5, found {type(chosen).__name__}")
        validate.eval_mode(chosen)
        self._model = chosen
        self._x, self._y = mnist10k("test")
        self._knobs()
        self.picture = widgets.Image(format="png", width=540)
        self.verdict = widgets.HTML()
        self.box = widgets.VBox([*self._all, self.verdict, self.picture])
        self.update()

    def _knobs(self) -> None:
        style = {"description_width": "7em"}
        start = Question()

        def number(name: str, value: int, top: int, least: int = 0) -> Any:
            return widgets.BoundedIntText(
                value=value, min=least, max=top, description=name, style=style
            )

        def buttons(name: str, options: list[str], value: str) -> Any:
            return widgets.ToggleButtons(
                options=options, value=value, description=name, style=style
            )

        self.digit = number("test digit", sample_rows()[START_DIGIT], len(self._x) - 1)
        self.slice = buttons("slice", list(SLICES), start.slice)
        self.quantity = buttons("quantity", list(QUANTITIES), "one class")
        self.k, self.other = number("class", start.k, 9), number("other class", start.other, 9)
        self.map = number("map of conv 2", 1, 16, 1)
        self.distribution = buttons("distribution", list(DISTRIBUTIONS), "its class")
        self.measure = buttons("measure", list(MEASURES), "influence")
        self._all = (
            *(self.digit, self.slice, self.quantity, self.k, self.other, self.map),
            *(self.distribution, self.measure),
        )
        for knob in self._all:
            knob.observe(self.update, names="value")

    def question(self) -> Question:
        """What the knobs ask; two equal classes are taken apart."""
        k, other = self.k.value, self.other.value
        return Question(
            self.slice.value,
            QUANTITIES[self.quantity.value],
            k,
            other if other != k else (k + 1) % 10,
            self.map.value - 1,
            DISTRIBUTIONS[self.distribution.value],
            MEASURES[self.measure.value],
        )

    def update(self, _: object = None) -> None:
        """Read the knobs, ask the network, show what it says."""
        question, row = self.question(), self.digit.value
        x, label = self._x[row : row + 1], int(self._y[row])
        chi = explain(self._model, x, label, question)
        rise = measured(self._model, x, question) - measured(self._model, 0 * x, question)
        text = sentence(question, label, chi, rise)
        self.verdict.value = f"<p><b>{html.escape(text)}</b></p>"
        self.picture.value = _png(draw(x, chi, question))

    def _ipython_display_(self) -> None:
        display(self.box)


def draw(x: Tensor, chi: Tensor, question: Question) -> Figure:
    """The digit, and the influence of each map of the slice on one scale."""
    maps = len(chi)
    columns = {1: 1, 6: 3, 16: 4}[maps]
    figure = plt.figure(figsize=(6.4, 3.4))
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(2, 3)).flat
    ax = left.subplots()
    draw_image(ax, x[0])
    ax.set_title("the digit", fontsize="small")
    high = float(chi.abs().max()) or 1.0
    grid = right.subplots(maps // columns, columns, squeeze=False)
    for i, (ax, values) in enumerate(zip(grid.flat, chi, strict=True)):
        ax.imshow(values.numpy(), vmin=-high, vmax=high, cmap=CHANGE, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        name = (
            "raise (orange) or lower (blue)" if maps == 1 else f"{i + 1}: {_signed(values.sum())}"
        )
        ax.set_title(name, fontsize="small")
    return figure


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, dpi=100)
    plt.close(figure)
    return file.getvalue()
