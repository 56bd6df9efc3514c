"""The lab *next letter*: what a small recurrent network expects after a text.

A reader types, sees the likeliest next letters, and lets the network go on by itself. In the page
``book/static/live/next-letter.js`` does this; here it is done on the model itself.
"""

import html
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
from IPython.display import display
from torch import Tensor, nn

from sdl_lib import models, validate
from sdl_lib.sequences import ALPHABET, decode, encode, simplify

NETWORK = "char-gru"
START = "the white rabbit looked at his wa"
SEED, LETTERS, MOST = 1, 60, 300  # of the dice; letters that it writes; letters that it reads
SHOWN = 8
_SPOKEN = {
    " ": "a space",
    "\n": "a new line",
    "'": "a quote",
    ",": "a comma",
    ".": "a full stop",
    "-": "a dash",
}
_DRAWN = {" ": "␣", "\n": "¶"}


def spoken(letter: str) -> str:
    return _SPOKEN.get(letter, f"“{letter}”")


def drawn(letter: str) -> str:
    return _DRAWN.get(letter, letter)


def percent(p: float) -> str:
    return f"{100 * p:.1f}\u00a0%"


def uniforms(seed: int, n: int) -> list[float]:
    """``n`` numbers in [0, 1) of the generator mulberry32: the same as in the page."""
    t = np.uint32(seed) + np.uint32(0x6D2B79F5) * np.arange(1, n + 1, dtype=np.uint32)
    t = (t ^ (t >> np.uint32(15))) * (t | np.uint32(1))
    t ^= t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))
    t ^= t >> np.uint32(14)
    return [float(value) / 2**32 for value in t]


@torch.no_grad()
def logits(model: nn.Module, plain: str) -> Tensor:
    """Scores of the next letter before each letter of ``plain`` and after the last, (n + 1, 38).

    A line break opens every text, so that the first letter is predicted too.
    """
    scores: Tensor = model(encode("\n" + plain)[None])[0].double()
    return scores


def costs(scores: Tensor, plain: str) -> list[float]:
    """Bits that each letter of ``plain`` costs, from :func:`logits`."""
    given = scores[:-1].log_softmax(1)[torch.arange(len(plain)), encode(plain)]
    return [-float(value) / float(np.log(2)) for value in given]


def best(scores: Tensor, temperature: float) -> list[tuple[str, float]]:
    """The likeliest next letters with their probabilities, from :func:`logits`."""
    p, codes = (scores[-1] / temperature).softmax(0).sort(descending=True, stable=True)
    pairs = zip(codes[:SHOWN].tolist(), p[:SHOWN].tolist(), strict=True)
    return [(ALPHABET[code], chance) for code, chance in pairs]


def go_on(model: nn.Module, plain: str, *, temperature: float, seed: int) -> str:
    """What the network writes after ``plain``, with the dice ``seed``."""
    text = plain
    for draw in uniforms(seed, LETTERS):
        chances = (logits(model, text)[-1] / temperature).softmax(0)
        code = (chances.cumsum(0) <= draw).sum().clamp(max=len(ALPHABET) - 1)
        text += decode(code.view(1))
    return text[len(plain) :]


def tail(text: str, most: int) -> str:
    shown = text.replace("\n", "¶ ")
    return f"…{shown[-most:]}" if len(shown) > most else shown


def sentence(plain: str, top: list[tuple[str, float]], bits: list[float]) -> str:
    """What is to be seen, in words: the same as in the page."""
    first, second, third = (f"{spoken(letter)} ({percent(p)})" for letter, p in top[:3])
    where = f"After “{tail(plain, 16)}”" if plain else "Before the first letter"
    guess = f"{where} the network expects {first}, then {second} or {third}."
    if not plain:
        return guess
    most = int(np.argmax(bits))
    worst = f"{spoken(plain[most])} at place {most + 1} ({bits[most]:.1f} bits)"
    mean = sum(bits) / len(bits)
    return (
        f"{guess} Your text costs it {mean:.2f} bits a letter; its greatest surprise was {worst}."
    )


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real model.

    Parameters
    ----------
    model : in place of the book's network: maps codes (1, T) to logits (1, T, 38), in evaluation
        mode
    text : to begin with

    Attributes
    ----------
    text, temperature, seed : the knobs; setting ``text.value`` types
    verdict, table, written : what is seen

    Raises
    ------
    ValueError : if ``model`` is in training mode.
    """

    def __init__(self, model: nn.Module | None = None, *, text: str = START) -> None:
        self._model = models.load(NETWORK) if model is None else model
        validate.eval_mode(self._model)
        wide = widgets.Layout(width="40em")
        self.text = widgets.Textarea(value=text, description="text", rows=3, layout=wide)
        self.temperature = widgets.FloatSlider(
            value=1.0, min=0.2, max=2, step=0.1, description="temperature", layout=wide
        )
        self.seed = widgets.BoundedIntText(value=SEED, max=9999, description="dice no.")
        self.verdict, self.table, self.written = (widgets.HTML() for _ in range(3))
        knobs = (self.text, self.temperature, self.seed)
        self.box = widgets.VBox([*knobs, self.table, self.written, self.verdict])
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, ask the network, show what it says."""
        plain = simplify(self.text.value)[-MOST:]
        scores = logits(self._model, plain)
        top = best(scores, self.temperature.value)
        said = sentence(plain, top, costs(scores, plain))
        more = go_on(self._model, plain, temperature=self.temperature.value, seed=self.seed.value)
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        self.table.value = _table_html(top)
        shown = html.escape(more.replace("\n", "¶ "))
        self.written.value = f"<p>If it went on by itself: <code>{shown}</code></p>"

    def _ipython_display_(self) -> None:
        display(self.box)


def _table_html(top: list[tuple[str, float]]) -> str:
    def cells(letter: str, p: float) -> str:
        bar = f"linear-gradient(to right, #0072B255 {100 * p:.1f}%, transparent 0)"
        style = f"background: {bar}; min-width: 16em; text-align: right"
        return (
            f'<tr><th>{html.escape(drawn(letter))}</th><td style="{style}">{percent(p)}</td></tr>'
        )

    return f"<table><tbody>{''.join(cells(*pair) for pair in top)}</tbody></table>"


def manifest(model: nn.Module) -> tuple[dict[str, Any], bytes]:
    """What ``book/static/live/gru.js`` needs: where each parameter lies, and the numbers."""
    block = bytearray()
    parameters: dict[str, Any] = {}
    for name, values in model.state_dict().items():
        parameters[name] = {"offset": len(block) // 4, "shape": list(values.shape)}
        block += values.cpu().float().contiguous().numpy().astype("<f4").tobytes()
    classes, width = parameters["embedding.weight"]["shape"]
    if classes != len(ALPHABET):
        raise ValueError(f"model: expected {len(ALPHABET)} classes, found {classes}")
    hidden = parameters["output.weight"]["shape"][1]
    described = {
        "alphabet": ALPHABET,
        "width": width,
        "hidden": hidden,
        "floats": len(block) // 4,
        "parameters": parameters,
    }
    return described, bytes(block)
