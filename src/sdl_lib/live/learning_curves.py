"""The lab *learning-curves*: two strategies of the DFAL record, and what a running maximum does.

A reader chooses two strategies and a number of labels, and may replace each accuracy by the
greatest so far. The page does so in ``book/static/live/curves.js``, on the same record.
"""

import html
import io
import math
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.axes import Axes

from sdl_lib import figures, validate
from sdl_lib.active import load_record, running_maximum
from sdl_lib.live.export import write_json

NAMES = {
    "dfal": "DFAL",
    "dfal_0": "DFAL_0",
    "margin": "margin",
    "uncertainty": "uncertainty",
    "bald": "BALD",
    "ceal": "CEAL",
    "core_set": "core-set",
    "egl": "EGL",
    "egl_of_mean": "norm of the mean",
    "random": "random",
}
START: dict[str, Any] = {"first": "dfal_0", "second": "random", "maximum": False}


class Curves(NamedTuple):
    """The labels of the rounds, and of each strategy the accuracies by seed and round."""

    labels: list[int]
    runs: dict[str, list[list[float]]]


class Seen(NamedTuple):
    """Accuracies of the two strategies, in per cent, the mean over the seeds."""

    first: float
    second: float


@cache
def curves() -> Curves:
    """The record of LeNet-5 under the fair protocol, as far as all its runs go."""
    table = load_record().table().dropna(axis=1)
    runs = {name: table.loc[name].to_numpy().tolist() for name in NAMES if name in table.index}
    return Curves([int(n) for n in table.columns], runs)


def mean_curve(strategy: str, maximum: bool) -> list[float]:
    """Per cent in each round, the mean over the seeds; the maximum is taken seed by seed."""
    validate.choice(strategy, tuple(curves().runs), "strategy")
    runs = curves().runs[strategy]
    shown = [running_maximum(run) for run in runs] if maximum else runs
    return [100 * sum(values) / len(values) for values in zip(*shown, strict=True)]


def look(first: str, second: str, maximum: bool, step: int) -> Seen:
    """Both strategies after round ``step``."""
    return Seen(*(mean_curve(name, maximum)[step] for name in (first, second)))


def sentence(seen: Seen, *, first: str, second: str, maximum: bool, step: int) -> str:
    """What is to be seen, in words: the same as in the page."""
    how = "with the running maximum" if maximum else "as measured"
    lead = tenth(seen.first) - tenth(seen.second)
    return (
        f"After {curves().labels[step]} labels, {how}: {NAMES[first]} {tenth(seen.first):.1f}%, "
        f"{NAMES[second]} {tenth(seen.second):.1f}%. The first leads by {lead:.1f} points."
    )


def tenth(value: float) -> float:
    """Rounded to a tenth, a half upwards, as JavaScript does."""
    return math.floor(10 * value + 0.5) / 10


def draw(ax: Axes, first: str, second: str, maximum: bool) -> None:
    """Both curves."""
    ax.plot(curves().labels, mean_curve(first, maximum), "o-", label=NAMES[first])
    ax.plot(curves().labels, mean_curve(second, maximum), "D--", label=NAMES[second])
    ax.set(xlabel="labels", ylabel="test accuracy, %", ylim=(40, 100))


def write(folder: Path) -> None:
    """Write the curves, and what stands in for the lab."""
    labels, runs = curves()
    setup = {"names": {n: NAMES[n] for n in runs}, "start": START, "labels": labels, "runs": runs}
    write_json(folder / "lab.json", setup)
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.6), sharey=True)
        for ax, maximum in zip(axes, (False, True), strict=True):
            draw(ax, START["first"], START["second"], maximum)
            ax.set_title("running maximum" if maximum else "as measured", fontsize="medium")
        axes[1].set_ylabel("")
        axes[1].legend(loc="lower right", fontsize="small")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    last = len(labels) - 1
    few = ("dfal_0", "margin", "random")
    shown = {name: [mean_curve(name, m)[last] for m in (False, True)] for name in few}
    rows = [[NAMES[name], *(f"{tenth(v):.1f}%" for v in values)] for name, values in shown.items()]
    table = {
        "title": f"Test accuracy after {labels[last]} labels, mean over the seeds",
        "head": ["strategy", "as measured", "running maximum"],
        "rows": rows,
    }
    alt = (
        "Two charts of test accuracy against labels, each with a curve for DFAL_0 above one for "
        "random. On the left, as measured, the curves have dents; on the right, with the running "
        "maximum, they only rise or stay flat."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    first, second, maximum, step : the knobs; ``step`` counts rounds
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        options = [(NAMES[name], name) for name in curves().runs]
        self.first, self.second = (
            widgets.Dropdown(options=options, value=START[which], description=which)
            for which in ("first", "second")
        )
        self.maximum = widgets.Checkbox(value=START["maximum"], description="running maximum")
        last = len(curves().labels) - 1
        self.step = widgets.IntSlider(value=last, max=last, description="round")
        self.picture = widgets.Image(format="png", width=480)
        self.verdict = widgets.HTML()
        knobs = [self.first, self.second, self.maximum, self.step]
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, and show both curves."""
        first, second = self.first.value, self.second.value
        maximum, step = self.maximum.value, self.step.value
        seen = look(first, second, maximum, step)
        said = sentence(seen, first=first, second=second, maximum=maximum, step=step)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(4.8, 3))
            draw(ax, first, second, maximum)
            ax.axvline(curves().labels[step], color="0.6", linewidth=1)
            ax.legend(loc="lower right", fontsize="small")
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
