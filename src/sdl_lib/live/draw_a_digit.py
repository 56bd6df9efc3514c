"""The lab *draw a digit*: what its page needs, and the same control for a notebook.

A reader changes a digit by an attack of size eps and sees what two networks say. In the page
``book/static/live/draw-a-digit.js`` does this; here it is done on the models themselves.
"""

import html
import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor, nn

from sdl_lib import figures, models, validate
from sdl_lib.attacks import fgsm, pgd
from sdl_lib.data import mnist10k
from sdl_lib.training import predict

NETWORKS = {"LeNet-5": "lenet5", "MLP": "mlp"}  # the first is attacked, unless the reader chooses
KINDS = {"FGSM, 1 step": "fgsm", "PGD, 10 steps": "pgd", "random signs": "noise"}
NO_TARGET = -1
START_DIGIT, START_EPS = 8, 0.15
SEED = 1  # of the random signs
_PGD_STEPS = 10
# darker pixels blue, lighter ones vermilion, as in the page
CHANGE = LinearSegmentedColormap.from_list(
    "change", [figures.PALETTE[0], "white", figures.PALETTE[1]]
)


@dataclass(frozen=True)
class Answer:
    """What a network says of a picture: its first choice and the probability it gives to it."""

    digit: int
    probability: float

    def __str__(self) -> str:
        return f"{'an' if self.digit == 8 else 'a'} {self.digit} ({percent(self.probability)})"


def percent(p: float) -> str:
    return ">\u00a099.9\u00a0%" if p > 0.9995 else f"{100 * p:.1f}\u00a0%"


def probabilities(model: nn.Module, x: Tensor) -> Tensor:
    """Shape (10,), for one picture ``x`` of shape (1, 1, 28, 28)."""
    return predict(model, x)[0].double().softmax(0)


def ask(model: nn.Module, x: Tensor) -> Answer:
    p = probabilities(model, x)
    return Answer(int(p.argmax()), float(p.max()))


@cache
def sample_rows() -> list[int]:
    """The test digits that a page offers: of each class the first that both networks read
    rightly, then the first two that the first network misreads."""
    x, y = mnist10k("test")
    right = [predict(models.load(name), x).argmax(1) == y for name in NETWORKS.values()]
    both = right[0] & right[1]
    good = [int((both & (y == digit)).nonzero()[0]) for digit in range(10)]
    return good + (~right[0]).nonzero()[:2].flatten().tolist()


def random_signs(seed: int, n: int) -> Tensor:
    """``n`` numbers of the generator mulberry32 as signs: the same as in the page."""
    t = np.uint32(seed) + np.uint32(0x6D2B79F5) * np.arange(1, n + 1, dtype=np.uint32)
    t = (t ^ (t >> np.uint32(15))) * (t | np.uint32(1))
    t ^= t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))
    t ^= t >> np.uint32(14)
    return torch.from_numpy(np.where(t >> np.uint32(31), -1.0, 1.0)).float()


def disturb(
    model: nn.Module, x: Tensor, label: int, *, kind: str, eps: float, target: int, seed: int
) -> Tensor:
    """``x``, of shape (1, 1, 28, 28), changed by at most ``eps`` a pixel, within [0, 1].

    Parameters
    ----------
    kind : one of the values of ``KINDS``
    target : a class, or ``NO_TARGET`` to go away from ``label``
    seed : of the random signs
    """
    if kind == "noise":
        return (x + eps * random_signs(seed, x.numel()).view_as(x).to(x)).clamp(0, 1)
    y = torch.tensor([label])
    aim = None if target == NO_TARGET else torch.tensor([target])
    if kind == "fgsm":
        return fgsm(model, x, y, eps=eps, target=aim)
    return pgd(model, x, y, eps=eps, steps=_PGD_STEPS, random_start=False, target=aim)


