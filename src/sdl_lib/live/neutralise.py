"""The lab *neutralise*: real words lose their gender component, and what a system then sees.

A reader takes a share of the gender component out of the names of professions, and sees their
places on the axis, the answers to an analogy and the neighbours of a word. In the page
``book/static/live/neutralise.js`` does this, on inner products; here it is done on the vectors.
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
from matplotlib.axes import Axes
from torch import Tensor

from sdl_lib import figures, text, validate
from sdl_lib.data import googlenews, word_lists
from sdl_lib.live.export import write_json

COUNT = 140  # professions, the most frequent ones, that the lab knows
TOP = 5  # answers and neighbours that are shown
START: dict[str, Any] = {"share": 0, "word": "doctor"}
# the rows of the axis, from he to she
SHOWN = (
    "architect",
    "captain",
    "boss",
    "surgeon",
    "lawyer",
    "programmer",
    "writer",
    "scientist",
    "journalist",
    "doctor",
    "teacher",
    "singer",
    "dancer",
    "librarian",
    "receptionist",
    "nurse",
)


class Known(NamedTuple):
    """Unit vectors of the professions, of *he* and *she*, and the gender direction."""

    words: tuple[str, ...]
    vectors: Tensor
    he: Tensor
    she: Tensor
    direction: Tensor


class Ranked(NamedTuple):
    """Words, best first, with a number each and whether they leaned to *she* at first."""

    words: list[str]
    scores: list[float]
    to_she: list[bool]


class Seen(NamedTuple):
    """What is to be seen after a share of the gender component was taken out."""

    leaning: dict[str, float]
    bias: float
    answers: Ranked
    neighbours: Ranked


@cache
def known() -> Known:
    """The professions that are most frequent in the news, of those without a gender."""
    words, vectors = googlenews()
    lists = word_lists()
    number = {word: i for i, word in enumerate(words)}  # in the order of frequency
    gendered = {w for pair in lists.definitional + lists.equalise for w in pair}
    gendered |= set(lists.specific)
    jobs = sorted((w for w in lists.professions if w not in gendered), key=number.__getitem__)
    chosen = sorted({*jobs[:COUNT], *SHOWN})
    pairs = torch.stack([vectors[[number[a], number[b]]] for a, b in lists.definitional])
    rows = vectors.double()
    return Known(
        tuple(chosen),
        rows[[number[w] for w in chosen]],
        rows[number["he"]],
        rows[number["she"]],
        text.gender_subspace(pairs.double()).directions[0],
    )


def look(share: float, word: str) -> Seen:
    """What is to be seen of ``word`` with a ``share``, 0 to 1, of all gender components gone."""
    words, vectors, he, she, g = known()
    validate.choice(word, words, "word")
    first = vectors @ g
    moved = text.neutralise(vectors, g, share=share)
    own = words.index(word)
    similar = moved @ moved[own]
    along = moved @ g
    return Seen(
        {w: float(along[words.index(w)]) for w in SHOWN},
        float(along.abs().mean()),
        _best(similar + moved @ (she - he), own, first),
        _best(similar, own, first),
    )


def _best(scores: Tensor, own: int, first: Tensor) -> Ranked:
    order = [i for i in scores.argsort(descending=True).tolist() if i != own][:TOP]
    return Ranked(
        [known().words[i] for i in order],
        [float(scores[i]) for i in order],
        [bool(first[i] > 0) for i in order],
    )


def plain(word: str) -> str:
    """A word as it is read: its parts joined by spaces."""
    return word.replace("_", " ")


def sentence(seen: Seen, *, share: float, word: str) -> str:
    """What is to be seen, in words: the same as in the page."""
    leaned = sum(seen.neighbours.to_she)
    return (
        f"With {share:.0%} of the gender component gone, the direct bias is {seen.bias:.4f}. "
        f"He is to {plain(word)} as she is to {plain(seen.answers.words[0])}. Of the {TOP} "
        f"nearest neighbours of {plain(word)}, {leaned} leaned to she."
    )


def draw_axis(ax: Axes, share: float) -> None:
    """The words on the axis from he to she: where they were, and where they are."""
    before, now = look(0, START["word"]).leaning, look(share, START["word"]).leaning
    places = range(len(SHOWN), 0, -1)
    ax.axvline(0, color="black", linewidth=1)
    ax.hlines(places, [*before.values()], [*now.values()], color="0.8", linewidth=1.5)
    ax.plot([*before.values()], places, "o", color="0.7", markersize=4, label="before")
    ax.plot([*now.values()], places, "o", markersize=6, label="now")
    ax.set_yticks(places, [plain(w) for w in SHOWN], fontsize="small")
    ax.set(xlim=(-0.4, 0.4), xlabel="he  <-  gender component  ->  she")


def write(folder: Path) -> None:
    """Write the words and their inner products, and what stands in for the lab."""
    words, vectors, he, she, g = known()
    first = vectors @ g
    setup = {
        "words": words,
        "shown": SHOWN,
        "top": TOP,
        "start": START,
        "leaning": first.tolist(),
        "apart": (vectors @ (she - he)).tolist(),  # of a word: to she, less to he
        "pair": float((she - he) @ g),
    }
    write_json(folder / "lab.json", setup)
    products = (vectors @ vectors.T)[tuple(torch.tril_indices(len(words), len(words)))]
    (folder / "products.bin").write_bytes(products.float().numpy().astype("<f4").tobytes())
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.6), sharey=True)
        for ax, share in zip(axes, (0.0, 1.0), strict=True):
            draw_axis(ax, share)
            ax.set_title(f"{share:.0%} taken out", fontsize="medium")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for word in ("doctor", "surgeon", "programmer", "nurse"):
        before, after = look(0, word), look(1, word)
        shares = (f"{sum(seen.neighbours.to_she)} of {TOP}" for seen in (before, after))
        answers = (plain(seen.answers.words[0]) for seen in (before, after))
        rows.append([word, " / ".join(answers), " / ".join(shares)])
    table = {
        "title": "He is to a word as she is to what? Before / after the component is taken out",
        "head": ["word", "answer", "neighbours that leaned to she"],
        "rows": rows,
    }
    alt = (
        "Two charts with the same sixteen professions, one above the other, as dots on an axis "
        "from he to she. On the left the dots spread from captain and architect on the side of "
        "he to librarian, receptionist and nurse on the side of she. On the right, with the "
        "component taken out, all dots stand in one line at zero."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    share, word : the knobs; setting ``share.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style = {"description_width": "8em"}
        self.share = widgets.IntSlider(
            value=START["share"], max=100, description="% taken out", style=style
        )
        names = [(plain(word), word) for word in known().words]
        self.word = widgets.Dropdown(
            options=names, value=START["word"], description="profession", style=style
        )
        self.picture = widgets.Image(format="png", width=560)
        self.lists = widgets.HTML()
        self.verdict = widgets.HTML()
        for knob in (self.share, self.word):
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([self.share, self.word, self.picture, self.lists, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, move the words, show what came of it."""
        share, word = self.share.value / 100, self.word.value
        seen = look(share, word)
        said = sentence(seen, share=share, word=word)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        answers, near = (", ".join(map(plain, r.words)) for r in (seen.answers, seen.neighbours))
        self.lists.value = (
            f"<p>he : {plain(word)} :: she : {html.escape(answers)}</p>"
            f"<p>nearest neighbours: {html.escape(near)}</p>"
        )
        with plt.rc_context():
            figures.use_look()
            figure, ax = plt.subplots(figsize=(5.6, 3.8))
            draw_axis(ax, share)
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
