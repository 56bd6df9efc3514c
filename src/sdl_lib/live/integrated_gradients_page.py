"""What the lab *integrated gradients* needs in a page, and what stands in for it."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from sdl_lib import figures, models
from sdl_lib.data import mnist10k
from sdl_lib.live import integrated_gradients as lab
from sdl_lib.live.draw_a_digit import ask, sample_rows
from sdl_lib.live.export import export

_DIGITS = 10  # one sample of each class


def write(folder: Path) -> None:
    """Write the network, the samples, and the picture and table that stand in for the lab."""
    model = models.load(lab.FILE)
    x, y = mnist10k("test")
    rows = sample_rows()[:_DIGITS]
    export(model, folder, lab.FILE, shape=(1, 28, 28))
    bytes_ = (255 * x[rows]).round().to(torch.uint8)
    (folder / "samples.bin").write_bytes(bytes_.numpy().tobytes())
    setup = {
        "network": {"name": lab.NAME, "id": lab.FILE},
        "samples": [{"index": row, "label": int(y[row])} for row in rows],
        "baselines": lab.BASELINES,
        "steps": lab.STEPS,
        "start": {"sample": lab.START_DIGIT, "steps": lab.START_STEPS},
    }
    (folder / "lab.json").write_text(json.dumps(setup), encoding="utf-8")
    _write_fallback(folder)


def _write_fallback(folder: Path) -> None:
    """The picture and the table that a reader without JavaScript sees, with the words for both."""
    model, row = models.load(lab.FILE), sample_rows()[lab.START_DIGIT]
    x, steps = mnist10k("test")[0][row : row + 1], lab.START_STEPS
    found = lab.walk(model, x, baseline=0.0, steps=steps)
    with plt.rc_context():
        figures.use_look()
        figure = lab.draw(x, found, steps, 0.0)
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    alt = (
        f"Three pictures of 28 by 28 pixels. First, a handwritten {lab.START_DIGIT}. Second, what "
        "the last step of the way from black adds to the attribution of each pixel, orange for "
        "the class and purple against it. Third, the sum over the way: strokes in orange and "
        f"purple. {lab.sentence(ask(model, x), found, steps, 'black')}"
    )
    table = {
        "title": f"{lab.NAME} on the way from black to this {lab.START_DIGIT}, {steps} steps",
        "head": ["share of the way, t", "logit has changed by", "attributions sum to", "gap"],
        "rows": [_row(found, step) for step in range(steps // 5, steps + 1, steps // 5)],
    }
    text = json.dumps({"alt": alt, "table": table})
    (folder / "fallback.json").write_text(text, encoding="utf-8")


def _row(found: lab.Walk, step: int) -> list[str]:
    rise, total = float(found.rises[step]), float(found.total(step).sum())
    share = f"{step / len(found.shares):.2f}"
    return [share, *(lab.signed(value) for value in (rise, total, total - rise))]