def sentence(
    name: str,
    other: str,
    *,
    eps: float,
    kind: str,
    target: int,
    before: Answer,
    after: Answer,
    beside: Answer,
) -> str:
    """What is to be seen, in words: the same as in the page."""
    if eps == 0:
        return f"Unchanged, {name} reads {before}; {other} reads {beside}."
    same = after.digit == before.digit
    how = "With random signs of" if kind == "noise" else "Changed by at most"
    verb = "still reads" if same else "now reads"
    was = "" if same else f"; before, it read {before}"
    reached = "reached" if after.digit == target else "not reached"
    aimed = target != NO_TARGET and kind != "noise"
    goal = f" The target {target} is {reached}." if aimed else ""
    first = f"{how} {eps:.2f} a pixel, {name} {verb} {after}{was}."
    return f"{first}{goal} {other}, not attacked, reads {beside}."


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real models.

    Parameters
    ----------
    model : attacked in place of the book's networks: maps (n, 1, 28, 28) to logits (n, 10), in
        evaluation mode
    image : shown in place of a test digit: 28 x 28 values in [0, 1]
    label : of ``image``; default: what the attacked network says of it

    Attributes
    ----------
    digit, eps, kind, target, network, seed : the knobs; setting ``eps.value`` moves the slider
    picture, verdict, table : what is seen

    Raises
    ------
    ValueError : if ``image`` is not 28 x 28 or leaves [0, 1], or ``model`` is in training mode.
    """

    def __init__(
        self,
        model: nn.Module | None = None,
        *,
        image: Any = None,
        label: int | None = None,
    ) -> None:
        own = {} if model is None else {"your model": model}
        self._networks = own | {name: models.load(NETWORKS[name]) for name in NETWORKS}
        for network in self._networks.values():
            validate.eval_mode(network)
        self._x, self._y = mnist10k("test")
        self._image = None if image is None else _picture(image)
        self._label = label
        self._knobs()
        self._views()
        self.update()

    def _knobs(self) -> None:
        style = {"description_width": "7em"}
        wide = widgets.Layout(width="30em")
        self.digit = widgets.BoundedIntText(
            value=sample_rows()[START_DIGIT],
            max=len(self._x) - 1,
            description="test digit",
            disabled=self._image is not None,
            style=style,
        )
        self.eps = widgets.FloatSlider(
            value=START_EPS, min=0, max=0.5, step=0.01, description="eps", style=style, layout=wide
        )
        self.kind = widgets.ToggleButtons(
            options=list(KINDS.items()), description="how", style=style
        )
        targets = [("none: any other digit", NO_TARGET), *((str(c), c) for c in range(10))]
        self.target = widgets.Dropdown(options=targets, description="target", style=style)
        names = list(self._networks)
        self.network = widgets.Dropdown(options=names, description="attacked", style=style)
        self.seed = widgets.BoundedIntText(
            value=SEED, max=9999, description="signs no.", style=style
        )
        self._all = (self.digit, self.eps, self.kind, self.target, self.network, self.seed)
        for knob in self._all:
            knob.observe(self.update, names="value")

    def _views(self) -> None:
        self.picture = widgets.Image(format="png", width=540)
        self.verdict = widgets.HTML()
        self.table = widgets.HTML()
        self.box = widgets.VBox([*self._all, self.picture, self.verdict, self.table])

    def update(self, _: object = None) -> None:
        """Read the knobs, ask the networks, show what they say."""
        name = self.network.value
        other = next(n for n in self._networks if n != name)
        pair = [self._networks[name], self._networks[other]]
        x, label = self._given(pair[0])
        knobs = {"kind": self.kind.value, "eps": self.eps.value, "target": self.target.value}
        changed = disturb(pair[0], x, label, seed=self.seed.value, **knobs)
        text = sentence(
            name,
            other,
            before=ask(pair[0], x),
            after=ask(pair[0], changed),
            beside=ask(pair[1], changed),
            **knobs,
        )
        self.picture.value = _tiles_png(x, changed, self.eps.value)
        self.verdict.value = f"<p><b>{html.escape(text)}</b></p>"
        shown = [probabilities(m, picture) for m in pair for picture in (x, changed)]
        self.table.value = _table_html(name, other, shown)

    def _given(self, model: nn.Module) -> tuple[Tensor, int]:
        if self._image is None:
            row = self.digit.value
            return self._x[row : row + 1], int(self._y[row])
        label = ask(model, self._image).digit if self._label is None else self._label
        return self._image, label

    def _ipython_display_(self) -> None:
        display(self.box)


def _picture(image: Any) -> Tensor:
    x = torch.as_tensor(image, dtype=torch.float32).detach()
    if x.numel() != 784:
        raise ValueError(f"image: expected 28 x 28 values, found shape {tuple(x.shape)}")
    x = x.reshape(1, 1, 28, 28)
    validate.images(x, "image")
    return x


def _tiles_png(x: Tensor, changed: Tensor, eps: float) -> bytes:
    """The digit, the change and the changed digit, side by side; 8 screen pixels a pixel."""
    change = (changed - x) / (2 * eps) + 0.5 if eps else torch.full_like(x, 0.5)
    maps = (plt.get_cmap("gray"), CHANGE, plt.get_cmap("gray"))
    pictures = (x, change, changed)
    tiles = [m(p[0, 0].numpy())[..., :3] for m, p in zip(maps, pictures, strict=True)]
    tiles = [tile.repeat(8, axis=0).repeat(8, axis=1) for tile in tiles]
    gap = np.ones((tiles[0].shape[0], 16, 3))
    file = io.BytesIO()
    plt.imsave(file, np.concatenate([tiles[0], gap, tiles[1], gap, tiles[2]], axis=1))
    return file.getvalue()


def _table_html(name: str, other: str, columns: list[Tensor]) -> str:
    heads = [f"{n}, {when}" for n in (name, other) for when in ("before", "after")]
    head = "".join(f"<th>{html.escape(text)}</th>" for text in ("digit", *heads))
    rows = "".join(
        f"<tr><th>{digit}</th>{''.join(_cell(float(p[digit])) for p in columns)}</tr>"
        for digit in range(10)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(p: float) -> str:
    bar = f"linear-gradient(to right, #0072B255 {100 * p:.1f}%, transparent 0)"
    style = f"background: {bar}; min-width: 6em; text-align: right"
    return f'<td style="{style}">{percent(p)}</td>'
