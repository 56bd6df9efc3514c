"""The lab *feature maps*: what its page needs, and the same control for a notebook.

A reader picks a unit in one of LeNet-5's feature maps and sees its value, the part of the picture
that it looks at, and what would raise it. In the page ``book/static/live/feature-maps.js`` does
this; here it is done on the model itself.
"""

import html
import io
from functools import cache
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from sdl_lib import models, validate
from sdl_lib.convolution import ReceptiveField, receptive_field
from sdl_lib.data import mnist10k
from sdl_lib.figures import draw_image
from sdl_lib.live.draw_a_digit import CHANGE, Answer, ask, sample_rows

NAME, FILE = "LeNet-5", "lenet5"
# the maps that are shown, after ReLU: name -> number in LeNet5().layers
LAYERS = {"conv 1": 1, "pool 1": 2, "conv 2": 4, "pool 2": 5}
START_DIGIT, START_LAYER = 3, "conv 2"
COLOURS = "cividis"  # of activities, told apart with any colour vision
_SIDE = 28


class Unit(NamedTuple):
    """One unit of a layer, counted from 0."""

    layer: str
    map: int
    row: int
    column: int


@cache
def fields() -> dict[str, ReceptiveField]:
    """What a unit of each layer sees, along either axis."""
    found = receptive_field(list(models.LeNet5().layers)[: max(LAYERS.values()) + 1])
    return {name: found[i] for name, i in LAYERS.items()}


def activities(model: models.LeNet5, x: Tensor, layer: str) -> Tensor:
    """The maps of a layer, shape (maps, h, w), for one picture ``x``, shape (1, 1, 28, 28)."""
    maps: Tensor = model.layers[: LAYERS[layer] + 1](x)[0]
    return maps


def strongest(model: models.LeNet5, x: Tensor, layer: str) -> Unit:
    """The unit of the layer with the largest value; the first, where several have it."""
    maps = activities(model, x, layer)
    place = np.unravel_index(int(maps.argmax()), maps.shape)
    return Unit(layer, *(int(i) for i in place))


def gradient(model: models.LeNet5, x: Tensor, unit: Unit) -> Tensor:
    """By how much the unit's value rises for each pixel, shape (28, 28)."""
    x = x.detach().clone().requires_grad_()
    value = activities(model, x, unit.layer)[unit.map, unit.row, unit.column]
    return torch.autograd.grad(value, x)[0][0, 0]


def sentence(answer: Answer, unit: Unit, value: float) -> str:
    """What is to be seen, in words: the same as in the page."""
    field = fields()[unit.layer]
    rows, columns = field.at(unit.row), field.at(unit.column)
    inside = min(rows[0], columns[0]) >= 0 and max(rows[-1], columns[-1]) < _SIDE
    has = f"has the value {value:.2f}" if value > 0 else "is silent"
    return (
        f"{NAME} reads {answer}. In map {unit.map + 1} of {unit.layer}, the unit in row "
        f"{unit.row + 1}, column {unit.column + 1} {has}. It sees rows {_ends(rows)} and columns "
        f"{_ends(columns)}: {field.size}\u00a0×\u00a0{field.size} pixels"
        f"{'' if inside else ', some of them padding'}."
    )


