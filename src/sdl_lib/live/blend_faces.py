"""The lab *blend faces*: one encoder reads a face, two decoders draw from its code.

A reader poses one of the two drawn characters and goes from one decoder's drawing to the other's.
In the page ``book/static/live/blend-faces.js`` draws; here the library itself does.
"""

import html
import io
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import figures, models
from sdl_lib.data import characters
from sdl_lib.data.characters import CHARACTERS, POSE, SIDE, draw_characters
from sdl_lib.live.export import export, write_json

NETWORK = "face-swap"
# what a reader can change, and where it begins; everything else of a pose stays 0, a slight
# smile, the eyes open
START: dict[str, float] = {"yaw": 0.6, "pitch": 0.0, "open": 1.0, "side": -0.5}
KNOBS = {"yaw": "Turn", "pitch": "Nod", "open": "Mouth", "side": "Light"}
WAY = 100  # at the start, in % of the way from the first to the second
_STILL = {"eyes": 1.0, "smile": 0.3}


class Faces(NamedTuple):
    """What is seen, what the decoders draw, and what would be right, each (1, 3, 32, 32)."""

    seen: Tensor
    drawn: Tensor
    truth: Tensor


def network() -> models.FaceSwap:
    model = models.load(NETWORK)
    assert isinstance(model, models.FaceSwap)
    return model


def pose(**knobs: float) -> Tensor:
    """The ten numbers, shape (1, 10), of a reader's few."""
    given = {**_STILL, **knobs}
    return torch.tensor([[given.get(name, 0.0) for name in POSE]])


@torch.no_grad()
def blend(who: int, way: float, **knobs: float) -> Faces:
    """Draw from the code of ``who``, at a share ``way`` from the one decoder to the other."""
    model, p = network(), pose(**knobs)
    first, second = (draw_characters(k, p) for k in (0, 1))
    seen = (first, second)[who]
    code = model.encode(seen, who)
    drawn = torch.lerp(model.decode(code, 0), model.decode(code, 1), way)
    return Faces(seen, drawn, torch.lerp(first, second, way))


def off(a: Tensor, b: Tensor) -> float:
    """Root of the mean squared difference."""
    return float((a - b).square().mean().sqrt())


def sentence(who: int, way: float, faces: Faces) -> str:
    """What is to be seen, in words: the same as in the page."""
    first, second = CHARACTERS
    drawn, seen = off(faces.drawn, faces.truth), off(faces.seen, faces.truth)
    return (
        f"{CHARACTERS[who]} is seen. At {way:.0%} from {first} to {second}, the drawing is "
        f"{drawn:.3f} a pixel from the truth, and what is seen {seen:.3f}."
    )


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real network.

    Attributes
    ----------
    who, way, yaw, pitch, open, side : the knobs; setting ``way.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "8em"}
        names = [(name, k) for k, name in enumerate(CHARACTERS)]
        self.who = widgets.Dropdown(options=names, value=0, description="seen", style=style)
        self.way = widgets.IntSlider(value=WAY, max=100, description="% of the way", style=style)
        self.yaw, self.pitch, self.open, self.side = (
            widgets.FloatSlider(
                value=START[name], min=-1, max=1, step=0.1, description=title.lower(), style=style
            )
            for name, title in KNOBS.items()
        )
        knobs = (self.who, self.way, self.yaw, self.pitch, self.open, self.side)
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, draw, say how far from the truth that is."""
        who, way = self.who.value, self.way.value / 100
        pose_now = {name: round(getattr(self, name).value, 1) for name in KNOBS}
        faces = blend(who, way, **pose_now)
        self.verdict.value = f"<p><b>{html.escape(sentence(who, way, faces))}</b></p>"
        file = io.BytesIO()
        figure = picture(faces)
        figure.savefig(file)
        plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)


def picture(faces: Faces) -> Figure:
    """What is seen, what is drawn, what is right, side by side."""
    with plt.rc_context():
        figures.use_look()
        return figures.show_images(
            [part[0] for part in faces], ("seen", "drawn", "the truth"), size=2.1
        )


def write(folder: Path) -> None:
    """Write the networks, the drawing's constants, and what stands in for the lab."""
    model = network()
    export(model.encoders[0], folder, "encoder", shape=(3, SIDE, SIDE), half=True)
    latent = model.encode(torch.zeros(1, 3, SIDE, SIDE), 0).shape[1:]
    for who in (0, 1):
        export(model.painter(who), folder, f"painter-{who}", shape=tuple(latent), half=True)
    setup: dict[str, Any] = {
        "names": CHARACTERS,
        "pose": POSE,
        "still": _STILL,
        "knobs": KNOBS,
        "start": START,
        "way": WAY,
        "drawing": {
            "side": SIDE,
            "reach": characters.REACH,
            "turn": characters.TURN,
            "characters": [c._asdict() for c in (characters.REED, characters.PLUM)],
        },
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    figure = picture(blend(0, WAY / 100, **START))
    figure.savefig(folder / "fallback.png", dpi=120)
    plt.close(figure)
    rows = []
    for way in (0.0, 0.25, 0.5, 0.75, 1.0):
        found = [blend(0, way, **{**START, "yaw": yaw}) for yaw in (-1.0, 0.0, 1.0)]
        rows.append([f"{way:.0%}", *(f"{off(f.drawn, f.truth):.3f}" for f in found)])
    names = f"from {CHARACTERS[0]} to {CHARACTERS[1]}"
    table = {
        "title": f"How far the decoders' drawing is from the truth, on the way {names}",
        "head": ["of the way", "turned left", "straight", "turned right"],
        "rows": rows,
    }
    first, second = CHARACTERS
    alt = (
        f"Three pictures of drawn heads. Left, {first}, blue and long, turned to the right with an "
        f"open mouth, lit from the left. In the middle what the decoder of {second} draws from the "
        "code of it: a round head with two buns, turned and lit in the same way, somewhat blurred. "
        "Right, the true drawing of that, which is sharp and shows glasses."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})
