"""The lab *COMPAS thresholds*: a threshold and a base rate for each of two groups.

In the page ``book/static/live/compas-thresholds.js`` does this; both say the same words. A change
of a group's base rate keeps the shares of its scores among those charged again and among the
others as they are: only how many there are of each changes.
"""

import html
import io
import math
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import figures, validate
from sdl_lib.data import KnownProblems, compas
from sdl_lib.fairness import calibration_by_group, implied_ppv

GROUPS = {"race": ("African-American", "Caucasian"), "sex": ("Female", "Male")}
START = 5.0  # both thresholds: the cut between "low" and "medium" that was argued about
THRESHOLD = (1.0, 11.0, 0.1)  # least, most and step of a threshold, and of a base rate
BASE = (0.05, 0.95, 0.005)
TOLERANCE = 0.05  # a criterion holds, for this lab, where its gap is at most this
ROWS = {
    "selection": "Demographic parity",
    "tpr": "Equal opportunity",
    "fpr": "Equal false positives",
    "odds": "Equalised odds",
    "ppv": "Predictive parity",
    "calibration": "Calibration within groups",
}
COUNTED = {
    "selection": "flagged, of all",
    "tpr": "flagged, of those charged again",
    "fpr": "flagged, of those not charged again",
    "odds": "the two rows above",
    "ppv": "charged again, of the flagged",
    "calibration": "charged again at one score, on average",
}


@dataclass(frozen=True)
class Split:
    """Two groups: people at each decile who were charged again, and who were not, (2, 10)."""

    names: tuple[str, str]
    positives: Tensor
    negatives: Tensor

    @property
    def base(self) -> Tensor:
        return self.positives.sum(1) / (self.positives + self.negatives).sum(1)


@cache
def split(attribute: str) -> Split:
    """The two groups of ``attribute``, "race" or "sex"."""
    validate.choice(attribute, tuple(GROUPS), "attribute")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KnownProblems)  # the page beside the lab says it
        table = compas()
    names = GROUPS[attribute]
    table = table[table[attribute].isin(names)]
    found = calibration_by_group(
        table.two_year_recid, table.decile_score, table[[attribute]], levels={attribute: names}
    )
    return Split(names, found.positives.double(), (found.n - found.positives).double())


def flagged(threshold: float) -> Tensor:
    """The share of each decile that is flagged: between two whole thresholds, some at random."""
    return (torch.arange(1, 11).double() - threshold + 1).clamp(0, 1)


def rates(groups: Split, thresholds: tuple[float, float], base: tuple[float, float]) -> Any:
    """What is flagged and what became of it: a dictionary of tensors of shape (2,).

    Under ``calibration`` it holds the mean over the people of both groups of the difference
    between their groups at their score.
    """
    p = torch.tensor(base, dtype=torch.float64)
    high = torch.stack([flagged(t) for t in thresholds])
    yes = groups.positives / groups.positives.sum(1, keepdim=True)
    no = groups.negatives / groups.negatives.sum(1, keepdim=True)
    tpr, fpr = (yes * high).sum(1), (no * high).sum(1)
    people = p[:, None] * yes + (1 - p[:, None]) * no
    share = p[:, None] * yes / people
    sizes = (groups.positives + groups.negatives).sum(1)
    weight = (people * sizes[:, None]).sum(0) / sizes.sum()
    return {
        "base": p,
        "selection": p * tpr + (1 - p) * fpr,
        "tpr": tpr,
        "fpr": fpr,
        "ppv": implied_ppv(base=p, fpr=fpr.clamp(0, 1), fnr=(1 - tpr).clamp(0, 1)),
        "calibration": (weight * (share[0] - share[1]).abs()).sum(),
    }


def gaps(found: dict[str, Tensor]) -> dict[str, float]:
    """How far each criterion is from holding; ``nan`` where a group has nobody flagged."""
    paired = ("selection", "tpr", "fpr", "ppv")
    gap = {name: float((found[name][0] - found[name][1]).abs()) for name in paired}
    gap["odds"] = max(gap["tpr"], gap["fpr"])
    gap["calibration"] = float(found["calibration"])
    return {name: gap[name] for name in ROWS}


def holds(gap: float) -> bool:
    return gap <= TOLERANCE + 1e-9


def match(groups: Split, name: str, first: float, base: tuple[float, float]) -> float:
    """The second group's threshold at which the rate ``name`` comes nearest to the first's."""
    best, nearest = START, math.inf
    least, most, size = THRESHOLD
    for step in range(round((most - least) / size) + 1):
        threshold = round(least + step * size, 1)
        values = rates(groups, (first, threshold), base)[name]
        off = float((values[0] - values[1]).abs())
        if off < nearest - 1e-12:
            best, nearest = threshold, off
    return best


def identity(found: dict[str, Tensor], i: int) -> str:
    """Chouldechova's identity of group ``i`` in numbers."""
    p, ppv, tpr, fpr = (float(found[name][i]) for name in ("base", "ppv", "tpr", "fpr"))
    if math.isnan(ppv):
        return "nobody is flagged"
    if ppv == 0:
        return "nobody of the flagged is charged again"
    return f"{fpr:.3f} = {p / (1 - p):.3f} × {(1 - ppv) / ppv:.3f} × {tpr:.3f}"


