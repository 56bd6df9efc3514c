"""The lab *integrated gradients*: walk from a baseline to a digit, and see attributions add up.

In the page ``book/static/live/integrated-gradients.js`` does this; here it is done on the model.
"""

import html
import io
from typing import Any, NamedTuple

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor, nn

from sdl_lib import models, validate
from sdl_lib.attribution import saliency
from sdl_lib.data import mnist10k
from sdl_lib.figures import draw_image
from sdl_lib.live.draw_a_digit import Answer, ask, sample_rows

NAME, FILE = "LeNet-5", "lenet5"
BASELINES = {"black": 0.0, "grey": 0.5, "white": 1.0}
STEPS = (5, 20, 80)
START_DIGIT, START_STEPS = 3, 20
# against the class purple, for it orange, as in the page
SIGNED = LinearSegmentedColormap.from_list("signed", ["#542788", "white", "#b35806"])


class Walk(NamedTuple):
    """A walk of n steps: what is known at its n + 1 places, of which the first is the baseline."""

    label: int  # the class that is explained
    shares: Tensor  # (n, 28, 28), what each step adds, from the gradient at its middle
    rises: Tensor  # (n + 1,), the logit less that of the baseline

    def total(self, step: int) -> Tensor:
        """The attributions summed up after so many steps, shape (28, 28)."""
        return self.shares[:step].sum(0)


def walk(model: nn.Module, x: Tensor, *, baseline: float, steps: int) -> Walk:
    """Walk to one picture ``x``, shape (1, 1, 28, 28), by midpoints, in double precision."""
    label = ask(model, x).digit
    start, way = torch.full_like(x, baseline), x - baseline
    t = torch.arange(steps + 1, dtype=x.dtype).view(-1, 1, 1, 1) / steps
    y = torch.full((steps,), label)
    shares = way * saliency(model, start + (t[:-1] + 0.5 / steps) * way, y) / steps
    with torch.no_grad():
        logits = model(start + t * way)[:, label].double()
    return Walk(label, shares[:, 0].double(), logits - logits[0])


def sentence(answer: Answer, found: Walk, step: int, baseline: str, *, name: str = NAME) -> str:
    """What is to be seen, in words: the same as in the page."""
    steps, rise = len(found.shares), float(found.rises[step])
    total = float(found.total(step).sum())
    return (
        f"{name} reads {answer}. After {step} of {steps} steps from {baseline}, at "
        f"t\u00a0=\u00a0{step / steps:.2f}, its logit for {found.label} has changed by "
        f"{signed(rise)}, and the attributions so far sum to {signed(total)}: a gap of "
        f"{signed(total - rise)}."
    )


def signed(value: float) -> str:
    if abs(value) < 0.005:
        return "0.00"
    return f"{'−' if value < 0 else '+'}{abs(value):.2f}"


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8), on the real model.

    Parameters
    ----------
    model : explained in place of the book's network: maps (n, 1, 28, 28) to logits (n, 10), in
        evaluation mode
    image : shown in place of a test digit: 28 x 28 values in [0, 1]

    Attributes
    ----------
    digit, baseline, steps, step : the knobs; setting ``step.value`` moves the slider
    picture, verdict : what is seen

    Raises
    ------
    ValueError : if ``image`` is not 28 x 28 or leaves [0, 1], or ``model`` is in training mode.
    """

    def __init__(self, model: nn.Module | None = None, *, image: Any = None) -> None:
        self._model = models.load(FILE) if model is None else model
        self._name = NAME if model is None else "Your model"
        validate.eval_mode(self._model)
        self._x, _ = mnist10k("test")
        self._image = None if image is None else _picture(image)
        style = {"description_width": "7em"}
        self.digit = widgets.BoundedIntText(
            value=sample_rows()[START_DIGIT],
            max=len(self._x) - 1,
            description="test digit",
            disabled=self._image is not None,
            style=style,
        )
        self.baseline = widgets.ToggleButtons(
            options=list(BASELINES), description="from", style=style
        )
        self.steps = widgets.ToggleButtons(
            options=list(STEPS), value=START_STEPS, description="steps", style=style
        )
        self.step = widgets.IntSlider(
            value=START_STEPS, max=START_STEPS, description="taken", style=style
        )
        self.picture = widgets.Image(format="png", width=540)
        self.verdict = widgets.HTML()
        knobs = (self.digit, self.baseline, self.steps)
        for knob in knobs:
            knob.observe(self.begin, names="value")
        self.step.observe(self.update, names="value")
        self.box = widgets.VBox([*knobs, self.step, self.picture, self.verdict])
        self.begin()

    def begin(self, _: object = None) -> None:
        """Walk anew, and stand at the same share of the way as before."""
        share = self.step.value / self.step.max
        self._walk = walk(
            self._model,
            self._given(),
            baseline=BASELINES[self.baseline.value],
            steps=self.steps.value,
        )
        self.step.max = self.steps.value
        self.step.value = round(share * self.steps.value)
        self.update()

    def update(self, _: object = None) -> None:
        """Show where the walk stands."""
        x, step, name = (
            self._given(),
            min(self.step.value, len(self._walk.shares)),
            self.baseline.value,
        )
        text = sentence(ask(self._model, x), self._walk, step, name, name=self._name)
        self.verdict.value = f"<p><b>{html.escape(text)}</b></p>"
        figure = draw(x, self._walk, step, BASELINES[name])
        file = io.BytesIO()
        figure.savefig(file, dpi=100)
        plt.close(figure)
        self.picture.value = file.getvalue()

    def _given(self) -> Tensor:
        if self._image is not None:
            return self._image
        return self._x[self.digit.value : self.digit.value + 1]

    def _ipython_display_(self) -> None:
        display(self.box)


def draw(x: Tensor, found: Walk, step: int, baseline: float) -> Figure:
    """The point on the way, what the last step added, and the sum so far."""
    figure, axes = plt.subplots(1, 3, figsize=(6.4, 2.4))
    titles = ("the point on the way", "what this step adds", "the sum so far")
    draw_image(axes[0], baseline + step / len(found.shares) * (x[0] - baseline))
    last = found.shares[max(step - 1, 0)]
    for ax, values, scale in (
        (axes[1], last, last),
        (axes[2], found.total(step), found.shares.sum(0)),
    ):
        largest = float(scale.abs().max()) or 1.0
        ax.imshow(values.numpy(), vmin=-largest, vmax=largest, cmap=SIGNED, interpolation="nearest")
        ax.set_axis_off()
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize="small")
    return figure


def _picture(image: Any) -> Tensor:
    x = torch.as_tensor(image, dtype=torch.float32).detach()
    if x.numel() != 784:
        raise ValueError(f"image: expected 28 x 28 values, found shape {tuple(x.shape)}")
    x = x.reshape(1, 1, 28, 28)
    validate.images(x, "image")
    return x