def _ends(seen: range) -> str:
    return f"{max(seen[0], 0) + 1} to {min(seen[-1], _SIDE - 1) + 1}"


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real model.

    Parameters
    ----------
    model : looked into in place of the book's network: a ``LeNet5`` in evaluation mode
    image : shown in place of a test digit: 28 x 28 values in [0, 1]

    Attributes
    ----------
    digit, layer, map, row, column : the knobs; setting ``row.value`` moves the slider
    picture, maps, verdict : what is seen

    Raises
    ------
    ValueError : if ``image`` is not 28 x 28 or leaves [0, 1], or ``model`` is no ``LeNet5`` or
        is in training mode.
    """

    def __init__(self, model: models.LeNet5 | None = None, *, image: Any = None) -> None:
        chosen = models.load(FILE) if model is None else model
        if not isinstance(chosen, models.LeNet5):
            raise ValueError(f"model: expected a LeNet5, found {type(chosen).__name__}")
        validate.eval_mode(chosen)
        self._model = chosen
        self._x, _ = mnist10k("test")
        self._image = None if image is None else _picture(image)
        self._knobs()
        self.picture = widgets.Image(format="png", width=540)
        self.maps = widgets.Image(format="png", width=540)
        self.verdict = widgets.HTML()
        parts = [*self._all, self.verdict, self.picture, self.maps]
        self.box = widgets.VBox(parts)
        self.update()

    def _knobs(self) -> None:
        style = {"description_width": "7em"}
        row = sample_rows()[START_DIGIT]
        self.digit = widgets.BoundedIntText(
            value=row,
            max=len(self._x) - 1,
            description="test digit",
            disabled=self._image is not None,
            style=style,
        )
        self.layer = widgets.ToggleButtons(
            options=list(LAYERS), value=START_LAYER, description="layer", style=style
        )
        start = strongest(self._model, self._given(), START_LAYER)
        shape = activities(self._model, self._given(), START_LAYER).shape
        self.map, self.row, self.column = (
            widgets.IntSlider(value=at + 1, min=1, max=size, description=name, style=style)
            for at, size, name in zip(start[1:], shape, ("map", "row", "column"), strict=True)
        )
        self._all = (self.digit, self.layer, self.map, self.row, self.column)
        for knob in self._all:
            knob.observe(self.update, names="value")

    def update(self, _: object = None) -> None:
        """Read the knobs, ask the network, show what it says."""
        x, layer = self._given(), self.layer.value
        with torch.no_grad():
            maps = activities(self._model, x, layer)
        for knob, size in zip((self.map, self.row, self.column), maps.shape, strict=True):
            knob.max = size  # a value beyond it moves back
        unit = Unit(layer, self.map.value - 1, self.row.value - 1, self.column.value - 1)
        value = float(maps[unit.map, unit.row, unit.column])
        text = sentence(ask(self._model, x), unit, value)
        self.verdict.value = f"<p><b>{html.escape(text)}</b></p>"
        self.picture.value = _png(draw_field(x, gradient(self._model, x, unit), unit))
        self.maps.value = _png(draw_maps(maps, unit))

    def _given(self) -> Tensor:
        if self._image is not None:
            return self._image
        return self._x[self.digit.value : self.digit.value + 1]

    def _ipython_display_(self) -> None:
        display(self.box)


def draw_field(x: Tensor, slope: Tensor, unit: Unit) -> Figure:
    """The picture with the unit's field framed, the field alone, and what would raise the unit."""
    field = fields()[unit.layer]
    rows, columns = field.at(unit.row), field.at(unit.column)
    figure, (whole, part, wanted) = plt.subplots(1, 3, figsize=(6.4, 2.5))
    titles = ("the picture", "what the unit sees", "raised by lighter (orange)\nor darker (blue)")
    largest = float(slope.abs().max()) or 1.0
    draw_image(whole, x[0])
    whole.add_patch(_frame(columns[0], rows[0], field.size, clip_on=False))
    draw_image(part, x[0])
    wanted.imshow(slope.numpy(), vmin=-largest, vmax=largest, cmap=CHANGE, interpolation="nearest")
    wanted.set_axis_off()
    for ax, title in zip((whole, part, wanted), titles, strict=True):
        ax.set_title(title, fontsize="small")
    for ax in (part, wanted):
        ax.set(xlim=(columns[0] - 0.5, columns[-1] + 0.5), ylim=(rows[-1] + 0.5, rows[0] - 0.5))
    return figure


def draw_maps(maps: Tensor, unit: Unit | None = None) -> Figure:
    """All maps of a layer on one scale; ``unit`` is framed."""
    columns = min(len(maps), 8)
    lines = -(-len(maps) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(6.4, 6.4 / columns * lines), squeeze=False)
    high = float(maps.max()) or 1.0
    for i, (ax, picture) in enumerate(zip(grid.flat, maps, strict=True)):
        draw_image(ax, picture[None], high=high, cmap=COLOURS)
        if unit is not None and i == unit.map:
            ax.add_patch(_frame(unit.column, unit.row, 1))
    return figure


def _frame(left: int, top: int, side: int, **options: Any) -> Rectangle:
    look = {"edgecolor": "#d55e00", "fill": False, "linewidth": 2, **options}
    return Rectangle((left - 0.5, top - 0.5), side, side, **look)


def _picture(image: Any) -> Tensor:
    x = torch.as_tensor(image, dtype=torch.float32).detach()
    if x.numel() != _SIDE**2:
        raise ValueError(f"image: expected 28 x 28 values, found shape {tuple(x.shape)}")
    x = x.reshape(1, 1, _SIDE, _SIDE)
    validate.images(x, "image")
    return x


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, dpi=100)
    plt.close(figure)
    return file.getvalue()
