"""The lab *feature coalition*: switch the answers of a person in Adult on and off.

The network sees the answers that are on; the others are drawn from a hundred people of the
training part. In the page ``book/static/live/feature-coalition.js`` looks the chances of all 4,096
coalitions up; here they are computed.
"""

import html
import io
from functools import cache
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import figures, models
from sdl_lib.attribution import all_coalitions, feature_game, shapley_exact
from sdl_lib.data import adult, fit_encoding

PEOPLE = {  # rows of the test part
    "a professional of 28": 39,
    "a craft worker of 45": 20,
    "a manager of 55": 213,
    "a professional of 39": 175,
}
NAMES = tuple(
    {"education_num": "education"}.get(name, name.replace("_", " "))
    for name in models.ADULT_FEATURES
)
_BACKGROUND, _SEED = 100, 0


class Person(NamedTuple):
    """Answers in words, and the network's chance of "over $50,000" for every coalition."""

    answers: list[str]
    worths: Tensor  # (4096,), in the order of all_coalitions

    @property
    def shapley(self) -> Tensor:
        return shapley_exact(lambda _: self.worths, len(NAMES))


@cache
def people() -> dict[str, Person]:
    """The people of the lab, by their names in it."""
    known, others = adult("train"), adult("test")
    encode = fit_encoding(known, models.ADULT_FEATURES)
    model = models.load("adult-mlp")
    rows = torch.randperm(len(known), generator=torch.Generator().manual_seed(_SEED))
    background = encode(known.iloc[rows[:_BACKGROUND].tolist()])
    x = encode(others.iloc[list(PEOPLE.values())])

    def chance(people: Tensor) -> Tensor:
        chances: Tensor = model(people).softmax(1)[:, 1]
        return chances

    groups = torch.tensor(encode.column_of)
    game = feature_game(chance, x, background, groups=groups)
    worths = game(all_coalitions(len(NAMES)))
    found = {}
    for i, (name, row) in enumerate(PEOPLE.items()):
        found[name] = Person(_in_words(others.iloc[row]), worths[:, i])
    return found


def _in_words(row: Any) -> list[str]:
    words = []
    for name in models.ADULT_FEATURES:
        value = str(row["education"] if name == "education_num" else row[name])
        words.append(f"${int(value):,}" if name.startswith("capital") else value)
    return words


def place(known: list[bool]) -> int:
    """The row of a coalition in ``all_coalitions``."""
    return int("".join("01"[k] for k in known), 2)


def gains(worths: Tensor, known: list[bool]) -> Tensor:
    """What each answer adds to the others that are on: v(S with i) - v(S without i), (d,)."""
    here = place(known)
    bits = [1 << (len(known) - 1 - i) for i in range(len(known))]
    return torch.stack([worths[here | bit] - worths[here & ~bit] for bit in bits])


def percent(p: float) -> str:
    return f"{100 * p:.1f}\u00a0%"


def points(p: float) -> str:
    """In points of a hundred, with a sign."""
    text = f"{abs(100 * p):.1f}"
    return text if text == "0.0" else f"{'−' if p < 0 else '+'}{text}"


def sentence(person: Person, known: list[bool]) -> str:
    """What is to be seen, in words: the same as in the page."""
    worths = person.worths
    here, none, every = (float(worths[k]) for k in (place(known), 0, -1))
    adds = gains(worths, known)
    most = int(adds.abs().argmax())
    return (
        f"With {sum(known)} of {len(known)} answers on, the network gives {percent(here)}; with "
        f"none {percent(none)}, with all {percent(every)}. Beside the others that are on, "
        f"{NAMES[most]} matters most now: {points(float(adds[most]))} points. Over all orders it "
        f"adds {points(float(person.shapley[most]))} in the mean, its Shapley value."
    )


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    person, answers : the knobs; ``answers[3].value = False`` switches the fourth answer off
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        wide = widgets.Layout(width="30em")
        self.person = widgets.Dropdown(options=list(PEOPLE), description="person", layout=wide)
        self.answers = [widgets.Checkbox(value=True, indent=False, layout=wide) for _ in NAMES]
        self.picture = widgets.Image(format="png", width=620)
        self.verdict = widgets.HTML()
        self.box = widgets.VBox([self.person, *self.answers, self.picture, self.verdict])
        for knob in (self.person, *self.answers):
            knob.observe(self.update, names="value")
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, show what the coalition is worth."""
        person = people()[self.person.value]
        for box, name, answer in zip(self.answers, NAMES, person.answers, strict=True):
            box.description = f"{name}: {answer}"
        known = [bool(box.value) for box in self.answers]
        figure = picture(person, known)
        file = io.BytesIO()
        figure.savefig(file, dpi=100)
        plt.close(figure)
        self.picture.value = file.getvalue()
        self.verdict.value = f"<p><b>{html.escape(sentence(person, known))}</b></p>"

    def _ipython_display_(self) -> None:
        display(self.box)


def picture(person: Person, known: list[bool]) -> Figure:
    """What each answer adds now and in the mean; and all coalitions, by their size."""
    with plt.rc_context():
        figures.use_look()
        figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.9))
        rows = torch.arange(len(NAMES)).numpy()
        labels = [f"{n}: {a}" for n, a in zip(NAMES, person.answers, strict=True)]
        now, mean = ((100 * v).numpy() for v in (gains(person.worths, known), person.shapley))
        left.barh(rows + 0.2, mean, 0.4, label="in the mean (Shapley)")
        left.barh(rows - 0.2, now, 0.4, label="now")
        left.axvline(0, color="0.5", lw=0.8)
        left.set_yticks(rows, labels, fontsize="small")
        left.invert_yaxis()
        left.set(xlabel="points added")
        left.legend(fontsize="small", loc="best")
        size = all_coalitions(len(NAMES)).sum(1)
        spread = (torch.arange(len(size)) * 0.618034) % 1 - 0.5
        cloud = (size + 0.7 * spread).numpy(), (100 * person.worths).numpy()
        right.plot(*cloud, ".", ms=2, color="0.6")
        right.plot(sum(known), 100 * float(person.worths[place(known)]), "o", color="C1")
        right.set(xlabel="answers on", ylabel="chance of over $50,000 (%)".replace("$", r"\$"))
    return figure
