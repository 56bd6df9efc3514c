"""The lab *pixel-game*: recolour pixels of a traffic light until the network says green.

A reader paints pixels, or lets a search play a move; each look at the network is counted. In the
page ``book/static/live/pixel-search.js`` does this with the live engine; here it is done in torch.
"""

import html
import io
from functools import cache
from pathlib import Path

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from torch import Tensor

from sdl_lib import figures, validate
from sdl_lib.attacks import keypoints
from sdl_lib.data import SIGN_CLASSES, draw_signs
from sdl_lib.live.export import export, write_json
from sdl_lib.models import load

SIDE = 32
GREEN = SIGN_CLASSES.index("green light")
LIGHTS = {"red 1": 0, "red 2": 0, "red 3": 0, "dark 1": 3, "dark 2": 3, "amber": 1}
COLOURS = {
    "white": (1, 1, 1),
    "green": (0, 1, 0),
    "yellow": (1, 1, 0),
    "red": (1, 0, 0),
    "blue": (0, 0, 1),
    "black": (0, 0, 0),
}
START = {"light": "red 1", "colour": "white"}
_CROSS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
_LATEST = 3  # painted pixels whose neighbours the search looks at
_SEED = 3
_FEATURES = 16


@cache
def pictures() -> Tensor:
    """The lights, shape (6, 3, 32, 32), in steps of 1/255."""
    y = torch.tensor([*LIGHTS.values()])
    x = draw_signs(y, generator=torch.Generator().manual_seed(_SEED))
    return (255 * x).round() / 255


@cache
def places() -> list[list[int]]:
    """For each light the numbers of the pixels to look at: five on each of its keypoints."""
    points = keypoints(pictures(), _FEATURES)
    reach = (1.5 * points.scale).round()
    found: list[list[int]] = [[] for _ in LIGHTS]
    for down, across in _CROSS:
        row = (points.row + down * reach).clamp(0, SIDE - 1)
        column = (points.column + across * reach).clamp(0, SIDE - 1)
        for light, numbers in zip(found, (SIDE * row + column).long().tolist(), strict=True):
            light += numbers
    return [list(dict.fromkeys(light)) for light in found]


class Game:
    """One light, what was painted on it, and what was asked about it.

    Attributes
    ----------
    picture : Tensor, shape (3, 32, 32)
    queries : pictures that the network was shown
    probabilities : list of float, one a class
    lead : of green's logit over the largest other one
    """

    def __init__(self, light: str) -> None:
        validate.choice(light, tuple(LIGHTS), "light")
        self.number = list(LIGHTS).index(light)
        self.clean = pictures()[self.number]
        self.picture = self.clean.clone()
        self.played: list[int] = []
        self.queries = 1
        self._answer()

    @property
    def pixels(self) -> int:
        """Pixels that differ from those of the light."""
        return int((self.picture != self.clean).any(0).sum())

    def paint(self, place: int, colour: str) -> None:
        """Recolour the pixel number ``place`` and ask."""
        self.queries += 1
        self._play(place, colour)

    def search(self, colour: str) -> None:
        """Ask about each candidate and play the one at which green leads most."""
        tried = self.candidates(colour)
        batch = self.picture.repeat(len(tried), 1, 1, 1)
        for row, place in zip(batch, tried, strict=True):
            row.flatten(1)[:, place] = torch.tensor(COLOURS[colour]).float()
        self.queries += len(tried)
        self._play(tried[int(_lead(_ask(batch)).argmax())], colour)

    def candidates(self, colour: str) -> list[int]:
        """Pixels on keypoints and beside the latest painted ones, not of this colour yet."""
        near = [n for place in self.played[-_LATEST:] for n in _neighbours(place)]
        paint = torch.tensor(COLOURS[colour]).float().unsqueeze(1)
        fresh = (self.picture.flatten(1) != paint).any(0)
        return [n for n in dict.fromkeys(places()[self.number] + near) if fresh[n]]

    def _play(self, place: int, colour: str) -> None:
        self.picture.flatten(1)[:, place] = torch.tensor(COLOURS[colour]).float()
        self.played.append(place)
        self._answer()

    def _answer(self) -> None:
        logits = _ask(self.picture[None])
        self.probabilities: list[float] = logits[0].softmax(0).tolist()
        self.lead = float(_lead(logits))


