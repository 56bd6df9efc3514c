"""The lab *ring-gan*: trainings on a ring of Gaussians, played back, with the ratio of steps.

A reader chooses how many steps each player has, and goes through the training picture by picture.
The page counts the modes in ``book/static/live/ring-coverage.js``, on the same points.
"""

import html
import io
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor

from sdl_lib import figures
from sdl_lib.gan import Coverage, mode_coverage, ring_centres
from sdl_lib.gan.playback import (
    DRAWN,
    EVERY,
    GAMES,
    LEVELS,
    PICTURES,
    REACH,
    from_levels,
    playback_record,
)
from sdl_lib.live.export import write_json

WORDS = {
    "5:1": "Five steps of G to one of D",
    "2:1": "Two steps of G to one of D",
    "1:1": "A step of G and a step of D in turn",
    "1:2": "One step of G to two of D",
    "1:5": "One step of G to five of D",
    "5:1 packed": "Five steps of G to one of D, which sees four points at once",
}
START: dict[str, Any] = {"game": "1:1", "picture": PICTURES, "speed": "medium"}
_PICTURED = ("5:1", "1:1", "1:5", "5:1 packed")  # where the lab cannot run
WITHIN, LEAST = 0.3, 0.25  # as mode_coverage has them


def points_of(game: str, picture: int) -> Tensor:
    """The points of one picture, in double precision."""
    return from_levels(playback_record()[1][game].levels[picture])


def look(game: str, picture: int) -> Coverage:
    """What of the ring they reach."""
    centres = ring_centres().double()
    return mode_coverage(points_of(game, picture), centres, within=WITHIN, least=LEAST)


def ends(game: str) -> list[int]:
    """Modes covered at the end, for each seed."""
    return [counts[-1] for counts in playback_record()[1][game].covered]


def sentence(game: str, picture: int) -> str:
    """What is to be seen, in words: the same as in the page."""
    seen = look(game, picture)
    *most, last = map(str, ends(game))
    return (
        f"{WORDS[game]}, after {picture * EVERY} of {PICTURES * EVERY} updates: {seen.covered} of "
        f"{len(seen.counts)} modes covered, {int(seen.counts.sum())} of {DRAWN} points near one. "
        f"From {len(most) + 1} seeds, the game ends at {', '.join(most)} and {last} modes."
    )


def draw(ax: Axes, game: str, picture: int) -> None:
    """Points, and circles around the modes: in full where they are covered."""
    for (x, y), count in zip(ring_centres().tolist(), look(game, picture).counts, strict=True):
        covered = count >= LEAST * DRAWN / 8
        style = {"edgecolor": "black", "linewidth": 1.4} if covered else {"linestyle": ":"}
        ax.add_patch(Circle((x, y), WITHIN, fill=False, **{"edgecolor": "0.5", **style}))
    ax.plot(*points_of(game, picture).T, ".", color="C0", markersize=2.5)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")


def picture_of(game: str, picture: int) -> Figure:
    """The plane, and the modes over the updates beside it."""
    with plt.rc_context():
        figures.use_look()
        figure, (plane, chart) = plt.subplots(1, 2, figsize=(6.4, 3), width_ratios=(1, 1.1))
        draw(plane, game, picture)
        updates = [EVERY * t for t in range(PICTURES + 1)]
        own, *others = playback_record()[1][game].covered
        for counts in others:
            chart.plot(updates, counts, color="0.7", linewidth=1)
        chart.plot(updates, own, color="C0", linewidth=2)
        chart.axvline(picture * EVERY, color="0.4", linewidth=1)
        chart.set(xlabel="updates", ylabel="modes covered", ylim=(-0.3, 8.3))
    made: Figure = figure
    return made


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    game, time, play : the knobs; ``time`` counts pictures, and ``play`` moves it on
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        self.game = widgets.Dropdown(
            options=list(GAMES), value=START["game"], description="G : D steps"
        )
        bounds = {"value": START["picture"], "min": 0, "max": PICTURES}
        self.play = widgets.Play(interval=300, **bounds)
        self.time = widgets.IntSlider(description="picture", **bounds)
        widgets.jslink((self.play, "value"), (self.time, "value"))
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        for knob in (self.game, self.time):
            knob.observe(self.update, names="value")
        row = widgets.HBox([self.play, self.time])
        self.box = widgets.VBox([self.game, row, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, draw, count."""
        game, picture = self.game.value, self.time.value
        said = sentence(game, picture)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        file = io.BytesIO()
        figure = picture_of(game, picture)
        figure.savefig(file)
        plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)


def write(folder: Path) -> None:
    """Write the games, and what stands in for the lab."""
    _, games = playback_record()
    (folder / "games.bin").write_bytes(
        b"".join(games[name].levels.numpy().tobytes() for name in GAMES)
    )
    listed = [
        {"name": name, "words": WORDS[name], "others": games[name].covered[1:], "ends": ends(name)}
        for name in GAMES
    ]
    setup = {
        "games": listed,
        "start": {**START, "game": list(GAMES).index(START["game"])},
        "centres": ring_centres().double().tolist(),
        "within": WITHIN,
        "least": LEAST,
        "pictures": PICTURES,
        "every": EVERY,
        "drawn": DRAWN,
        "reach": REACH,
        "levels": LEVELS,
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, len(_PICTURED), figsize=(6.4, 1.9))
        for ax, game in zip(axes, _PICTURED, strict=True):
            draw(ax, game, PICTURES)
            ax.set_title(f"{game}: {look(game, PICTURES).covered} of 8", fontsize="medium")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for game in GAMES:
        seen = look(game, PICTURES)
        modes = ", ".join(map(str, ends(game)))
        rows.append([game, modes, f"{int(seen.counts.sum())} of {DRAWN}"])
    table = {
        "title": f"After {PICTURES * EVERY} updates",
        "head": ["G steps : D steps", "modes, three seeds", "points near one, first seed"],
        "rows": rows,
    }
    alt = (
        "Four scatter plots of what the generator draws in the end, with circles around the eight "
        "modes of a ring. With five steps of G to one of D all points sit together in one small "
        "clump beside a mode. In turn they gather on seven of the eight; with five steps of D "
        "they gather on six. With five to one and packing they spread around the whole ring, "
        "loosely."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})
