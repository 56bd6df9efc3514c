"""The lab *choose groups*: which attributes define the groups of an audit, and what is then seen.

A reader chooses attributes, a rate and an order, and sees each group's rate with its interval. In
the page ``book/static/live/choose-groups.js`` counts; here ``sdl_lib.fairness`` does.
"""

import html
import io
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.axes import Axes
from torch import Tensor

from sdl_lib import figures, validate
from sdl_lib.data import KnownProblems, compas
from sdl_lib.fairness import EmptyGroup, GroupMetrics, group_metrics, same_rate_p
from sdl_lib.fairness.group_metrics import rate_counts
from sdl_lib.live.export import write_json

ATTRIBUTES = {"race": "race", "sex": "sex", "age_cat": "age", "c_charge_degree": "charge"}
RATES = {
    "fpr": "flagged, of those not charged again",
    "fnr": "not flagged, of those charged again",
    "selection": "flagged, of all",
    "ppv": "charged again, of those flagged",
}
ORDERS = {"size": "most people first", "rate": "highest rate first", "width": "widest first"}
START: dict[str, Any] = {"attributes": ["race", "sex"], "rate": "fpr", "order": "size"}
SHOWN, FEW, LEVEL = 12, 30, 0.05
CHARGES = {"F": "felony", "M": "misdemeanour"}


class Seen(NamedTuple):
    """Each group: its name, how many of how many, rate, interval, and the p-value of its gap."""

    names: list[str]
    part: Tensor
    whole: Tensor
    rate: Tensor
    ends: Tensor
    p: Tensor


@cache
def table() -> GroupMetrics:
    """The COMPAS people by all four attributes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KnownProblems)
        people = compas()
    columns = {a: people[a].astype(str) for a in ATTRIBUTES}
    columns["c_charge_degree"] = columns["c_charge_degree"].map(CHARGES)
    return group_metrics(people.two_year_recid, people.decile_score >= 5, columns)


def look(attributes: list[str], rate: str) -> Seen:
    """What is to be seen with groups by these attributes."""
    validate.choice(rate, tuple(RATES), "rate")
    metrics = table().by(*attributes)
    part, whole = rate_counts(metrics.counts, rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EmptyGroup)
        rates = metrics.rate(rate)
    p = same_rate_p(part, whole, part.sum() - part, whole.sum() - whole)
    names = metrics.names if attributes else ["everybody"]
    return Seen(names, part, whole, rates, metrics.interval(rate), p)


def order(seen: Seen, by: str) -> list[int]:
    """The groups that somebody is counted in, in the order asked for; ties as in the table."""
    validate.choice(by, tuple(ORDERS), "by")
    width = seen.ends[:, 1] - seen.ends[:, 0]
    key = {"size": seen.whole.double(), "rate": seen.rate, "width": width}[by].tolist()
    some = [i for i, n in enumerate(seen.whole.tolist()) if n]
    return sorted(some, key=lambda i: -round(key[i], 9))


def sentence(seen: Seen) -> str:
    """What is to be seen, in words: the same as in the page."""
    groups, some = len(seen.names), seen.whole > 0
    if groups == 1:
        return f"One group, everybody: the rate is {float(seen.rate[0]):.3f}."
    low, high = seen.ends[some].unbind(-1)
    few = int((seen.whole < FEW).sum())
    alarms, corrected = (int((seen.p <= level).sum()) for level in (LEVEL, LEVEL / groups))
    return (
        f"{groups} groups, {few} of them with fewer than {FEW} people to count among. Intervals "
        f"are {float((high - low).mean()):.3f} wide on average. {alarms} groups differ from the "
        f"others at level {LEVEL:.2f}; after Bonferroni's correction, {corrected}."
    )


def draw(ax: Axes, seen: Seen, by: str) -> None:
    """The first groups in the order, as points with intervals."""
    first = order(seen, by)[:SHOWN]
    rate, ends = seen.rate[first], seen.ends[first]
    reach = (ends - rate[:, None]).abs().T
    ax.errorbar(rate, range(len(first)), xerr=reach, fmt="o", markersize=5)
    ax.axvline(float(seen.part.sum() / seen.whole.sum()), color="0.5", linewidth=1)
    names = [f"{seen.names[i]} ({int(seen.whole[i])})" for i in first]
    ax.set_yticks(range(len(first)), names, fontsize="small")
    ax.set(xlim=(0, 1), xlabel="rate", ylim=(len(first) - 0.5, -0.5))


def write(folder: Path) -> None:
    """Write the counts, and the picture and table that stand in for the lab."""
    full = table()
    setup = {
        "attributes": list(ATTRIBUTES.items()),
        "rates": list(RATES.items()),
        "orders": list(ORDERS.items()),
        "start": START,
        "shown": SHOWN,
        "few": FEW,
        "level": LEVEL,
        "groups": full.groups,
        "counts": full.counts.tolist(),
    }
    write_json(folder / "lab.json", setup)
    seen = look(START["attributes"], START["rate"])
    with plt.rc_context():
        figures.use_look()
        figure, ax = plt.subplots(figsize=(6.4, 3.6))
        draw(ax, seen, START["order"])
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    first = order(seen, START["order"])[:6]
    rows = []
    for i in first:
        low, high = seen.ends[i].tolist()
        rate = f"{float(seen.rate[i]):.2f}"
        rows.append([seen.names[i], str(int(seen.whole[i])), rate, f"{low:.2f} to {high:.2f}"])
    title = "Race and sex: share flagged of those not charged again, the six largest groups"
    head = ["group", "people", "rate", "interval"]
    alt = (
        "Dot plot of the false positive rates of the groups by race and sex, the largest first. "
        "African-American men and women lie to the right of the line of everybody, Caucasian and "
        "Hispanic men to its left. The error bars grow downwards, as the groups get smaller."
    )
    stand_in = {"alt": alt, "table": {"title": title, "head": head, "rows": rows}}
    write_json(folder / "fallback.json", stand_in)


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    attributes, rate, order : the knobs; ``attributes`` is a dictionary of check boxes
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "5em"}
        self.attributes = {
            name: widgets.Checkbox(value=name in START["attributes"], description=title)
            for name, title in ATTRIBUTES.items()
        }
        self.rate = widgets.Dropdown(
            options=[(title, name) for name, title in RATES.items()],
            value=START["rate"],
            description="rate",
            style=style,
        )
        self.order = widgets.Dropdown(
            options=[(title, name) for name, title in ORDERS.items()],
            value=START["order"],
            description="order",
            style=style,
        )
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        knobs = [*self.attributes.values(), self.rate, self.order]
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, count, show what came of it."""
        chosen = [name for name, box in self.attributes.items() if box.value]
        seen = look(chosen, self.rate.value)
        self.verdict.value = f"<p><b>{html.escape(sentence(seen))}</b></p>"
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(6.4, 3.6))
            draw(ax, seen, self.order.value)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
