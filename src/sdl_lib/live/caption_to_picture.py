"""The lab *caption to picture*: choose the words, and the generator draws them.

In the page ``book/static/live/caption-to-picture.js`` draws, and reads what it drew; here the
generator and the reader themselves do.
"""

import html
import io
from functools import cache
from pathlib import Path

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor, nn

from sdl_lib import figures, models
from sdl_lib.data import CAPTION_SLOTS, caption_words, captions, encode_captions, parse_caption
from sdl_lib.data.captions import PAPER, SHAPE_COLOURS
from sdl_lib.gan import read_captions
from sdl_lib.live.export import export, write_json

DRAWER, STYLES = "captions-matching", "styles"
START = "a small red circle left of a blue square"
DRAWS = 7  # pictures of one caption
_COLOURS = (1, 4)  # the slots whose words must differ


def generator() -> models.CaptionGenerator:
    model = models.load(DRAWER)
    assert isinstance(model, models.CaptionGenerator)
    return model


@cache
def starts() -> Tensor:
    """The latent vectors of the pictures, shape (7, latent), short to write down."""
    z = torch.randn(DRAWS, generator().latent, generator=torch.Generator().manual_seed(3))
    return z.mul(1e4).round().div(1e4)


@torch.no_grad()
def draw(words: Tensor) -> Tensor:
    """The pictures (7, 3, 32, 32) in [0, 1] of one caption, shape (6,)."""
    return generator().pictures(starts(), encode_captions(words.expand(DRAWS, -1)))


def sentence(words: Tensor, seen: Tensor) -> str:
    """What was asked for and what is to be seen, in words: the same as in the page."""
    asked, read = captions(torch.stack([words, seen]))
    right = int((words == seen).sum())
    return f"Asked for {asked}, it drew {read}: {right} of {len(words)} words are right."


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real network.

    Attributes
    ----------
    slots : a choice for each of the six words
    which : the picture, of seven, that is looked at; setting ``which.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        style, start = {"description_width": "8em"}, parse_caption(START).tolist()
        self.slots = [
            widgets.Dropdown(
                options=[(word, i) for i, word in enumerate(words)],
                value=value,
                description=name,
                style=style,
            )
            for name, words, value in zip(CAPTION_SLOTS, caption_words(), start, strict=True)
        ]
        self.which = widgets.IntSlider(
            value=1, min=1, max=DRAWS, description="picture", style=style
        )
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        for knob in (*self.slots, self.which):
            knob.observe(self.update, names="value")
        self.box = widgets.VBox([*self.slots, self.which, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the words, draw, read the picture."""
        first, other = (self.slots[i].value for i in _COLOURS)
        if first == other:
            self.verdict.value = "<p><b>Choose two colours that differ.</b></p>"
            return
        words = torch.tensor([slot.value for slot in self.slots])
        drawn = draw(words)
        chosen = self.which.value - 1
        said = sentence(words, read_captions(drawn[chosen : chosen + 1])[0])
        self.verdict.value = f"<p><b>{html.escape(said)}</b></p>"
        file = io.BytesIO()
        figure = picture(drawn, chosen)
        figure.savefig(file)
        plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)


def picture(drawn: Tensor, chosen: int) -> Figure:
    """One picture large, and all small below it."""
    with plt.rc_context():
        figures.use_look()
        rows = ["x" * DRAWS] * 3 + ["".join(str(i) for i in range(DRAWS))]
        figure, axes = plt.subplot_mosaic("\n".join(rows), figsize=(6.4, 3.1))
        for name, ax in axes.items():
            figures.draw_image(ax, drawn[chosen if name == "x" else int(name)])
    made: Figure = figure
    return made


def stages(model: models.CaptionGenerator) -> tuple[nn.Sequential, nn.Sequential]:
    """The generator without its norms, and the norms as one matrix on the encoded caption.

    The matrix gives for each norm the scales, then the shifts, of its channels.
    """
    layers: list[nn.Module] = [model.first, nn.Unflatten(1, (-1, 4, 4))]
    for conv in model.convs:
        layers += [nn.ReLU(), conv]
    weights, biases = [], []
    for part in model.norms:
        norm, style = part.norm, part.style
        assert isinstance(norm, nn.BatchNorm2d)
        assert isinstance(style, nn.Linear)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        rate = torch.rsqrt(norm.running_var + norm.eps)
        weight, bias = style.weight.chunk(2), style.bias.chunk(2)
        scale = weight[0] * rate[:, None], (1 + bias[0]) * rate
        weights += [scale[0], weight[1] - scale[0] * norm.running_mean[:, None]]
        biases += [scale[1], bias[1] - scale[1] * norm.running_mean]
    matrix = nn.Linear(weights[0].shape[1], len(torch.cat(biases)))
    matrix.weight, matrix.bias = nn.Parameter(torch.cat(weights)), nn.Parameter(torch.cat(biases))
    return nn.Sequential(*layers, nn.Tanh()).eval(), nn.Sequential(matrix).eval()


def write(folder: Path) -> None:
    """Write the networks, the words, and the picture and table that stand in for the lab."""
    model = generator()
    drawer, styles = stages(model)
    inputs = model.latent + sum(len(words) for words in caption_words())
    export(drawer, folder, DRAWER, shape=(inputs,), half=True)  # as it is shipped: exact
    export(styles, folder, STYLES, shape=(inputs - model.latent,))
    paints = torch.tensor(list(SHAPE_COLOURS.values())).double() - PAPER
    setup = {
        "drawer": DRAWER,
        "styles": STYLES,
        "slots": [
            {"name": name, "words": words}
            for name, words in zip(CAPTION_SLOTS, caption_words(), strict=True)
        ],
        "colours": _COLOURS,
        "start": parse_caption(START).tolist(),
        "starts": [[round(v, 4) for v in row] for row in starts().tolist()],
        "paper": PAPER,
        "unmix": torch.linalg.inv(paints).tolist(),
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    words = parse_caption(START)
    figure = picture(draw(words), 0)
    figure.savefig(folder / "fallback.png", dpi=120)
    plt.close(figure)
    rows = []
    for text in (
        START,
        "a large green triangle above a red circle",
        "a small blue square left of a green square",
        "a large blue circle above a red triangle",
    ):
        asked = parse_caption(text)
        seen = read_captions(draw(asked))
        right = int((seen == asked).all(1).sum())
        rows.append([text, f"{right} of {DRAWS}"])
    table = {
        "title": "How many of seven pictures show the whole caption",
        "head": ["caption", "right"],
        "rows": rows,
    }
    alt = (
        "A picture drawn by the generator, large: a small red circle left of a blue square. Below "
        "it seven small pictures of the same caption, in which place and size differ a little."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})
