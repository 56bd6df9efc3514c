"""The lab *certified sandwich*: what is proved, what withstands an attack, what is read at all.

For each method, test digits get a certified radius and the distance of the nearest attack that
was found; counts at any radius follow from these. The page
``book/static/live/certified-sandwich.js`` counts there, the control below counts here.
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
from torch import Tensor, nn

from sdl_lib import figures, validate
from sdl_lib.attacks import ddn, fab
from sdl_lib.attacks.geometry import Norm, length
from sdl_lib.data import mnist10k
from sdl_lib.defences import (
    certifiable,
    certify_smoothing,
    gloro_radius,
    ibp_radius,
    noisy_counts,
)
from sdl_lib.live.export import write_json
from sdl_lib.training import predict

COUNT = 100  # test digits
STEPS = 40  # of the slider
SIGMA = 0.5
NOWHERE = 1e3  # the distance of an attack that found nothing
DIGITS = 6  # to look at, of those that all networks read
START: dict[str, Any] = {"method": "gloro", "step": 10, "digit": 0}


class Method(NamedTuple):
    """A network, how it is certified, in which norm, and the end of the slider."""

    network: str
    title: str
    norm: Norm
    most: float


METHODS = {
    "gloro": Method("gloro", "GloRo net (slope)", "l2", 2.0),
    "ibp": Method("ibp", "intervals", "linf", 0.2),
    "noise": Method("noise", "smoothed (votes)", "l2", 2.0),
    "plain": Method("plain", "ordinary (slope)", "l2", 2.0),
}
NORMS = {"l2": "Euclidean", "linf": "max norm"}


class Measured(NamedTuple):
    """Per digit, 0 where it is misread: certified radius, distance of the attack, its picture."""

    proof: Tensor
    attack: Tensor
    pictures: Tensor


class Seen(NamedTuple):
    """Digits of ``COUNT`` that are certified, withstand the attack, and are read."""

    certified: int
    attacked: int
    clean: int


@cache
def measured(name: str) -> Measured:
    """Certify and attack; some seconds for the smoothed network."""
    validate.choice(name, tuple(METHODS), "name")
    method, (x, y) = METHODS[name], mnist10k("test")
    x, y = x[:COUNT], y[:COUNT]
    model = certifiable(method.network)
    if name == "noise":
        return _smoothed(model, x, y)
    right = predict(model, x).argmax(1) == y
    if method.norm == "l2":
        proof, found = gloro_radius(model, x).radius, ddn(model, x, y)
    else:
        proof = ibp_radius(model, x, y)
        found = fab(model, x, y, norm=method.norm, steps=30, candidates=3)
    size = length(found.x_adv - x, method.norm).flatten()
    size = torch.where(found.success, size, NOWHERE)
    return _bounds(right, right, proof, size, found.x_adv)


def _bounds(
    proved: Tensor, right: Tensor, proof: Tensor, attack: Tensor, pictures: Tensor
) -> Measured:
    inner, outer = torch.where(proved, proof, 0.0), torch.where(right, attack, 0.0)
    return Measured(inner.double(), outer.double(), pictures)


class _MeanOfDraws(nn.Module):
    def __init__(self, model: nn.Module, noise: Tensor) -> None:
        super().__init__()
        self.model, self.noise = model, noise

    def forward(self, x: Tensor) -> Tensor:
        copies = (x.unsqueeze(1) + self.noise).flatten(0, 1)
        p = self.model(copies).softmax(1).view(len(x), len(self.noise), -1)
        mean: Tensor = p.mean(1)
        return mean.log()


def _smoothed(model: nn.Module, x: Tensor, y: Tensor) -> Measured:
    """A direction from the mean of a few draws; how far along it, fresh votes decide."""
    source = torch.Generator().manual_seed(0)
    vote = certify_smoothing(model, x, sigma=SIGMA, samples=1000, generator=source)
    right = vote.counts.argmax(1) == y
    noise = SIGMA * torch.randn(16, *x.shape[1:], generator=source)
    found = ddn(_MeanOfDraws(model, noise).eval(), x, y, steps=25)
    attack, pictures = torch.full((len(x),), NOWHERE), x.clone()
    for share in torch.arange(0.7, 1.65, 0.1).tolist():
        moved = (x + share * (found.x_adv - x)).clamp(0, 1)
        votes = noisy_counts(model, moved, 150, sigma=SIGMA, generator=source)
        hit = found.success & (votes.argmax(1) != y) & (attack == NOWHERE)
        attack[hit], pictures[hit] = length(moved - x).flatten()[hit], moved[hit]
    return _bounds(vote.prediction == y, right, vote.radius, attack, pictures)


@cache
def shown() -> tuple[int, ...]:
    """The first digits, each another one, that all networks read and all attacks break."""
    _, y = mnist10k("test")
    rows: list[int] = []
    for i in range(COUNT):
        fine = all(0 < float(measured(name).attack[i]) < NOWHERE for name in METHODS)
        if fine and y[i] not in y[rows]:
            rows.append(i)
    return tuple(rows[:DIGITS])


def radius(method: str, step: int) -> float:
    """Where the slider stands."""
    return METHODS[method].most * step / STEPS


def look(method: str, eps: float) -> Seen:
    """How many digits are certified, withstand, and are read, at the radius ``eps``."""
    proof, attack, _ = measured(method)
    return Seen(int((proof > eps).sum()), int((attack > eps).sum()), int((attack > 0).sum()))


def sentence(method: str, eps: float, digit: int) -> str:
    """What is to be seen, in words: the same as in the page."""
    seen, (proof, attack, _) = look(method, eps), measured(method)
    row = shown()[digit]
    inner, outer = float(proof[row]), float(attack[row])
    state = (
        "its answer is proved"
        if inner > eps
        else "its answer is broken"
        if outer <= eps
        else "nobody knows"
    )
    return (
        f"Within {eps:.3f} ({NORMS[METHODS[method].norm]}), {seen.certified} of {COUNT} digits are "
        f"proved, {seen.attacked} withstand the attack, and {seen.clean} are read. The digit "
        f"chosen is proved up to {inner:.3f} and was broken at {outer:.3f}: here {state}."
    )


def draw(ax: Axes, method: str) -> None:
    """The bands of one method."""
    places = [radius(method, step) for step in range(STEPS + 1)]
    seen = [look(method, eps) for eps in places]
    ax.plot(places, [s.clean for s in seen], ":", color="0.4", label="clean")
    ax.plot(places, [s.attacked for s in seen], "--", label="attacked")
    ax.plot(places, [s.certified for s in seen], label="certified")
    ax.set(ylim=(0, COUNT + 2), ylabel=f"digits of {COUNT}")
    ax.set_xlabel(f"radius, {NORMS[METHODS[method].norm]}")


def write(folder: Path) -> None:
    """Write what was measured, the digits to look at, and what stands in for the lab."""
    x, y = mnist10k("test")
    rows = list(shown())
    methods = {}
    pictures = [x[rows]]
    for name, method in METHODS.items():
        proof, attack, broken = measured(name)
        pictures.append(broken[rows])
        methods[name] = {
            "title": method.title,
            "norm": NORMS[method.norm],
            "most": method.most,
            "proof": proof.tolist(),
            "attack": attack.tolist(),
        }
    setup = {"steps": STEPS, "start": START, "digits": rows, "labels": y[rows].tolist()}
    write_json(folder / "lab.json", {**setup, "methods": methods})
    grey = (255 * torch.cat(pictures)).round().to(torch.uint8)
    (folder / "pictures.bin").write_bytes(grey.numpy().tobytes())
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.3), sharey=True)
        for ax, name in zip(axes, ("gloro", "ibp"), strict=True):
            draw(ax, name)
            ax.set_title(METHODS[name].title, fontsize="medium")
        axes[1].set_ylabel("")
        axes[1].legend(fontsize="small", loc="lower left")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    rows = []
    for name, method in METHODS.items():
        eps = method.most / 4
        seen = look(name, eps)
        rows.append([f"{method.title}, {eps:.2f}", *(str(n) for n in seen)])
    table = {
        "title": f"Digits of {COUNT} at one radius for each method",
        "head": ["method, radius", "certified", "attacked", "clean"],
        "rows": rows,
    }
    alt = (
        "Two charts of counts against the radius, for the GloRo net and for the network trained "
        "by intervals. In each a level dotted line, clean, lies above a falling dashed line, "
        "attacked, which lies above a falling solid line, certified."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    method, step, digit : the knobs; ``step`` counts fortieths of the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        _, y = mnist10k("test")
        titles = [(method.title, name) for name, method in METHODS.items()]
        digits = [(str(int(y[row])), i) for i, row in enumerate(shown())]
        self.method = widgets.Dropdown(options=titles, description="network")
        self.step = widgets.IntSlider(value=START["step"], max=STEPS, description="radius")
        self.digit = widgets.Dropdown(options=digits, description="digit")
        self.picture = widgets.Image(format="png", width=560)
        self.verdict = widgets.HTML()
        for knob in (self.method, self.step, self.digit):
            knob.observe(self.update, names="value")
        knobs = [self.method, self.step, self.digit]
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, and show what came of them."""
        method, digit = self.method.value, self.digit.value
        eps = radius(method, self.step.value)
        self.verdict.value = f"<p><b>{html.escape(sentence(method, eps, digit))}</b></p>"
        x, _ = mnist10k("test")
        row = shown()[digit]
        with plt.rc_context():
            figures.use_look()
            figure, axes = plt.subplots(1, 3, figsize=(7, 2.6), width_ratios=(2.4, 1, 1))
            draw(axes[0], method)
            axes[0].axvline(eps, color="0.6", linewidth=1)
            axes[0].legend(fontsize="small")
            for ax, picture in zip(axes[1:], (x, measured(method).pictures), strict=True):
                ax.imshow(picture[row, 0].numpy(), cmap="gray", vmin=0, vmax=1)
                ax.set_axis_off()
            file = io.BytesIO()
            figure.savefig(file)
            plt.close(figure)
        self.picture.value = file.getvalue()

    def _ipython_display_(self) -> None:
        display(self.box)
