"""The lab *optimiser paths*: four methods on a bowl, in a notebook and for its page.

In the page ``book/static/live/optimiser-paths.js`` walks the paths; here ``sdl_lib.optimisers``
does. Both say what is to be seen in the same words.
"""

import html
import io
import math
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib import figures
from sdl_lib.curvature import Function
from sdl_lib.live.export import write_json
from sdl_lib.optimisers import adam, gd, momentum, newton

METHODS = ("gradient descent", "momentum", "Adam", "Newton")
START = (-1.8, 1.2)
STEPS = 150
SHARE = 1e-6  # of the loss at the start: from here on a method has arrived
# the sliders: those on a logarithmic scale hold the power of ten
SCALES: dict[str, dict[str, Any]] = {
    "kappa": {"min": 0, "max": 3, "step": 0.05, "value": 1.4, "log": True},
    "lr": {"min": -2, "max": 0.6, "step": 0.02, "value": 0.26, "log": True},
    "beta": {"min": 0, "max": 0.98, "step": 0.01, "value": 0.6, "log": False},
    "adam": {"min": -2, "max": 0.6, "step": 0.02, "value": -0.6, "log": True},
}
_STYLES = ("-", "--", ":", "-.")
_TABLE_KAPPA = (1, 3, 10, 30, 100, 300, 1000)


def bowl(kappa: float, turned: bool) -> Function:
    """The bowl with curvatures 1 / kappa and 1, along the axes or turned by 45 degrees."""
    angle = math.pi / 4 if turned else 0.0
    c, s = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    curvatures = torch.tensor([1 / kappa, 1.0], dtype=torch.float64)
    matrix = turn @ curvatures.diag() @ turn.T
    return lambda w: 0.5 * w @ matrix @ w


def walk(
    start: tuple[float, float],
    *,
    kappa: float,
    lr: float,
    beta: float,
    adam_lr: float,
    turned: bool,
) -> dict[str, Tensor]:
    """The path of each method, shape (STEPS + 1, 2)."""
    f, w = bowl(kappa, turned), torch.tensor(start, dtype=torch.float64)
    found = (
        gd(f, w, lr=lr, steps=STEPS),
        momentum(f, w, lr=lr, beta=beta, steps=STEPS),
        adam(f, w, lr=adam_lr, steps=STEPS),
        newton(f, w, steps=STEPS),
    )
    return dict(zip(METHODS, found, strict=True))


def losses(f: Function, path: Tensor) -> Tensor:
    return torch.func.vmap(f)(path)


def steps_needed(loss: Tensor) -> int | None:
    """The first step from which the loss stays within ``SHARE`` of that at the start."""
    above = (~(loss <= SHARE * loss[0])).nonzero()
    first = int(above.max()) + 1 if len(above) else 0
    return first if first < len(loss) else None


def sentence(table: dict[str, Tensor]) -> str:
    """What is to be seen, in words, from the losses of each method: the same as in the page."""
    if not any(float(loss[0]) for loss in table.values()):
        return "You start at the lowest point: nothing is left to do."
    needed = {name: steps_needed(loss) for name, loss in table.items()}
    there = sorted((n, i) for i, n in enumerate(needed.values()) if n is not None)
    rest = [name for name, n in needed.items() if n is None]
    away = [name for name in rest if table[name][-1] > table[name][0]]
    late = [name for name in rest if name not in away]
    names = list(table)
    told = ", ".join(f"{names[i]} after {n} step{'' if n == 1 else 's'}" for n, i in there)
    parts = [f"A millionth of the loss is left: {told}."]
    if late:
        parts.append(f"Not yet after {STEPS} steps: {', '.join(late)}.")
    if away:
        parts.append(f"Running away: {', '.join(away)}.")
    return " ".join(parts)


class Control:
    """The lab in a notebook, built of ipywidgets (7 or 8).

    Attributes
    ----------
    kappa, lr, beta, adam, turned, x, y : the knobs; setting ``lr.value`` moves the slider
    picture, verdict : what is seen
    """

    def __init__(self) -> None:
        names = {"kappa": "κ", "lr": "rate", "beta": "momentum", "adam": "Adam's rate"}
        for name, text in names.items():
            setattr(self, name, _slider(text, SCALES[name]))
        self.turned = widgets.Checkbox(value=False, description="turned by 45°")
        self.x, self.y = (
            widgets.FloatSlider(value=value, min=-2.2, max=2.2, step=0.1, description=text)
            for value, text in zip(START, ("start, x", "start, y"), strict=True)
        )
        knobs = [*(getattr(self, name) for name in names), self.turned, self.x, self.y]
        for knob in knobs:
            knob.observe(self.update, names="value")
        self.picture = widgets.Image(format="png", width=620)
        self.verdict = widgets.HTML()
        self.box = widgets.VBox([*knobs, self.picture, self.verdict])
        self.update()

    def update(self, _: object = None) -> None:
        """Read the knobs, walk the paths, show them."""
        kappa, lr, beta, adam_lr = (
            float(getattr(self, name).value) for name in ("kappa", "lr", "beta", "adam")
        )
        start, turned = (self.x.value, self.y.value), bool(self.turned.value)
        paths = walk(start, kappa=kappa, lr=lr, beta=beta, adam_lr=adam_lr, turned=turned)
        f = bowl(kappa, turned)
        table = {name: losses(f, path) for name, path in paths.items()}
        figure = picture(f, paths, table)
        file = io.BytesIO()
        figure.savefig(file, dpi=100)
        plt.close(figure)
        self.picture.value = file.getvalue()
        self.verdict.value = f"<p><b>{html.escape(sentence(table))}</b></p>"

    def _ipython_display_(self) -> None:
        display(self.box)


