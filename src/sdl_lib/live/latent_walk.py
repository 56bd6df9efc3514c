"""The lab *latent walk*: a generator draws the digits between two others, and beside them.

A reader goes from one point of the latent space to another, and aside along two directions. In
the page ``book/static/live/latent-walk.js`` draws; here the generator itself does.
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
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import figures, models, validate
from sdl_lib.gan import latent_direction, slerp
from sdl_lib.live.draw_a_digit import Answer, ask
from sdl_lib.live.export import export, write_json
from sdl_lib.training import predict

NAME, READER, DRAWER = "LeNet-5", "lenet5", "dcgan"
START: dict[str, Any] = {"from": 3, "to": 8, "way": 50, "ink": 0.0, "slant": 0.0}
REACH = 3.0  # of the two sliders aside, in standard deviations of the latent space
STRIP = 7  # pictures of the way, ends included
_SIDE = 28
_DRAWN = 2000  # pictures that starts and directions are found on


class Space(NamedTuple):
    """A starting point for each digit, and the directions of more ink and of more slant."""

    starts: Tensor
    ink: Tensor
    slant: Tensor


def generator() -> models.DCGANGenerator:
    model = models.load(DRAWER)
    assert isinstance(model, models.DCGANGenerator)
    return model


@cache
def space() -> Space:
    """Starts: of each digit the first drawn one that the reader is surest of, of some hundreds."""
    model, reader = generator(), models.load(READER)
    z = torch.randn(_DRAWN, model.latent, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        x = torch.cat([model.pictures(part) for part in z.split(250)])
    sure = predict(reader, x).softmax(1)
    starts = z[sure.argmax(0)].mul(1e4).round().div(1e4)  # short to write down
    ink, slant = latent_direction(z, x.mean((1, 2, 3))), latent_direction(z, leaning(x))
    return Space(starts, ink, slant)


def leaning(x: Tensor) -> Tensor:
    """How far each picture's strokes lean to the right: the slope of x on height, in pixels."""
    mass = x[:, 0] / x.sum((1, 2, 3))[:, None, None]
    across, up = torch.arange(_SIDE).to(x), -torch.arange(_SIDE).to(x)
    mean_across, mean_up = (mass.sum(1) @ across), (mass.sum(2) @ up)
    a, u = across - mean_across[:, None], up - mean_up[:, None]
    both = torch.einsum("nij,ni,nj->n", mass, u, a)
    return both / torch.einsum("nij,ni->n", mass, u.square())


def point(start: int, end: int, *, way: float, ink: float, slant: float) -> Tensor:
    """The latent vector, shape (1, latent), of the reader's choices; ``way`` is in [0, 1]."""
    known = space()
    ends = known.starts[start : start + 1], known.starts[end : end + 1]
    return slerp(*ends, way) + ink * known.ink + slant * known.slant


@torch.no_grad()
def draw(z: Tensor) -> Tensor:
    """The pictures (n, 1, 28, 28) in [0, 1] of latent vectors ``z``."""
    return generator().pictures(z)


def _a(digit: int) -> str:
    return f"{'an' if digit == 8 else 'a'} {digit}"


def sentence(start: int, end: int, *, way: float, ink: float, slant: float, seen: Answer) -> str:
    """What is to be seen, in words: the same as in the page."""
    return (
        f"{way:.0%} of the way from {_a(start)} to {_a(end)}, with ink {ink:+.1f} and slant "
        f"{slant:+.1f}, {NAME} reads {seen}."
    )


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real networks.

    Attributes
    ----------
    start, end, way, ink, slant : the knobs; setting ``way.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "8em"}
        digits = [(str(digit), digit) for digit in range(10)]
        self.start, self.end = (
            widgets.Dropdown(options=digits, value=START[key], description=key, style=style)
            for key in ("from", "to")
        )
        self.way = widgets.IntSlider(
            value=START["way"], max=100, description="% of the way", style=style
        )
        self.ink, self.slant = (
            widgets.FloatSlider(
                value=START[name], min=-REACH, max=REACH, step=0.1, description=name, style=style
            )
            for name in ("ink", "slant")
        )
        knobs = (self.start, self.end, self.way, self.ink, self.slant)
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, draw, show what the reader says."""
        ends = self.start.value, self.end.value
        aside = {"ink": round(self.ink.value, 1), "slant": round(self.slant.value, 1)}
        way = self.way.value / 100
        x = draw(point(*ends, way=way, **aside))
        seen = ask(models.load(READER), x)
        said = sentence(*ends, way=way, **aside, seen=seen)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        file = io.BytesIO()
        figure = picture(x, strip(*ends))
        figure.savefig(file)
        plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)


def strip(start: int, end: int) -> Tensor:
    """Pictures at even steps of the way, with nothing aside."""
    ways = torch.linspace(0, 1, STRIP).tolist()
    return draw(torch.cat([point(start, end, way=way, ink=0, slant=0) for way in ways]))


def picture(x: Tensor, way: Tensor) -> Figure:
    """One picture large, and the way small below it."""
    validate.images(x)
    with plt.rc_context():
        figures.use_look()
        rows = ["x" * len(way)] * 3 + ["".join(str(i) for i in range(len(way)))]
        figure, axes = plt.subplot_mosaic("\n".join(rows), figsize=(6.4, 3.1))
        for name, ax in axes.items():
            shown = x[0] if name == "x" else way[int(name)]
            ax.imshow(shown[0].numpy(), vmin=0, vmax=1, cmap="gray", interpolation="nearest")
            ax.set_axis_off()
    made: Figure = figure
    return made


def write(folder: Path) -> None:
    """Write the networks, the points, and the picture and table that stand in for the lab."""
    known = space()
    export(generator(), folder, DRAWER, shape=(generator().latent,), half=True)
    export(models.load(READER), folder, READER, shape=(1, _SIDE, _SIDE), half=True)
    setup = {
        "reader": {"name": NAME, "id": READER},
        "drawer": DRAWER,
        "start": START,
        "reach": REACH,
        "strip": STRIP,
        "starts": [[round(v, 4) for v in row] for row in known.starts.tolist()],
        "ink": known.ink.tolist(),
        "slant": known.slant.tolist(),
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    ends = START["from"], START["to"]
    x = draw(point(*ends, way=START["way"] / 100, ink=START["ink"], slant=START["slant"]))
    figure = picture(x, strip(*ends))
    figure.savefig(folder / "fallback.png", dpi=120)
    plt.close(figure)
    reader, rows = models.load(READER), []
    for way in (0.0, 0.25, 0.5, 0.75, 1.0):
        said = [
            str(ask(reader, draw(point(*ends, way=way, ink=0, slant=slant))))
            for slant in (-2.0, 0.0, 2.0)
        ]
        rows.append([f"{way:.0%}", *said])
    table = {
        "title": f"What {NAME} reads on the way from {_a(ends[0])} to {_a(ends[1])}",
        "head": ["of the way", "slant -2", "slant 0", "slant +2"],
        "rows": rows,
    }
    alt = (
        f"A digit drawn by the generator, large: it is half of the way from {_a(ends[0])} to "
        f"{_a(ends[1])}. Below it, {STRIP} small pictures of the whole way, in which the left "
        f"curves of the {ends[0]} close step by step until the last picture is {_a(ends[1])}."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})