def sentence(gap: dict[str, float]) -> str:
    """What is to be seen, in words: the same as in the page."""
    named = [name for name in ROWS if name != "fpr"]  # a part of equalised odds
    good = [ROWS[name].lower() for name in named if holds(gap[name])]
    bad = [ROWS[name].lower() for name in named if gap[name] > TOLERANCE + 1e-9]
    parts = [f"Within {TOLERANCE:.2f}: {_listed(good)}.", f"Broken: {_listed(bad)}."]
    if math.isnan(gap["ppv"]):
        parts.append("In a group nobody is flagged: predictive parity is not defined.")
    return " ".join(parts)


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} and {words[-1]}"


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real counts.

    Parameters
    ----------
    attribute : "race" or "sex", to begin with

    Attributes
    ----------
    groups, first, second, base_first, base_second : the knobs; setting ``first.value`` moves one
    picture, table, verdict : what is seen

    Raises
    ------
    ValueError : if there are no such groups.
    """

    def __init__(self, *, attribute: str = "race") -> None:
        validate.choice(attribute, tuple(GROUPS), "attribute")
        self.groups = widgets.Dropdown(options=tuple(GROUPS), value=attribute, description="groups")
        self.first, self.second = (_slider(f"threshold {n}", START, THRESHOLD) for n in (1, 2))
        self.base_first, self.base_second = (
            _slider(f"base rate {n}", float(value), BASE)
            for n, value in zip((1, 2), split(attribute).base, strict=True)
        )
        self.picture = widgets.Image(format="png", width=620)
        self.table, self.verdict = widgets.HTML(), widgets.HTML()
        knobs = [self.groups, self.first, self.second, self.base_first, self.base_second]
        self.box = widgets.VBox([*knobs, self.picture, self.verdict, self.table])
        self.groups.observe(self._other_groups, names="value")
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.update()

    def _other_groups(self, _: object) -> None:
        bases = split(self.groups.value).base.tolist()
        self.base_first.value, self.base_second.value = bases

    def update(self, _: object = None) -> None:
        """Read the knobs, count, show."""
        groups = split(self.groups.value)
        thresholds = (self.first.value, self.second.value)
        base = (self.base_first.value, self.base_second.value)
        found = rates(groups, thresholds, base)
        gap = gaps(found)
        file = io.BytesIO()
        figure = picture(groups, thresholds, base)
        figure.savefig(file, dpi=100)
        plt.close(figure)
        self.picture.value = file.getvalue()
        self.verdict.value = f"<p><b>{html.escape(sentence(gap))}</b></p>"
        self.table.value = _table_html(groups, found, gap)

    def _ipython_display_(self) -> None:
        display(self.box)


def _slider(text: str, value: float, scale: tuple[float, float, float]) -> Any:
    low, high, step = scale
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        description=text,
        readout_format=".1f" if step == THRESHOLD[2] else ".3f",
        layout=widgets.Layout(width="40em"),
    )


def rows(found: dict[str, Tensor], gap: dict[str, float]) -> list[list[str]]:
    """The table below the lab: criterion, its rate in both groups, gap, whether it holds."""
    lines = []
    for name, title in ROWS.items():
        pair = found[name].tolist() if name in found and name != "calibration" else []
        cells = [_share(value) for value in pair] or ["", ""]
        verdict = "–" if math.isnan(gap[name]) else "yes" if holds(gap[name]) else "no"
        lines.append([title, *cells, _share(gap[name]), verdict])
    return lines


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _table_html(groups: Split, found: dict[str, Tensor], gap: dict[str, float]) -> str:
    head = "".join(f"<th>{html.escape(t)}</th>" for t in ("", *groups.names, "gap", ""))
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows(found, gap)
    )
    told = "".join(
        f"<p>{html.escape(name)}: FPR = p/(1−p) × (1−PPV)/PPV × TPR: {identity(found, i)}</p>"
        for i, name in enumerate(groups.names)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{told}"


def picture(groups: Split, thresholds: tuple[float, float], base: tuple[float, float]) -> Figure:
    """The scores of both groups, those charged again below, and the thresholds."""
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.6, 2.8), sharey=True)
        decile = range(1, 11)
        for i, ax in enumerate(axes):
            yes = (base[i] * groups.positives[i] / groups.positives[i].sum()).tolist()
            no = ((1 - base[i]) * groups.negatives[i] / groups.negatives[i].sum()).tolist()
            ax.bar(decile, yes, color="C1", label="charged again")
            ax.bar(decile, no, bottom=yes, color="C4", label="not charged again")
            ax.axvline(thresholds[i] - 0.5, color="k")
            ax.set(title=groups.names[i], xlabel="decile", xticks=range(1, 11))
        axes[0].set_ylabel("share of the group")
        axes[1].legend(fontsize="small")
    return figure