def _slider(text: str, scale: dict[str, Any]) -> Any:
    range_ = {name: scale[name] for name in ("min", "max", "step")}
    kind = widgets.FloatLogSlider if scale["log"] else widgets.FloatSlider
    return kind(value=_value(scale), description=text, **range_)


def picture(f: Function, paths: dict[str, Tensor], table: dict[str, Tensor]) -> Figure:
    """The bowl with the paths, and the losses beside it."""
    with plt.rc_context():
        figures.use_look()
        figure, (left, right) = plt.subplots(1, 2, figsize=(6.6, 3.3))
        _draw_bowl(left, f)
        for (name, path), style in zip(paths.items(), _STYLES, strict=True):
            near = path[:41].clamp(-50, 50)
            left.plot(near[:, 0], near[:, 1], style, marker="o", ms=2.5, lw=1.2)
            right.semilogy(table[name].clamp(1e-12, 1e3).numpy(), style, label=name)
        left.set(
            xlim=(-2.25, 2.25), ylim=(-2.25, 2.25), aspect="equal", title="the bowl from above"
        )
        right.set(xlabel="step", title="loss")
        right.legend(fontsize="small")
    return figure


def _draw_bowl(ax: Axes, f: Function) -> None:
    line = torch.linspace(-2.25, 2.25, 81).double()
    points = torch.cartesian_prod(line, line)  # the first coordinate moves slowly
    heights = torch.func.vmap(f)(points).view(81, 81).T
    levels = sorted(0.5 * (2.25 * 0.7**k) ** 2 for k in range(12))
    ax.contour(line, line, heights, levels=levels, colors="0.8", linewidths=0.8)
    ax.plot(0, 0, "k+", ms=9)
    ax.set(xticks=[], yticks=[])


def write(folder: Path) -> None:
    """Write the settings, and the picture and the table that stand in for the lab."""
    setup = {"methods": METHODS, "start": START, "steps": STEPS, "share": SHARE, "scales": SCALES}
    write_json(folder / "lab.json", setup)
    knobs = {name: _value(scale) for name, scale in SCALES.items()}
    kappa, lr, beta, adam_lr = (knobs[name] for name in ("kappa", "lr", "beta", "adam"))
    settings: dict[str, Any] = {"lr": lr, "beta": beta, "adam_lr": adam_lr, "turned": False}
    f, paths = bowl(kappa, False), walk(START, kappa=kappa, **settings)
    table = {name: losses(f, path) for name, path in paths.items()}
    figure = picture(f, paths, table)
    figure.savefig(folder / "fallback.png", dpi=200)
    plt.close(figure)
    alt = (
        f"Left, the contour lines of a long bowl of condition number {kappa:g}, with four paths "
        "from one start to its middle: gradient descent crosses the valley again and again, "
        "momentum swings less, Adam comes in a curve, and Newton's method goes there in one "
        "straight step. "
        f"Right, their losses over {STEPS} steps. {sentence(table)}"
    )
    rows = [[f"{k:g}", *_counts(k, settings)] for k in _TABLE_KAPPA]
    title = (
        f"Steps until a millionth of the loss is left, by condition number (rate {lr:g}, momentum "
        f"{beta:g}, Adam's rate {adam_lr:g}, at most {STEPS} steps)"
    )
    table_ = {"title": title, "head": ["κ", *METHODS], "rows": rows}
    write_json(folder / "fallback.json", {"alt": alt, "table": table_})


def _counts(kappa: float, settings: dict[str, Any]) -> list[str]:
    f, paths = bowl(kappa, False), walk(START, kappa=kappa, **settings)
    needed = (steps_needed(losses(f, path)) for path in paths.values())
    return ["–" if n is None else str(n) for n in needed]


def _value(scale: dict[str, Any]) -> float:
    """What a slider shows at the start, with three digits, as in the page."""
    return float(f"{10 ** scale['value']:.3g}") if scale["log"] else float(scale["value"])