def _neighbours(place: int) -> list[int]:
    row, column = divmod(place, SIDE)
    around = [(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return [SIDE * i + j for i, j in around if 0 <= i < SIDE and 0 <= j < SIDE]


@torch.no_grad()
def _ask(x: Tensor) -> Tensor:
    logits: Tensor = _network()(x)
    return logits


def _lead(logits: Tensor) -> Tensor:
    others = torch.arange(logits.shape[1]) != GREEN
    return logits[:, GREEN] - logits[:, others].amax(1)


@cache
def _network() -> torch.nn.Module:
    return load("signs")


def count(n: int, thing: str) -> str:
    """A number of things, in words that agree with it."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def sentence(game: Game) -> str:
    """What the network says, in words: the same as in the page."""
    p = game.probabilities
    best = p.index(max(p))
    green = "It is fooled." if best == GREEN else f"Green is {-game.lead:.1f} behind, in logits."
    return (
        f"With {count(game.pixels, 'pixel')} painted and {count(game.queries, 'question')} asked, "
        f"the network says {SIGN_CLASSES[best]} ({100 * p[best]:.1f}%). {green}"
    )


def draw(ax: Axes, game: Game) -> None:
    """The light as it is now."""
    figures.draw_image(ax, game.picture)


def finished(light: str, colour: str, most: int = 40) -> Game:
    """A game that the search has played until green leads, or for ``most`` moves."""
    game = Game(light)
    while game.probabilities[GREEN] < max(game.probabilities) and len(game.played) < most:
        game.search(colour)
    return game


def write(folder: Path) -> None:
    """Write the network, the lights, and what stands in for the lab."""
    export(_network(), folder, "signs", shape=(3, SIDE, SIDE))
    content = (255 * pictures()).round().to(torch.uint8)
    (folder / "lights.bin").write_bytes(content.numpy().tobytes())
    setup = {
        "classes": SIGN_CLASSES,
        "green": GREEN,
        "lights": list(LIGHTS),
        "places": places(),
        "colours": [{"name": name, "rgb": rgb} for name, rgb in COLOURS.items()],
        "start": START,
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    games = {light: finished(light, "white") for light in ("red 1", "red 2", "dark 1")}
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 4, figsize=(6.4, 1.9))
        shown = [(Game("red 1"), "red 1"), *((game, light) for light, game in games.items())]
        for k, (ax, (game, light)) in enumerate(zip(axes, shown, strict=True)):
            draw(ax, game)
            painted = "as it is" if k == 0 else count(game.pixels, "pixel")
            ax.set_title(f"{light}, {painted}", fontsize="small")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for light, game in games.items():
        best = game.probabilities.index(max(game.probabilities))
        answer = f"{SIGN_CLASSES[best]} ({100 * game.probabilities[best]:.1f}%)"
        rows.append([light, str(game.pixels), str(game.queries), answer])
    table = {
        "title": "White pixels until the search has turned the light green",
        "head": ["light", "pixels", "questions", "answer"],
        "rows": rows,
    }
    alt = (
        "Four small pictures of traffic lights. The first is a red light as it is. The second is "
        "the same light and the third another red one, each with a few white pixels that the "
        "search has painted; the red lamp is still to be seen. The fourth is a dark light with a "
        "few white pixels. The network takes the last three for green lights."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    light, colour, row, column : the knobs
    paint, search, reset : buttons; ``paint.click()`` paints the pixel at row and column
    game, picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "6em"}
        self.light = widgets.Dropdown(options=[*LIGHTS], description="light", style=style)
        self.colour = widgets.Dropdown(options=[*COLOURS], description="colour", style=style)
        whole = {"min": 0, "max": SIDE - 1, "value": SIDE // 2, "style": style}
        self.row = widgets.IntSlider(description="row", **whole)
        self.column = widgets.IntSlider(description="column", **whole)
        self.paint = widgets.Button(description="Paint this pixel")
        self.search = widgets.Button(description="Let the search play")
        self.reset = widgets.Button(description="Reset")
        self.picture = widgets.Image(format="png", width=320)
        self.verdict = widgets.HTML()
        self.light.observe(self.start, names="value")
        self.reset.on_click(self.start)
        self.paint.on_click(self._paint)
        self.search.on_click(self._search)
        buttons = widgets.HBox([self.paint, self.search, self.reset])
        knobs = [self.light, self.colour, self.row, self.column, buttons]
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.start()

    def start(self, _: object = None) -> None:
        """Begin with a clean light."""
        self.game = Game(self.light.value)
        self.show()

    def _paint(self, _: object) -> None:
        self.game.paint(SIDE * self.row.value + self.column.value, self.colour.value)
        self.show()

    def _search(self, _: object) -> None:
        self.game.search(self.colour.value)
        self.show()

    def show(self) -> None:
        """Draw the light and say what the network says."""
        self.verdict.value = f"<p><b>{html.escape(sentence(self.game))}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(3.2, 3.2))
            draw(ax, self.game)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
