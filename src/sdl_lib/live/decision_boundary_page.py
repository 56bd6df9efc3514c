"""What the lab *decision boundary* needs in a page: its points, and what stands in for it."""

from pathlib import Path

import matplotlib.pyplot as plt

from sdl_lib import figures
from sdl_lib.live import decision_boundary as lab
from sdl_lib.live.export import write_json

_RATES = (0.01, 0.1, 0.5, 1.0, 5.0, 20.0, 100.0)
_SHOWN = (0.01, 0.5, 100.0)


def write(folder: Path) -> None:
    """Write the points, and the picture and table that stand in for the lab."""
    train, fresh = lab.samples()
    setup = {
        "points": [[*x, label] for x, label in zip(*(t.tolist() for t in train), strict=True)],
        "fresh": [[*x, label] for x, label in zip(*(t.tolist() for t in fresh), strict=True)],
        "models": lab.MODELS,
        "losses": lab.LOSSES,
        "steps": lab.STEPS,
        "start": lab.START,
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    """The picture and the table that a reader without JavaScript sees, with the words for both."""
    train, fresh = lab.samples()
    data, unseen = lab.design("curve", *train), lab.design("curve", *fresh)
    runs = {rate: lab.descend(data, loss="logistic", rate=rate) for rate in _RATES}
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, 3, figsize=(6.2, 2.4))
        for ax, rate in zip(axes, _SHOWN, strict=True):
            lab.draw_board(ax, "curve", *train, runs[rate].path[-1])
            risk = runs[rate].risks[-1]
            ax.set_title(f"rate {lab.plain(rate)}\nrisk {risk:.3f}", fontsize="small")
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    n, m = len(data.signs), len(unseen.signs)
    rows = []
    for rate, run in runs.items():
        last = run.path[-1]
        sides = (f"{lab.right(data, last)} of {n}", f"{lab.right(unseen, last)} of {m}")
        rose = lab.rises(run.risks, lab.STEPS)
        rows.append([lab.plain(rate), f"{run.risks[-1]:.3f}", str(rose), *sides])
    table = {
        "title": f"A curve trained by cross-entropy for {lab.STEPS} steps, by the learning rate",
        "head": ["rate", "risk", "steps at which it rose", "points right", "fresh points right"],
        "rows": rows,
    }
    alt = (
        f"Three boards with the same {n} points, blue circles mostly below a parabola and orange "
        f"squares mostly above it, and the boundary after {lab.STEPS} steps. At rate "
        f"{lab.plain(_SHOWN[0])} it is still a flat bow that cuts through the circles. At rate "
        f"{lab.plain(_SHOWN[1])} it follows the parabola. At rate {lab.plain(_SHOWN[2])} it is "
        "too narrow, and the risk is high: training jumps back and forth, and the model is far too "
        "sure of its errors."
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})
