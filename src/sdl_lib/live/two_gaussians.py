"""The lab *two-gaussians*: move the generator, and see D*, two distances and two gradients.

In the page ``book/static/live/gaussian-game.js`` computes them; here ``sdl_lib.gan`` does.
"""

import html
import io
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes

from sdl_lib import figures, gan
from sdl_lib.live.export import write_json

# the knobs count hundredths
KNOBS: dict[str, dict[str, int]] = {
    "mean": {"from": -800, "to": 800, "start": 300},
    "sd": {"from": 25, "to": 300, "start": 100},
}
EDGE = 10  # of the axis, to either side


def sentence(mean: float, sd: float) -> str:
    """What is to be seen, in words: the same as in the page."""
    game = gan.gaussian_game(mean, sd)
    sizes = [float(gradient.norm()) for gradient in (game.minimax, game.non_saturating)]
    return (
        f"Generator N({mean:.2f}, {sd:.2f}): the JSD is {game.jsd:.4f} of at most 0.6931, and W1 "
        f"is {game.w1:.4f}. The minimax gradient has size {sizes[0]:.4f}, the non-saturating one "
        f"{sizes[1]:.4f}."
    )


def draw(ax: Axes, mean: float, sd: float) -> None:
    """Data, generator and the best discriminator."""
    game = gan.gaussian_game(mean, sd)
    ax.plot(game.x, game.p, label="data")
    ax.plot(game.x, game.q, "--", label="generator")
    ax.plot(game.x, torch.sigmoid(game.logits), "k:", label="$D^*$")
    ax.set(xlim=(-EDGE, EDGE), ylim=(0, 1.05), xlabel="x")


def write(folder: Path) -> None:
    """Write the ranges of the knobs, and what stands in for the lab."""
    write_json(folder / "lab.json", {**KNOBS, "left": -EDGE, "right": EDGE})
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.3), sharey=True)
        for ax, mean in zip(axes, (1.0, 6.0), strict=True):
            draw(ax, mean, 1.0)
            ax.set_title(f"mean {mean:.0f}, width 1", fontsize="medium")
        axes[1].legend(loc="center left", fontsize="small")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for mean, sd in ((1.0, 1.0), (3.0, 1.0), (6.0, 1.0)):
        game = gan.gaussian_game(mean, sd)
        sizes = (f"{float(g.norm()):.4f}" for g in (game.minimax, game.non_saturating))
        rows.append([f"{mean:.0f}", f"{game.jsd:.4f}", f"{game.w1:.2f}", *sizes])
    table = {
        "title": "Width 1: distances, and sizes of both gradients",
        "head": ["mean", "JSD", "W1", "minimax", "other"],
        "rows": rows,
    }
    alt = (
        "Two charts with a bell for the data at zero. On the left the generator's bell stands at "
        "one, and the best discriminator falls gently from one to zero across both. On the right "
        "the generator stands at six: the discriminator drops from one to zero between the two "
        "bells, and is flat where the generator is."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    mean, sd : the knobs, in hundredths
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        self.mean, self.sd = (
            widgets.IntSlider(
                value=knob["start"],
                min=knob["from"],
                max=knob["to"],
                step=5,
                description=f"{name}, %",
            )
            for name, knob in KNOBS.items()
        )
        self.picture = widgets.Image(format="png", width=480)
        self.verdict = widgets.HTML()
        for knob in (self.mean, self.sd):
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([self.mean, self.sd, self.picture, self.verdict])
        self.update()

    def update(self, _: Any = None) -> None:
        """Read the knobs, play the game, show what came of it."""
        mean, sd = self.mean.value / 100, self.sd.value / 100
        self.verdict.value = f"<p><b>{html.escape(sentence(mean, sd))}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(4.8, 2.8))
            draw(ax, mean, sd)
            ax.legend(loc="best", fontsize="small")
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
