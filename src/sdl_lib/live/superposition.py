"""The lab *superposition*: toy models of five features in two dimensions, trained on the spot.

In the page ``book/static/live/superposition.js`` trains them; here ``sdl_lib.attribution`` does.
Both start from the same weights, take the same steps, and say what is seen in the same words.
"""

import html
import io
import math
from itertools import pairwise, product
from pathlib import Path

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import figures, validate
from sdl_lib.attribution import ToyModels, feature_dimensionality, kept, toy_inputs, train_toys
from sdl_lib.attribution.superposition import points_of
from sdl_lib.live.export import write_json

FEATURES, HIDDEN, RUNS, ROLLS = 5, 2, 6, 4
STEPS, LR, DECAY = 600, 0.05, 0.9
SPARSITY = {"min": 0, "max": 0.98, "step": 0.01, "value": 0.9}
LEAST = 0.5  # a shorter direction does not count as kept
_WORDS = ("no", "one", "two", "three", "four", "five", "six")
_TABLE = (0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.98)


def importance() -> Tensor:
    return DECAY ** torch.arange(FEATURES, dtype=torch.float64)


def starts(roll: int) -> Tensor:
    """The first weights of the models, shape (RUNS, HIDDEN, FEATURES), short to write down."""
    chance = torch.Generator().manual_seed(roll)
    drawn = torch.randn(RUNS, HIDDEN, FEATURES, generator=chance, dtype=torch.float64)
    return (0.3 * drawn).round(decimals=4)


def train(sparsity: float, roll: int = 0) -> ToyModels:
    return train_toys(starts(roll), sparsity=sparsity, importance=importance(), steps=STEPS, lr=LR)


def smallest_angle(weight: Tensor) -> float:
    """Degrees between the two directions that are nearest to each other, of those kept."""
    long = weight[:, weight.norm(dim=0) > LEAST]
    turned = torch.atan2(long[1], long[0]).rad2deg().sort().values.tolist()
    gaps: list[float] = [after - before for before, after in pairwise([*turned, turned[0] + 360])]
    return min(*gaps, 180.0)


def sentence(sparsity: float, models: ToyModels) -> str:
    """What is to be seen, in words: the same as in the page."""
    best = models.best
    count = int(kept(models.weight[best], least=LEAST))
    alike = int((kept(models.weight, least=LEAST) == count).sum())
    angle = smallest_angle(models.weight[best]) if count > 1 else 360.0
    return (
        f"At sparsity {sparsity:.2f} the best of {_WORDS[RUNS]} models keeps {_WORDS[count]} of "
        f"{_WORDS[FEATURES]} features, at a loss of {float(models.loss[best]):.4f}. The smallest "
        f"angle between two of them is {angle:.1f} degrees. {_WORDS[alike].capitalize()} of the "
        f"{_WORDS[RUNS]} models {'keeps' if alike == 1 else 'keep'} as many."
    )


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    sparsity, roll : the knobs; setting ``sparsity.value`` moves the slider and trains
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        wide = {"style": {"description_width": "8em"}, "layout": widgets.Layout(width="34em")}
        self.sparsity = widgets.FloatSlider(
            description="sparsity", continuous_update=False, **SPARSITY, **wide
        )
        self.roll = widgets.IntSlider(max=ROLLS - 1, description="random starts", **wide)
        self.picture = widgets.Image(format="png", width=620)
        self.verdict = widgets.HTML()
        self.box = widgets.VBox([self.sparsity, self.roll, self.picture, self.verdict])
        for knob in (self.sparsity, self.roll):
            knob.observe(self.update, names="value")
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, train, show."""
        sparsity = round(float(self.sparsity.value), 2)
        models = train(sparsity, self.roll.value)
        file = io.BytesIO()
        figure = picture(models)
        figure.savefig(file, dpi=100)
        plt.close(figure)
        self.picture.value = file.getvalue()
        self.verdict.value = f"<p><b>{html.escape(sentence(sparsity, models))}</b></p>"

    def _ipython_display_(self) -> None:
        display(self.box)


def picture(models: ToyModels) -> Figure:
    """The best model large, all of them small."""
    validate.count(len(models.loss), "models")
    with plt.rc_context():
        figures.use_look()
        layout = [["best", "best", *"012"], ["best", "best", *"345"]]
        figure: Figure
        figure, axes = plt.subplot_mosaic(layout, figsize=(6.6, 2.7))
        draw_directions(axes["best"], models.weight[models.best], names=True)
        for i, (weight, loss) in enumerate(zip(models.weight, models.loss, strict=True)):
            draw_directions(axes[str(i)], weight)
            axes[str(i)].set_title(f"{int(kept(weight))} kept, {loss:.4f}", fontsize="x-small")
    return figure


def draw_directions(ax: Axes, weight: Tensor, *, names: bool = False) -> None:
    """The columns of ``weight`` (2, features) as arrows, with a circle of radius 1."""
    turn = torch.linspace(0, 2 * math.pi, 90)
    ax.plot(turn.cos(), turn.sin(), color="0.85", lw=1)
    for i, (x, y) in enumerate(weight.T.tolist()):
        colour = figures.PALETTE[i % len(figures.PALETTE)]
        ax.plot([0, x], [0, y], color=colour, lw=2, marker="o", ms=4, markevery=[1])
        if names and math.hypot(x, y) > LEAST:
            ax.text(1.2 * x, 1.2 * y, str(i + 1), ha="center", va="center", color=colour)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal")
    ax.set_axis_off()


def write(folder: Path) -> None:
    """Write points, starts and settings, and the picture and table that stand in for the lab."""
    x, _ = toy_inputs(FEATURES, sparsity=0.5)
    setup = {
        "features": FEATURES,
        "hidden": HIDDEN,
        "steps": STEPS,
        "lr": LR,
        "least": LEAST,
        "words": _WORDS,
        "sparsity": SPARSITY,
        "importance": importance().tolist(),
        "starts": [starts(roll).tolist() for roll in range(ROLLS)],
        "points": x.tolist(),
        "patterns": _patterns(),
    }
    write_json(folder / "lab.json", setup)
    trained = {s: train(s) for s in _TABLE}
    shown = trained[SPARSITY["value"]]
    figure = picture(shown)
    figure.savefig(folder / "fallback.png", dpi=200)
    plt.close(figure)
    alt = (
        "Left, the directions of five features in a plane, as arrows from one point: they point "
        "to the corners of a pentagon. Right, six small pictures of the same kind, one for each "
        f"random start. {sentence(SPARSITY['value'], shown)}"
    )
    rows = [[f"{s:.2f}", *_row(models)] for s, models in trained.items()]
    head = ["sparsity", "features kept", "loss", "smallest angle", "shares of a dimension"]
    table = {"title": "The best of six models at each sparsity", "head": head, "rows": rows}
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


def _patterns() -> list[list[int]]:
    """For each pattern of zeros: features that are not zero, and how many points it has."""
    active = [sum(pattern) for pattern in product((0, 1), repeat=FEATURES)]
    return [[k, points_of(k, FEATURES)] for k in active]


def _row(models: ToyModels) -> list[str]:
    best = models.weight[models.best]
    shares = ", ".join(f"{share:.2f}" for share in feature_dimensionality(best).tolist())
    angle = f"{smallest_angle(best):.0f}°"
    return [str(int(kept(best))), f"{float(models.loss.min()):.4f}", angle, shares]
